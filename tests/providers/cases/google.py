from apiinone.simulators.google import FAULTS
from providers.case import Case

CASE = Case(
    name="google",
    model="gemini-3.1-flash-image",
    fields={"text": "a hill", "generationConfig": {"imageConfig": {"aspectRatio": "3:2", "imageSize": "1K"}}},
    faults=FAULTS,
)
