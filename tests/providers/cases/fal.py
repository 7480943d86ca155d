from apiinone.providers.provider import Running
from apiinone.simulators.fal import FAULTS
from providers.case import Case

CASE = Case(
    name="fal",
    model="fal-ai/bytedance/seedream/v4.5/edit",
    fields={
        "prompt": "a hill",
        "image_urls": ["https://a.example/b.png"],
        "image_size": {"ratio": "1:1", "class": "1K"},
    },
    faults=FAULTS,
    poll={"slow": Running, "wrong_content_type": Running},
)
