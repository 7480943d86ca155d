from apiinone.providers.provider import Unclear
from apiinone.simulators.bytedance_ark import FAULTS
from providers.case import Case

CASE = Case(
    name="bytedance-ark",
    model="dreamina-seedance-2-0-fast-260128",
    fields={"prompt": "a hill", "ratio": "16:9", "resolution": "480p", "duration": 4, "generate_audio": False},
    faults=FAULTS,
    kind="mp4",
    submit={"error_in_200": Unclear},
)
