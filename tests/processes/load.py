"""Many clients at once that keep asking whatever happens to the server, and remember what they were told."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from itertools import cycle
from typing import Final

from processes.client import Accepted, Client, Maker, Request, new_request

CLIENTS: Final = 6
PAUSE_S: Final = 0.1
ASK_AGAIN_S: Final = 0.05
MIXED: Final[Sequence[Maker]] = ("local", "recraft", "local", "wavespeed", "local")


class Load:
    """What was asked, and the task that stands for it."""

    def __init__(self, client: Client) -> None:
        self.made: list[tuple[Request, Accepted]] = []
        self._client = client
        self._makers = cycle(MIXED)
        self._stopping = False

    @asynccontextmanager
    async def coming_in(self) -> AsyncGenerator[None]:
        """Let clients ask for the length of the block; after it, each has its answer."""
        running = [asyncio.create_task(self._go_on()) for _ in range(CLIENTS)]
        try:
            yield
        finally:
            self._stopping = True
            await asyncio.gather(*running)

    async def assert_asking_again_changes_nothing(self) -> None:
        """The same requests under the same keys are the same tasks."""
        for request, accepted in self.made[:: max(1, len(self.made) // 20)]:
            assert await self._client.create(request) == Accepted(accepted.task_id, replayed=True)

    async def _go_on(self) -> None:
        while not self._stopping:
            request = new_request(next(self._makers))
            self.made.append((request, await self._insist(request)))
            await asyncio.sleep(PAUSE_S)

    async def _insist(self, request: Request) -> Accepted:
        while True:
            if (accepted := await self._client.create(request)) is not None:
                return accepted
            await asyncio.sleep(ASK_AGAIN_S)
