"""How tests wait for what they can only look at."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

T = TypeVar("T")
FIRST_PAUSE_S: Final = 0.01
PAUSE_S_MAX: Final = 0.2
LONGER_BY: Final = 1.25


async def seen_as_wanted(look: Callable[[], Awaitable[T]], wanted: Callable[[T], bool], *, within_s: float) -> T:
    """What is seen once it is as wanted. Raises TimeoutError.

    Each pause between two looks is a little longer, up to a limit: what comes at once is seen at once, and what takes
    its time is not held up by being looked at.
    """
    pause_s = FIRST_PAUSE_S
    async with asyncio.timeout(within_s):
        while not wanted(seen := await look()):
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * LONGER_BY, PAUSE_S_MAX)
    return seen
