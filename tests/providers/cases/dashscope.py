from apiinone.simulators.dashscope import FAULTS
from providers.case import Case

CASE = Case(
    name="dashscope",
    model="wan2.6-t2v",
    fields={"input": {"prompt": "a hill"}, "parameters": {"size": "1280*720", "duration": 5}},
    faults=FAULTS,
    kind="mp4",
    submit={"error_in_200": "content_policy"},
)
