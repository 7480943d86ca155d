from apiinone.simulators.kie import FAULTS
from providers.case import Case

CASE = Case(
    name="kie",
    model="flux-2/pro-text-to-image",
    fields={"prompt": "a hill", "aspect_ratio": "1:1", "resolution": "1K"},
    faults=FAULTS,
    submit={"error_in_200": "bad_request"},
)
