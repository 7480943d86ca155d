from apiinone.providers.provider import Unclear
from apiinone.simulators.minimax import FAULTS
from providers.case import Case

CASE = Case(
    name="minimax",
    model="MiniMax-Hailuo-2.3",
    fields={"prompt": "a hill", "first_frame_image": "https://example.com/a.png", "duration": 6, "resolution": "768P"},
    faults=FAULTS,
    kind="mp4",
    submit={"error_in_200": Unclear},
)
