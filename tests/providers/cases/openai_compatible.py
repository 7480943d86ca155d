from apiinone.simulators.openai_compatible import FAULTS
from providers.case import Case

CASE = Case(
    name="openai-compatible",
    model="local",
    fields={"prompt": "a hill", "size": "512x512", "response_format": "url"},
    faults=FAULTS,
    submit={"server_error": "provider_error"},
)
