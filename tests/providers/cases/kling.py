from apiinone.simulators.kling import FAULTS
from providers.case import Case

CASE = Case(
    name="kling",
    model="videos/text2video/kling-v3",
    fields={"prompt": "a hill", "mode": "std", "duration": "5", "aspect_ratio": "16:9", "sound": "on"},
    faults=FAULTS,
    kind="mp4",
    submit={"error_in_200": "bad_request"},
)
