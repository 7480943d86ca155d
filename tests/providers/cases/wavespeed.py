from apiinone.simulators.wavespeed import FAULTS
from providers.case import Case

CASE = Case(
    name="wavespeed",
    model="wavespeed-ai/flux-2-flex/text-to-image",
    fields={"prompt": "a hill", "size": "256*256"},
    faults=FAULTS,
    submit={"error_in_200": "bad_request"},
)
