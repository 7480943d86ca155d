"""A worker: claims due tasks, keeps them until they end, and takes each step when it is due.

What waits is a small record in a heap, not a coroutine, so that ten thousand open tasks cost little. One heartbeat
prolongs the lease of everything the worker holds. It counts its own lease on its monotonic clock, from before the claim
and shorter than the database does, and drops everything when that is over, because by then others may have taken over.
"""

import asyncio
import logging
import math
import random
from collections.abc import Callable
from itertools import islice

from apiinone.core.errors import Overloaded, Refusal
from apiinone.core.ids import Ids
from apiinone.db import Database, Tx
from apiinone.tasks.claim import Claim, Claimed, anything_due, claim, enlist, extend, leave
from apiinone.tasks.due_times import DueTimes
from apiinone.tasks.execute import Executor
from apiinone.tasks.job import Job
from apiinone.tasks.worker_rules import DATABASE_SHARE, HEARTBEAT_SHARE, HOLDER_SHARE, WorkerRules

HINT = "tasks"
"""The hint that tasks may be due."""
WAKE = "wake:"
"""The hint that a certain task is worth another look; its id follows."""
CANCEL = "cancel:"
"""The hint that a task's client wants it stopped; its id follows. Who claims it later reads so in its row."""

_log = logging.getLogger("apiinone.worker")


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
        self._look_s = 0.0
        """When to look again whether there is something to claim: after a hint at once, else seldom."""
        self._wakes_s = -math.inf
        """Until when it waits, where it does; whatever is due before that wakes it."""
        self._no_room = False
        self._epoch = ""
        self._lease_ends_s = 0.0
        self._jobs: dict[str, Job] = {}
        self._due = DueTimes()
        self._steps: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._leftovers: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()
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
                    continue
                except Refusal as error:
                    _log.warning("the worker waits", extra={"reason": error.type})
                except Exception:  # noqa: BLE001 - a defect of ours must not leave every task lying
                    _log.exception("the worker failed and goes on")
                await asyncio.sleep(self._rules.after_error_s)
                self._look_s = 0.0
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
        if not words.startswith((WAKE, CANCEL)):
            self._look_s = 0.0
            self._woken.set()
            return
        asked_to_stop = words.startswith(CANCEL)
        job = self._jobs.get(words.removeprefix(CANCEL if asked_to_stop else WAKE))
        if job is not None:
            job.to_stop = job.to_stop or asked_to_stop
            self._look_at(job)

    def _look_at(self, job: Job) -> None:
        if job.id in self._steps:
            self._again.add(job.id)
        else:
            self._schedule(job.id, 0.0)

    async def _round(self) -> None:
        self._woken.clear()
        if self._clock.monotonic_s() >= self._lease_ends_s:
            await self._begin_epoch()
        self._start_due()
        if self._clock.monotonic_s() >= self._look_s:
            self._look_s = self._clock.monotonic_s() + _jittered(self._rules.poll_s)
            if await self._claim():
                self._look_s = 0.0
            self._start_due()
        if self._look_s:
            await self._wait()

    async def _begin_epoch(self) -> None:
        """Start anew under another name; whatever was held under the old one is for others now."""
        self._forget_all()
        epoch, started_s = self._ids.new(), self._clock.monotonic_s()

        async def begin(tx: Tx) -> None:
            await enlist(tx, epoch, self._rules.nodes, self._rules.lease_s * DATABASE_SHARE)

        await self._database.transact(begin)
        self._epoch, self._look_s = epoch, 0.0
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
        self._no_room = room <= 0
        if self._no_room:
            return False
        order = Claim(self._epoch, self._rules.nodes, room, self._after_account)

        async def take(tx: Tx) -> Claimed:
            return await claim(tx, order, self._executor.first_attempt)

        if not await anything_due(self._database, self._rules.nodes):
            return False
        claimed = await self._database.transact(take)
        if not claimed.alive:
            self._lease_ends_s = 0.0
            return True
        if self._stopping:
            return False
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
            self._look_s = now_s + self._rules.busy_look_s
            return 0
        self._claimed_s = now_s
        return min(self._rules.busy_claim_max, free)

    def _start_due(self) -> None:
        room = self._rules.steps_max - len(self._steps)
        for task_id in islice(self._due.due(self._clock.monotonic_s()), room):
            self._steps[task_id] = asyncio.create_task(self._step(self._jobs[task_id]))

    async def _step(self, job: Job) -> None:
        after_s = await self._done(job)
        if self._jobs.get(job.id) is not job:
            return
        crowded = len(self._steps) >= self._rules.steps_max
        del self._steps[job.id]
        again = job.id in self._again
        self._again.discard(job.id)
        if after_s is None:
            del self._jobs[job.id]
        else:
            self._schedule(job.id, 0.0 if again else after_s)
        if self._no_room:
            self._look_s = 0.0
        if crowded or self._no_room:
            self._woken.set()

    async def _done(self, job: Job) -> float | None:
        """Take the step; in how many seconds the next one is due."""
        try:
            return await self._executor.step(job)
        except Overloaded:
            return random.uniform(0.2, 1.0) * self._rules.after_error_s  # noqa: S311 - jitter
        except Refusal as error:
            _log.warning("a step waits", extra={"task_id": job.id, "reason": error.type})
            return self._rules.after_error_s
        except Exception:  # noqa: BLE001 - whatever one task brings up, the worker goes on with the others
            _log.exception("a step failed", extra={"task_id": job.id})
            return self._rules.after_error_s * 5

    def _schedule(self, task_id: str, after_s: float) -> None:
        due_s = self._clock.monotonic_s() + after_s
        self._due.put(task_id, due_s)
        if due_s < self._wakes_s:
            self._woken.set()

    async def _wait(self) -> None:
        """Until something is due, or it is time to look, or the lease is over."""
        wakes_s = min(self._look_s, self._lease_ends_s)
        if len(self._steps) < self._rules.steps_max:
            wakes_s = min(wakes_s, self._due.first_s())
        wait_s = wakes_s - self._clock.monotonic_s()
        if wait_s <= 0:
            return
        self._wakes_s = wakes_s
        alarm = asyncio.get_running_loop().call_later(wait_s, self._woken.set)
        try:
            await self._woken.wait()
        finally:
            alarm.cancel()
            self._wakes_s = -math.inf

    def _forget_all(self) -> None:
        """Let go of every task. Steps under way go on: what they find out still belongs to their attempts."""
        self._leftovers.update(self._steps.values())
        for step in self._steps.values():
            step.add_done_callback(self._leftovers.discard)
        self._steps.clear()
        self._jobs.clear()
        self._due.clear()
        self._again.clear()


def _jittered(most_s: float) -> float:
    return random.uniform(0.8, 1.0) * most_s  # noqa: S311 - so that several workers do not look together
