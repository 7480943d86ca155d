from apiinone.simulators.replicate import FAULTS
from providers.case import Case

CASE = Case(
    name="replicate",
    model="bytedance/seedream-4.5",
    fields={"prompt": "a hill", "size": "2K", "aspect_ratio": "1:1"},
    faults=FAULTS,
)
