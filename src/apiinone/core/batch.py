"""Natural batching: what arrives while a commit is under way joins the next one.

No wait is added when idle, and the cost of an item falls as load grows: a batch is run once a turn of the event loop
has brought no more, so that what arrived together goes together. The queue is bounded; each share (an account) gets its
turn in every batch, so one that floods does not push the others out. An error that is nobody's refusal halves the batch
until the one item that causes it stands alone, so that one bad item never fails its neighbours.
"""

import asyncio
import math
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from apiinone.core.errors import DatabaseUnavailable, Overloaded, ServerError

Item = TypeVar("Item")
Result = TypeVar("Result")
WINDOW_S = 0.1
QUIET_S = 0.02
"""A rate of before says nothing of now once nothing has come for so long."""
TURNS_MAX = 8
"""How long a batch that grows with each turn of the event loop is waited for."""
Waiting = tuple[Item, asyncio.Future[Result]]


class Batcher(Generic[Item, Result]):
    """Collects items and runs them in batches, one batch at a time."""

    def __init__(
        self,
        run: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        *,
        share_of: Callable[[Item], str],
        size_max: int,
        queue_max: int,
    ) -> None:
        """Take the function that does a whole batch (one result for each item, in order) and the limits."""
        self._run = run
        self._share_of = share_of
        self._size_max = size_max
        self._queue_max = queue_max
        self._shares: OrderedDict[str, deque[Waiting[Item, Result]]] = OrderedDict()
        self._waiting = 0
        self._window: int = 0
        self._this_window: int = 0
        self._last_window: int = 0
        self._ran_s = -math.inf
        self._runner: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """How many items wait for a batch."""
        return self._waiting

    def per_s(self) -> float:
        """How many items were taken up in a second, judged by the last tenth of a second that is over.

        0.0 once it is quiet: who holds back while many come goes on when they have come.
        """
        self._turn_window()
        at_rest = self._runner is None or self._runner.done()
        if at_rest and asyncio.get_running_loop().time() - self._ran_s > QUIET_S:
            return 0.0
        return self._last_window / WINDOW_S

    def _turn_window(self) -> None:
        window = int(asyncio.get_running_loop().time() / WINDOW_S)
        if window != self._window:
            self._last_window = self._this_window if window == self._window + 1 else 0
            self._window = window
            self._this_window = 0

    def do(self, item: Item) -> "asyncio.Future[Result]":
        """Have one item done. Waiting raises Overloaded where too much waits, ServerError where it cannot be done.

        A caller that goes away does not take back what its batch is doing.
        """
        try:
            return self.enqueue(item)
        except Overloaded as error:
            refused: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
            refused.set_exception(error)
            return refused

    def enqueue(self, item: Item) -> "asyncio.Future[Result]":
        """The same without waiting: the future is done with the batch. Raises Overloaded."""
        if self._waiting >= self._queue_max:
            raise Overloaded("too much is waiting to be stored; try again shortly", retry_after_s=1)
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        share = self._share_of(item)
        queue = self._shares.get(share)
        if queue is None:
            queue = self._shares[share] = deque()
        queue.append((item, future))
        self._waiting += 1
        if self._runner is None or self._runner.done():
            self._runner = asyncio.create_task(self._run_all())
        return future

    async def drain(self) -> None:
        """Wait until nothing waits."""
        while self._runner is not None and not self._runner.done():
            await asyncio.shield(self._runner)

    async def _run_all(self) -> None:
        while self._waiting:
            await self._let_join()
            await self._run_some(self._take())
            self._ran_s = asyncio.get_running_loop().time()

    async def _let_join(self) -> None:
        seen = 1
        for _ in range(TURNS_MAX):
            if not seen < self._waiting < self._size_max:
                return
            seen = self._waiting
            await asyncio.sleep(0)

    def _take(self) -> list[Waiting[Item, Result]]:
        batch: list[Waiting[Item, Result]] = []
        while len(self._shares) > 1 and len(batch) < self._size_max:
            share, queue = self._shares.popitem(last=False)
            batch.append(queue.popleft())
            if queue:
                self._shares[share] = queue
        if len(self._shares) == 1:  # who is alone need not take turns
            ((share, queue),) = self._shares.items()
            room = self._size_max - len(batch)
            if len(queue) <= room:
                batch += queue
                del self._shares[share]
            else:
                batch += [queue.popleft() for _ in range(room)]
        self._waiting -= len(batch)
        self._turn_window()
        self._this_window += len(batch)
        return batch

    async def _run_some(self, batch: list[Waiting[Item, Result]]) -> None:
        try:
            results = await self._run([item for item, _ in batch])
        except DatabaseUnavailable as error:
            _fail(batch, error)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must reach the one item that causes it
            await self._halve(batch, error)
        else:
            for (_, future), result in zip(batch, results, strict=True):
                if not future.done():
                    future.set_result(result)

    async def _halve(self, batch: list[Waiting[Item, Result]], error: Exception) -> None:
        if len(batch) == 1:
            refusal = ServerError("this request could not be stored; nothing was held for it")
            refusal.__cause__ = error
            _fail(batch, refusal)
            return
        middle = len(batch) // 2
        await self._run_some(batch[:middle])
        await self._run_some(batch[middle:])


def _fail(batch: list[Waiting[Item, Result]], error: Exception) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(error)
