from apiinone.core.exchange import File
from apiinone.simulators.ideogram import FAULTS
from providers.case import Case

CASE = Case(
    name="ideogram",
    model="ideogram-v3/remix",
    fields={"prompt": "a hill", "aspect_ratio": "1x1", "style_type": "AUTO", "rendering_speed": "TURBO"},
    files={"image": (File(b"\x89PNG", "image/png"),), "style_reference_images": (File(b"\x89PNG", "image/png"),) * 2},
    faults=FAULTS,
)
