"""A worker: claims due tasks, keeps them until they end, and takes each step when it is due.

What waits is a small record in a heap, not a coroutine, so that ten thousand open tasks cost little. One heartbeat
prolongs the lease of everything the worker holds. It counts its own lease on its monotonic clock, from before the claim
and shorter than the database does, and drops everything when that is over, because by then others may have taken over.
"""

import asyncio
import heapq
import logging
import random
from collections.abc import Callable

from msgspec import Struct

from apiinone.core.errors import Overloaded, Refusal
from apiinone.core.ids import Ids
from apiinone.db import Database, Tx
from apiinone.tasks.claim import Claim, Claimed, anything_due, claim, enlist, extend, leave
from apiinone.tasks.execute import Executor
from apiinone.tasks.job import Job

HINT = "tasks"
"""The hint that tasks may be due."""
WAKE = "wake:"
"""The hint that a certain task is worth another look; its id follows."""
CANCEL = "cancel:"
"""The hint that a task's client wants it stopped; its id follows. Who claims it later reads so in its row."""

HEARTBEAT_SHARE = 0.2
HOLDER_SHARE = 0.6
DATABASE_SHARE = 0.8
"""Of the lease: a heartbeat's distance; how long the holder itself believes in it; how long the others do."""
_log = logging.getLogger("apiinone.worker")


class WorkerRules(Struct, frozen=True):
    """How much a worker takes on, and how long its word counts."""

    nodes: tuple[int, ...]
    lease_s: float = 15.0
    """Within this time of a worker's last sign of life its tasks have another holder, the search for them included."""
    jobs_max: int = 20_000
    steps_max: int = 256
    claim_max: int = 256
    busy_claim_max: int = 32
    busy_pause_s: float = 0.1
    """Requests come first: while they keep this process busy, a claim takes so few, and so seldom."""
    poll_s: float = 1.0
    stop_s: float = 3.0
    after_error_s: float = 1.0


