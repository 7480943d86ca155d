"""The background duties of a process: each at its own interval, and none in another's way."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

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
    runs: int = 0
    failures: int = 0


@dataclass(slots=True)
class Duties:
    """Runs duties until cancelled. A duty that fails is logged and comes again; the others go on."""

    duties: list[Duty]
    done: dict[str, int] = field(default_factory=dict)
    """How much each duty has done since the start, for the metrics."""

    async def run(self) -> None:
        """Go on for ever."""
        async with asyncio.TaskGroup() as group:
            for duty in self.duties:
                group.create_task(self._repeat(duty))

    async def _repeat(self, duty: Duty) -> None:
        pause_s = random.uniform(0.1, min(duty.every_s, 5.0))  # noqa: S311 - jitter
        while True:
            await asyncio.sleep(pause_s)
            full = await self._do(duty)
            pause_s = 0.0 if full else duty.every_s * random.uniform(0.9, 1.1)  # noqa: S311 - jitter

    async def _do(self, duty: Duty) -> bool:
        """Whether there may be more at once."""
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
            return count >= BITE_MAX
        return False
