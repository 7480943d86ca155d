"""A real worker on a real database whose steps the test scripts."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import cast

from apiinone.core.clock import SystemClock
from apiinone.core.ids import Ids
from apiinone.db import Database
from apiinone.tasks.execute import Executor
from apiinone.tasks.job import Job
from apiinone.tasks.moves import NewAttempt
from apiinone.tasks.worker import Worker
from apiinone.tasks.worker_rules import WorkerRules
from workshop import Workshop

NODES = (78,)
Step = Callable[[Job], Awaitable[float | None]]


class Hands:
    """Takes the executor's place: every step is the test's, and each job begun is written down in order."""

    def __init__(self, workshop: Workshop, step: Step | None = None) -> None:
        self.begun: list[Job] = []
        self.clock = SystemClock()
        self._workshop = workshop
        self._step = step

    def first_attempt(self, job: Job) -> NewAttempt | None:
        """An attempt at the local provider."""
        del job
        return NewAttempt(self._workshop.ids.new(), "local", "m", "because", None)

    async def step(self, job: Job) -> float | None:
        """The test's step; without one, the task stays as it is."""
        self.begun.append(job)
        return 60.0 if self._step is None else await self._step(job)


def worker_of(database: Database, hands: Hands, rules: WorkerRules, busy: Callable[[], bool] = lambda: False) -> Worker:
    """A worker that is not running yet."""
    return Worker(database, cast("Executor", hands), rules=rules, ids=Ids(hands.clock), busy=busy)


@asynccontextmanager
async def at_work(worker: Worker) -> AsyncGenerator[Worker]:
    """Run it for the length of the block, then end it as a crash would: nothing is handed back."""
    running = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def until(holds: Callable[[], bool | Awaitable[bool]], within_s: float = 20.0) -> None:
    """Wait until it holds."""
    async with asyncio.timeout(within_s):
        while True:
            now = holds()
            if now if isinstance(now, bool) else await now:
                return
            await asyncio.sleep(0.005)
