from apiinone.simulators.openai import FAULTS
from providers.case import Case

CASE = Case(
    name="openai",
    model="gpt-image-2",
    fields={"prompt": "a hill", "size": "1024x1024", "quality": "low"},
    faults=FAULTS,
)
