from apiinone.simulators.wavespeed import FAULTS
from providers.case import Case

CASE = Case(
    name="wavespeed",
    model="recraft-ai/recraft-v4/text-to-image",
    fields={"prompt": "a hill", "size": "256*256"},
    faults=FAULTS,
    submit={"error_in_200": "bad_request"},
)
