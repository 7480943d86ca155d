from apiinone.simulators.zhipu import FAULTS
from providers.case import Case

CASE = Case(
    name="zhipu",
    model="cogview-4-250304",
    fields={"prompt": "a hill", "size": "512x512", "quality": "standard"},
    faults=FAULTS,
    submit={"error_in_200": "content_policy"},
)
