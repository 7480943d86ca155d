"""Many clients at once that keep asking whatever happens to the server, and remember what they were told."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from itertools import cycle
from typing import Final

from processes.client import Accepted, Client, Maker, Request, new_request

CLIENTS: Final = 4
PAUSE_S: Final = 0.15
ASK_AGAIN_S: Final = 0.05
MIXED: Final[Sequence[Maker]] = ("local", "recraft", "local", "wavespeed", "local")


class Load:
    """What was asked, and the task that stands for it."""

    def __init__(self, client: Client) -> None:
        self.made: list[tuple[Request, Accepted]] = []
        self._client = client
        self._makers = cycle(MIXED)

    async def come_in(self, count: int, within_s: float) -> None:
        """So many requests, spread over some seconds; returns when each has its answer."""
        await asyncio.gather(*(self._ask(after_s=within_s * number / count) for number in range(count)))

    @asynccontextmanager
    async def going_on(self) -> AsyncGenerator[None]:
        """A few clients that ask for the length of the block; after it, each has its answer."""
        ended = asyncio.Event()
        running = [asyncio.create_task(self._go_on(ended)) for _ in range(CLIENTS)]
        try:
            yield
        finally:
            ended.set()
            await asyncio.gather(*running)

    async def assert_asking_again_changes_nothing(self) -> None:
        """The same requests under the same keys are the same tasks."""
        for request, accepted in self.made[:: max(1, len(self.made) // 20)]:
            assert await self._client.create(request) == Accepted(accepted.task_id, replayed=True)

    async def _go_on(self, ended: asyncio.Event) -> None:
        while not ended.is_set():
            await self._ask(after_s=PAUSE_S)

    async def _ask(self, *, after_s: float) -> None:
        request = new_request(next(self._makers))
        await asyncio.sleep(after_s)
        while True:
            if (accepted := await self._client.create(request)) is not None:
                self.made.append((request, accepted))
                return
            await asyncio.sleep(ASK_AGAIN_S)
