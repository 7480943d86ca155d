from apiinone.simulators.recraft import FAULTS
from providers.case import Case

CASE = Case(
    name="recraft",
    model="recraftv4",
    fields={"prompt": "a hill", "size": "1024x1024", "response_format": "url"},
    faults=FAULTS,
    submit={"error_in_200": "provider_error"},
)
