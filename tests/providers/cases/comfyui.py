import json

from apiinone.simulators.comfyui import FAULTS
from providers.case import Case
from providers.own_offers import WORKFLOW

CASE = Case(
    name="comfyui",
    model="any",
    fields={"prompt": "a hill", "size": "512x384", "workflow": json.dumps(WORKFLOW)},
    faults=FAULTS,
    submit={"server_error": "provider_error", "bad_request": "provider_error"},
)
