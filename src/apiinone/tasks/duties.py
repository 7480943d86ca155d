"""The background duties of a process: each at its own interval, one after another, never in anybody's way."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from apiinone.core.clock import Clock
from apiinone.core.errors import Refusal
from apiinone.tasks.sweep import BITE_MAX

FAST_S = 1.0
SLOW_S = 60.0
HOURLY_S = 3600.0
_log = logging.getLogger("apiinone.duties")


@dataclass(slots=True)
class Duty:
    """Something to do every so often; what it returns says how much it did."""

    name: str
    every_s: float
    act: Callable[[], Awaitable[int]]
    due_s: float = 0.0
    runs: int = 0
    failures: int = 0


@dataclass(slots=True)
class Duties:
    """Runs duties until cancelled. A duty that fails is logged and comes again; the others go on."""

    duties: list[Duty]
    clock: Clock
    done: dict[str, int] = field(default_factory=dict[str, int])
    """How much each duty has done since the start, for the metrics."""

    async def run(self) -> None:
        """Go on for ever."""
        for duty in self.duties:
            duty.due_s = self.clock.monotonic_s() + random.uniform(0.1, min(duty.every_s, 5.0))  # noqa: S311 - jitter
        while True:
            now_s = self.clock.monotonic_s()
            for duty in self.duties:
                if duty.due_s <= now_s:
                    await self._do(duty)
            pause_s = min(duty.due_s for duty in self.duties) - self.clock.monotonic_s()
            await asyncio.sleep(max(0.01, pause_s))

    async def _do(self, duty: Duty) -> None:
        full = False
        try:
            count = await duty.act()
        except Refusal as error:
            duty.failures += 1
            _log.warning("a duty waits", extra={"duty": duty.name, "reason": error.type})
        except Exception:  # noqa: BLE001 - one duty's failure must not end the others
            duty.failures += 1
            _log.exception("a duty failed", extra={"duty": duty.name})
        else:
            duty.runs += 1
            self.done[duty.name] = self.done.get(duty.name, 0) + count
            full = count >= BITE_MAX
        spread = random.uniform(0.9, 1.1)  # noqa: S311 - jitter
        duty.due_s = self.clock.monotonic_s() + (0.0 if full else duty.every_s * spread)
