"""How fast and how widely one provider may be asked: a limit on submits a second and on requests at once."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from apiinone.core.clock import Clock


class Pace:
    """Lets requests through evenly; nobody is refused, everybody waits their turn."""

    def __init__(self, *, per_s_max: float, concurrent_max: int, clock: Clock) -> None:
        """Take the provider's published limits."""
        self._gap_s = 1.0 / per_s_max
        self._free = asyncio.Semaphore(concurrent_max)
        self._clock = clock
        self._next_s = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        """Wait for a turn and hold it for the length of the request."""
        async with self._free:
            now_s = self._clock.monotonic_s()
            wait_s = self._next_s - now_s
            self._next_s = max(now_s, self._next_s) + self._gap_s
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            yield
