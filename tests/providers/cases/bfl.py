from apiinone.simulators.bfl import FAULTS
from providers.case import Case

CASE = Case(
    name="bfl",
    model="flux-2-pro",
    fields={"prompt": "a hill", "aspect_ratio": "16:9", "resolution": "1K", "output_format": "png"},
    faults=FAULTS,
)