class Worker:
    """Runs in the background of a process until it is stopped."""

    def __init__(
        self, database: Database, executor: Executor, *, rules: WorkerRules, ids: Ids, busy: Callable[[], bool]
    ) -> None:
        """Take everything a worker needs; `busy` says whether requests need this process now."""
        self._database = database
        self._executor = executor
        self._rules = rules
        self._clock = executor.clock
        self._ids = ids
        self._busy = busy
        self._claimed_s = 0.0
        self._epoch = ""
        self._lease_ends_s = 0.0
        self._jobs: dict[str, Job] = {}
        self._due: list[tuple[float, str]] = []
        self._due_at: dict[str, float] = {}
        self._steps: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._leftovers: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()
        self._alarm: asyncio.TimerHandle | None = None
        self._stopping = False
        self._after_account = ""

    @property
    def held(self) -> int:
        """How many tasks this worker holds."""
        return len(self._jobs)

    @property
    def stopping(self) -> bool:
        """Whether `stop` was called."""
        return self._stopping

    async def run(self) -> None:
        """Work until `stop`. A database that does not answer is waited for."""
        await self._database.listen(self.hear)
        heartbeat = asyncio.create_task(self._keep_lease())
        try:
            while not self._stopping:
                try:
                    await self._round()
                except Refusal as error:
                    _log.warning("the worker waits", extra={"reason": error.type})
                    await asyncio.sleep(self._rules.after_error_s)
                except Exception:  # noqa: BLE001 - a defect of ours must not leave every task lying
                    _log.exception("the worker failed and goes on")
                    await asyncio.sleep(self._rules.after_error_s)
        finally:
            heartbeat.cancel()

    async def stop(self) -> None:
        """Stop claiming, let steps under way finish for a moment, and hand the rest back to others."""
        self._stopping = True
        self._woken.set()
        if self._steps:
            await asyncio.wait(self._steps.values(), timeout=self._rules.stop_s)
        self._forget_all()
        for step in self._leftovers:
            step.cancel()
        if self._epoch:
            epoch = self._epoch

            async def end(tx: Tx) -> bool:
                return await leave(tx, epoch)

            try:
                while not await self._database.transact(end):
                    pass
                await self._database.hint(HINT)
            except Refusal as error:  # the tasks are taken over when the lease has run out
                _log.warning("tasks could not be handed back", extra={"reason": error.type})

    def hear(self, words: str) -> None:
        """Take a hint: something is due, or one task of ours is."""
        if words.startswith((WAKE, CANCEL)):
            asked_to_stop = words.startswith(CANCEL)
            task_id = words.removeprefix(CANCEL if asked_to_stop else WAKE)
            if asked_to_stop and task_id in self._jobs:
                self._jobs[task_id].to_stop = True
            if task_id in self._steps:
                self._again.add(task_id)
            elif task_id in self._jobs:
                self._schedule(task_id, 0.0)
        self._woken.set()

    async def _round(self) -> None:
        self._woken.clear()
        if self._clock.monotonic_s() >= self._lease_ends_s:
            await self._begin_epoch()
        self._start_due()
        more = await self._claim()
        self._start_due()
        if not more:
            await self._wait()

    async def _begin_epoch(self) -> None:
        """Start anew under another name; whatever was held under the old one is for others now."""
        self._forget_all()
        epoch, started_s = self._ids.new(), self._clock.monotonic_s()

        async def begin(tx: Tx) -> None:
            await enlist(tx, epoch, self._rules.nodes, self._rules.lease_s * DATABASE_SHARE)

        await self._database.transact(begin)
        self._epoch = epoch
        self._lease_ends_s = started_s + self._rules.lease_s * HOLDER_SHARE

    async def _keep_lease(self) -> None:
        while True:
            await asyncio.sleep(self._rules.lease_s * HEARTBEAT_SHARE)
            epoch, started_s = self._epoch, self._clock.monotonic_s()
            if not epoch:
                continue

            async def prolong(tx: Tx, epoch: str = epoch) -> bool:
                return await extend(tx, epoch, self._rules.lease_s * DATABASE_SHARE)

            try:
                alive = await self._database.transact(prolong)
            except Exception as error:  # noqa: BLE001 - whatever it is, the next beat may come through
                _log.warning("a heartbeat was missed", extra={"reason": type(error).__name__})
                continue
            if epoch == self._epoch:
                self._lease_ends_s = started_s + self._rules.lease_s * HOLDER_SHARE if alive else 0.0

    async def _claim(self) -> bool:
        """Take what is due, and no more than can be begun now, so that nobody waits behind one account's backlog.

        True where there may be more at once.
        """
        room = self._room()
        if room <= 0:
            return False
        order = Claim(self._epoch, self._rules.nodes, room, self._after_account)

        async def take(tx: Tx) -> Claimed:
            return await claim(tx, order, self._executor.first_attempt)

        async def look(tx: Tx) -> bool:
            return await anything_due(tx, self._rules.nodes)

        if not await self._database.read(look):
            return False
        claimed = await self._database.transact(take)
        if not claimed.alive:
            self._lease_ends_s = 0.0
        if not claimed.alive or self._stopping:
            return not self._stopping
        self._after_account = claimed.next_account
        for job in claimed.jobs:
            self._jobs[job.id] = job
            self._schedule(job.id, 0.0)
        return bool(claimed.jobs) or bool(claimed.next_account) or bool(order.after_account)

    def _room(self) -> int:
        """How many tasks may be taken now; few, and not all the time, while requests need this process."""
        free = min(self._rules.jobs_max - len(self._jobs), self._rules.steps_max - len(self._steps))
        if not self._busy():
            return min(self._rules.claim_max, free)
        now_s = self._clock.monotonic_s()
        if now_s - self._claimed_s < self._rules.busy_pause_s:
            self._wake_later(self._rules.busy_pause_s)
            return 0
        self._claimed_s = now_s
        return min(self._rules.busy_claim_max, free)

    def _start_due(self) -> None:
        now_s = self._clock.monotonic_s()
        while self._due and len(self._steps) < self._rules.steps_max:
            due_s, task_id = self._due[0]
            if self._due_at.get(task_id) != due_s:
                heapq.heappop(self._due)
                continue
            if due_s > now_s:
                return
            heapq.heappop(self._due)
            del self._due_at[task_id]
            self._steps[task_id] = asyncio.create_task(self._step(self._jobs[task_id]))

    async def _step(self, job: Job) -> None:
        try:
            after_s = await self._executor.step(job)
        except Overloaded:
            after_s = random.uniform(0.2, 1.0) * self._rules.after_error_s  # noqa: S311 - jitter
        except Refusal as error:
            _log.warning("a step waits", extra={"task_id": job.id, "reason": error.type})
            after_s = self._rules.after_error_s
        except Exception:  # noqa: BLE001 - whatever one task brings up, the worker goes on with the others
            _log.exception("a step failed", extra={"task_id": job.id})
            after_s = self._rules.after_error_s * 5
        if self._jobs.get(job.id) is not job:
            return
        del self._steps[job.id]
        if after_s is None:
            del self._jobs[job.id]
            self._again.discard(job.id)
        elif job.id in self._again:
            self._again.discard(job.id)
            self._schedule(job.id, 0.0)
        else:
            self._schedule(job.id, after_s)
        self._woken.set()

    def _schedule(self, task_id: str, after_s: float) -> None:
        due_s = self._clock.monotonic_s() + after_s
        self._due_at[task_id] = due_s
        heapq.heappush(self._due, (due_s, task_id))

    def _wake_later(self, after_s: float) -> None:
        if self._alarm is None or self._alarm.when() < asyncio.get_running_loop().time():
            self._alarm = asyncio.get_running_loop().call_later(after_s, self._woken.set)

    async def _wait(self) -> None:
        jitter: Callable[[float, float], float] = random.uniform
        lease_left_s = self._lease_ends_s - self._clock.monotonic_s()
        wait_s = max(0.0, min(jitter(0.8, 1.0) * self._rules.poll_s, lease_left_s))
        if self._due and len(self._steps) < self._rules.steps_max:
            wait_s = min(wait_s, max(0.0, self._due[0][0] - self._clock.monotonic_s()))
        try:
            async with asyncio.timeout(wait_s):
                await self._woken.wait()
        except TimeoutError:
            return

    def _forget_all(self) -> None:
        """Let go of every task. Steps under way go on: what they find out still belongs to their attempts."""
        self._leftovers.update(self._steps.values())
        for step in self._steps.values():
            step.add_done_callback(self._leftovers.discard)
        self._steps.clear()
        self._jobs.clear()
        self._due.clear()
        self._due_at.clear()
        self._again.clear()
