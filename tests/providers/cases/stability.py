from apiinone.core.exchange import File
from apiinone.simulators.stability import FAULTS
from providers.case import Case

CASE = Case(
    name="stability",
    model="upscale/creative",
    fields={"prompt": "a hill", "output_format": "png"},
    files={"image": (File(b"\x89PNG", "image/png"),)},
    faults=FAULTS,
)
