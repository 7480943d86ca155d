"""Requests that wait for a task's end: woken by this process's own moves, and otherwise by looking once a second."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
LOOK_EVERY_S = 1.0


class Waiters:
    """Counts who waits, by key, and wakes them."""

    def __init__(self, *, per_key_max: int) -> None:
        """Take how many requests of one key may wait at once."""
        self._per_key_max = per_key_max
        self._events: dict[str, set[asyncio.Event]] = {}
        self._counts: dict[str, int] = {}

    def ended(self, task_id: str) -> None:
        """Wake whoever waits for this task."""
        for event in self._events.get(task_id, ()):
            event.set()

    async def wait(
        self, task_id: str, key_id: str, *, seconds: float, look: Callable[[], Awaitable[tuple[T, bool]]]
    ) -> T:
        """What `look` sees once it says it is final, or as it stands when the time is over.

        Returns at once where the key has too many waiting already.
        """
        seen, final = await look()
        if final or seconds <= 0 or self._counts.get(key_id, 0) >= self._per_key_max:
            return seen
        event = asyncio.Event()
        self._events.setdefault(task_id, set()).add(event)
        self._counts[key_id] = self._counts.get(key_id, 0) + 1
        try:
            ends_s = asyncio.get_running_loop().time() + seconds
            while not final and (left_s := ends_s - asyncio.get_running_loop().time()) > 0:
                await _pause(event, min(left_s, LOOK_EVERY_S))
                seen, final = await look()
        finally:
            self._leave(task_id, key_id, event)
        return seen

    def _leave(self, task_id: str, key_id: str, event: asyncio.Event) -> None:
        self._events[task_id].discard(event)
        if not self._events[task_id]:
            del self._events[task_id]
        self._counts[key_id] -= 1
        if not self._counts[key_id]:
            del self._counts[key_id]


async def _pause(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
        event.clear()
    except TimeoutError:
        return
