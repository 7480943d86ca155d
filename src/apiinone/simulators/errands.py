"""What a simulated vendor is working on: its state follows from the time, so that nothing has to run for it."""

import time
import uuid
from collections import OrderedDict
from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct, field

from apiinone.simulators.faults import FaultName

ERRANDS_MAX: Final = 50_000
QUEUED_SHARE: Final = 0.2
"""The first part of its time it has only been queued."""
Ending = Literal["done", "failed", "moderated"]
Stage = Literal["queued", "running", "done", "failed", "moderated"]


class Errand(Struct):
    """One accepted order: the model, the order as the vendor's simulator reads it, and how it will end."""

    model: str
    order: object
    seconds: float
    ending: Ending = "done"
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    begun_s: float = field(default_factory=time.monotonic)
    canceled: bool = False
    files: list[str] = []
    """Addresses of what was made, filled in when somebody first looks."""

    def left_s(self) -> float:
        """Seconds until the end."""
        return max(0.0, self.begun_s + self.seconds - time.monotonic())

    def stage(self) -> Stage:
        """Where it stands now."""
        left_s = self.left_s()
        if not left_s:
            return self.ending
        return "queued" if left_s > self.seconds * (1 - QUEUED_SHARE) else "running"


def ending_of(fault: FaultName | None, endings: Mapping[FaultName, Ending]) -> Ending:
    """How an errand ends with which this fault was ordered: well, unless it is one of the vendor's own endings."""
    return "done" if fault is None else endings.get(fault, "done")


class Errands:
    """The latest ones."""

    def __init__(self) -> None:
        """Start with none."""
        self._by_id: OrderedDict[str, Errand] = OrderedDict()

    def add(self, errand: Errand) -> Errand:
        """Keep it; the oldest goes where there are too many."""
        self._by_id[errand.id] = errand
        if len(self._by_id) > ERRANDS_MAX:
            self._by_id.popitem(last=False)
        return errand

    def get(self, errand_id: str) -> Errand | None:
        """The errand, or None."""
        return self._by_id.get(errand_id)

    def newest(self) -> list[Errand]:
        """All that are kept, the newest first."""
        return list(reversed(self._by_id.values()))
