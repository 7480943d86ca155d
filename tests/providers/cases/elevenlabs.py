from apiinone.simulators.elevenlabs import FAULTS
from providers.case import Case

CASE = Case(
    name="elevenlabs",
    model="eleven_v3",
    fields={"inputs": [{"text": "Hello.", "voice": "Sarah"}, {"text": "Hi!"}], "settings": {"stability": 0.5}},
    faults=FAULTS,
    kind="mp3",
)
