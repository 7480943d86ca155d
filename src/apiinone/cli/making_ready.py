"""What a first page would wait for is done a while after the start, in steps; each still delays what comes then."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

from apiinone.core.clock import Clock

BEGINS_AFTER_S: Final = 1.0
"""Who waited for the server to start asks at once; pages are mostly opened later."""
REST: Final = 4
"""For so many times as long as a step took, the process is there for everything else."""

Sleep = Callable[[float], Awaitable[None]]


async def make_ready(steps: Iterator[str], clock: Clock, sleep: Sleep = asyncio.sleep) -> None:
    """Take the steps one by one in a thread, with rests between them (ADR 0007)."""
    rest_s = BEGINS_AFTER_S
    while True:
        await sleep(rest_s)
        began_s = clock.monotonic_s()
        if await asyncio.to_thread(next, steps, None) is None:
            return
        rest_s = (clock.monotonic_s() - began_s) * REST
