"""How an attempt comes to an end: outputs copied and stored, refused, lost, found again. Each end is one move."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from msgspec import Struct

from apiinone.assets.ingest import Ingest, OutputUnavailable
from apiinone.assets.storage import Place
from apiinone.catalog.rendering import kind_made
from apiinone.catalog.running import RunningCatalogue
from apiinone.core.clock import Clock
from apiinone.providers.provider import Finished, Rejected
from apiinone.tasks.job import Job
from apiinone.tasks.lifecycle import FINAL
from apiinone.tasks.moves import (
    Blamed,
    CopyLater,
    Move,
    Moved,
    Outcome,
    Planned,
    Sending,
    WasLost,
    WasRejected,
    WasStored,
    What,
)
from apiinone.tasks.routing import LOCAL


class Tries(Struct, frozen=True):
    """Limits of trying."""

    attempts_max: int = 3
    unsent_max: int = 20
    """Attempts that are given up before anything is sent; they are no tries."""
    claims_max: int = 4
    """A task that is blamed for more is worked on no more: it was begun once among others and three times alone."""
    copies_max: int = 5
    again_after_s: float = 0.4
    again_after_s_max: float = 30.0
    reconcile_after_s: float = 15.0
    lost_again_after_s: float = 0.3
    quiet_after_s_max: float = 60.0


@dataclass(slots=True)
class Conclusions:
    """Says what happened to a job and answers when to look at it again: in so many seconds, or never (None)."""

    catalogue: RunningCatalogue
    ingest: Ingest
    clock: Clock
    tries: Tries
    apply: Callable[[Move], Awaitable[Outcome]]
    """Writes a move down, in the next batch."""

    async def say(self, job: Job, what: What) -> bool:
        """Write a move down and follow where it led; False where it was stale.

        Where the database does not answer, a fact is kept to be said again; a request for leave is not.
        """
        job.unsaid = None if isinstance(what, (Planned, Sending, Blamed)) else what
        outcome = await self.apply(job.move(what))
        job.unsaid = None
        if isinstance(outcome, Moved):
            job.state = outcome.state
            return True
        job.held = outcome.held
        job.state = outcome.state or job.state
        return False

    async def repeated(self, job: Job, what: What) -> float | None:
        """Say once more what could not be written down."""
        await self.say(job, what)
        return self.again(job, self.tries.again_after_s)

    def again(self, job: Job, after_s: float) -> float | None:
        """When to look again: never once the task has ended or has another holder."""
        return None if job.state in FINAL or not job.held else after_s

    async def copied(self, job: Job, finished: Finished) -> float | None:
        """Copy what the provider made and end the task with it; a copy that fails is tried again, within limits."""
        if not finished.outputs:
            sentence = "the provider answered without an output"
            return await self.rejected(job, Rejected("provider_error", sentence, retryable=True))
        job.finished = finished
        choice = self.catalogue.now.remembered(job.sub_model)
        expected = "raster" if choice is None else kind_made(choice, job.fields(), job.operation)
        try:
            stored = await self.ingest.store(finished.outputs, _place(job), expected, hosts=job.output_hosts)
        except OutputUnavailable as error:
            return await self.copy_later(job, error)
        await self.say(job, WasStored(job.attempt_id or "", stored, finished.cost_micro_usd))
        return self.again(job, self.tries.again_after_s)

    async def rejected(self, job: Job, rejected: Rejected) -> float | None:
        """A certain refusal: back to the queue while tries and time are left, else the task's end."""
        attempt_id = None if job.state == "queued" else job.attempt_id
        in_time = self.clock.now_us() < job.deadline_us and job.state not in {"unknown", "queued"}
        after_s = None
        if rejected.retryable and in_time and job.attempts - job.unsent < self.tries.attempts_max:
            after_s = self._backoff_s(job.attempts)  # for as long as the vendor says its credential or offer rests
        await self.say(job, WasRejected(attempt_id, rejected.fault, rejected.message, after_s))
        return self.again(job, self.tries.again_after_s if after_s is None else after_s)

    async def put_back(self, job: Job) -> float | None:
        """Give up an attempt whose way went out of service before anything was sent; another way is looked for."""
        job.unsent += 1
        in_time = self.clock.now_us() < job.deadline_us and job.unsent <= self.tries.unsent_max
        after_s = self.tries.again_after_s if in_time else None
        sentence = "not asked: the provider went out of service before"
        await self.say(job, WasRejected(job.attempt_id, "provider_error", sentence, after_s))
        return self.again(job, self.tries.again_after_s)

    async def lost(self, job: Job, reason: str) -> float | None:
        """The answer is lost: the task is unknown, its hold stays, nothing is sent again."""
        if await self.say(job, WasLost(job.attempt_id or "", reason)):
            job.attempt_state = "unknown"
        return self.again(job, self.tries.lost_again_after_s)

    async def killer(self, job: Job) -> float | None:
        """A task took too many workers with it: end it, or leave it to its last limit."""
        if job.attempt_state in {None, "planned"} or job.provider == LOCAL:
            return await self.rejected(job, _NOT_WORKABLE)
        if job.state != "unknown":
            await self.lost(job, "every worker that went on with it ended")
        return None

    async def reconciled(self, job: Job) -> float | None:
        """Look whether a worker that is gone had stored the outputs already."""
        try:
            stored = await self.ingest.recover(_place(job), outputs=job.units)
        except OutputUnavailable:
            stored = None
        if stored is not None:
            await self.say(job, WasStored(job.attempt_id or "", stored, None))
        return self.again(job, self.tries.reconcile_after_s)

    async def copy_later(self, job: Job, error: OutputUnavailable) -> float | None:
        """Try the copy again, within limits; else the task fails, for nothing."""
        job.copies += 1
        askable = error.reason == "expired" and job.reference is not None
        if not (error.retryable or askable) or job.copies >= self.tries.copies_max:
            sentence = "the output could not be copied from the provider"
            return await self.rejected(job, Rejected("output_unavailable", sentence, retryable=False))
        if askable:
            job.finished = None  # the vendor is asked again: its next answer may have links that are good
        await self.say(job, CopyLater(job.attempt_id or ""))
        return self.again(job, self._backoff_s(job.copies))

    def _backoff_s(self, tries: int) -> float:
        return min(self.tries.again_after_s_max, self.tries.again_after_s * 2 ** (tries - 1))


_NOT_WORKABLE = Rejected("provider_error", "this request could not be worked on", retryable=False)


def _place(job: Job) -> Place:
    return Place(job.mode, job.account_id, job.id, job.attempt_id or "")
