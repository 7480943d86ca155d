"""Hazards 3, 4 and 5: claims are fenced, evidence is not, and what was sent is not sent again."""

from apiinone.accounts.callers import Caller
from apiinone.db import Tx
from apiinone.providers.provider import Reference, Rejected
from apiinone.tasks.claim import Claim, claim, enlist, evidence_of, take_over_dead
from apiinone.tasks.job import Job
from apiinone.tasks.moves import Moved, NewAttempt, Sending, Stale, TimePassed, WasAccepted, WasLost, WasRejected
from apiinone.tasks.moves import WasStored as Stored
from workshop import PRICE, Workshop

LEASE_S = 15.0


async def claimed(workshop: Workshop, provider: str = "recraft") -> Job:
    """The one due task, claimed by a new worker."""
    epoch = workshop.ids.new()

    def plan(job: Job) -> NewAttempt:
        del job
        return NewAttempt(workshop.ids.new(), provider, "m", "because", None)

    async def work(tx: Tx) -> list[Job]:
        await enlist(tx, epoch, (78,), LEASE_S)
        return (await claim(tx, Claim(epoch, (78,), 10, ""), plan)).jobs

    (job,) = await workshop.database.transact(work)
    return job


async def taken_over(workshop: Workshop) -> Job:
    """The same task, claimed by another worker after the first one's lease has run out."""
    workshop.let_pass(LEASE_S + 1)
    assert await workshop.database.transact(take_over_dead) == 1
    return await claimed(workshop)


async def two_holders(workshop: Workshop) -> tuple[Caller, Job, Job]:
    """A task that was being sent when its worker was taken for dead, and its old and new holder."""
    caller = await workshop.tenant(live=100)
    await workshop.task(caller)
    old = await claimed(workshop)
    assert isinstance((await workshop.apply(old.move(Sending(old.attempt_id or ""))))[0], Moved)
    return caller, old, await taken_over(workshop)


async def test_a_stale_worker_moves_no_task_and_no_money(workshop: Workshop) -> None:
    caller, old, new = await two_holders(workshop)
    assert new.fence > old.fence
    before = await workshop.seen(old.id), await workshop.balance(caller)
    attempt_id = old.attempt_id or ""
    for what in (
        Stored(attempt_id, (workshop.output(),), 5),
        WasRejected(attempt_id, "provider_error", "no", 0.0),
        WasLost(attempt_id, "lost"),
        WasAccepted(attempt_id, Reference("up")),
        Sending(attempt_id),
    ):
        (outcome,) = await workshop.apply(old.move(what))
        assert outcome == Stale("submitting")
    assert (await workshop.seen(old.id), await workshop.balance(caller)) == before
    (outcome,) = await workshop.apply(new.move(Stored(attempt_id, (workshop.output(),), 5)))
    assert isinstance(outcome, Moved)
    assert await workshop.settlements(old.id) == [(PRICE, 0)]
    await workshop.assert_sound()


async def test_a_late_outcome_is_kept_as_evidence(workshop: Workshop) -> None:
    caller, old, new = await two_holders(workshop)
    attempt_id = old.attempt_id or ""
    await workshop.apply(new.move(WasLost(attempt_id, "the worker is gone")))
    await workshop.apply(old.move(WasAccepted(attempt_id, Reference("up-1", "https://example.com/1"))))

    async def look(tx: Tx) -> Reference | Rejected | None:
        return await evidence_of(tx, attempt_id)

    assert await workshop.database.read(look) == Reference("up-1", "https://example.com/1")
    assert (await workshop.seen(old.id)).state == "unknown"
    await workshop.apply(old.move(WasRejected(attempt_id, "content_policy", "refused", None)))
    assert await workshop.database.read(look) == Rejected("content_policy", "refused", retryable=False)
    assert (await workshop.attempt(attempt_id)).state == "rejected"
    workshop.let_pass(600)
    await workshop.move(old.id, caller, TimePassed())
    assert (await workshop.seen(old.id)).state == "failed"
    assert await workshop.balance(caller) == (10 * PRICE, 0)


async def test_what_comes_after_the_end_is_the_operators_and_changes_no_bill(workshop: Workshop) -> None:
    caller, old, _ = await two_holders(workshop)
    attempt_id = old.attempt_id or ""
    for _ in range(2):
        workshop.let_pass(5_000)
        await workshop.move(old.id, caller, TimePassed())
    before = await workshop.seen(old.id)
    assert (before.state, before.error_type) == ("failed", "provider_timeout")
    assert (await workshop.attempt(attempt_id)).late_state is None
    await workshop.apply(old.move(Stored(attempt_id, (workshop.output(),), 40_000)))
    late = await workshop.attempt(attempt_id)
    assert (late.state, late.late_state, late.cost) == ("finished", "finished", 40_000)
    assert await workshop.seen(old.id) == before
    assert await workshop.balance(caller) == (10 * PRICE, 0)
    await workshop.assert_sound()


async def test_a_success_past_the_last_limit_is_too_late_even_before_a_sweep_came_by(workshop: Workshop) -> None:
    caller, old, new = await two_holders(workshop)
    workshop.let_pass(600 + 3_600)
    (outcome,) = await workshop.apply(new.move(Stored(new.attempt_id or "", (workshop.output(),), 5)))
    assert outcome == Stale("failed")
    assert await workshop.settlements(old.id) == [(0, PRICE)]
    assert (await workshop.attempt(new.attempt_id or "")).late_state == "finished"
    assert await workshop.balance(caller) == (10 * PRICE, 0)
    await workshop.assert_sound()


async def test_a_stale_workers_success_past_the_last_limit_does_not_even_end_the_task(workshop: Workshop) -> None:
    caller, old, _ = await two_holders(workshop)
    workshop.let_pass(600 + 3_600)
    before = await workshop.seen(old.id), await workshop.balance(caller)
    (outcome,) = await workshop.apply(old.move(Stored(old.attempt_id or "", (workshop.output(),), 5)))
    assert outcome == Stale("submitting")
    assert (await workshop.seen(old.id), await workshop.balance(caller)) == before
    assert (await workshop.attempt(old.attempt_id or "")).state == "finished"
    await workshop.move(old.id, caller, TimePassed())
    assert (await workshop.seen(old.id)).state == "failed"
    await workshop.assert_sound()


async def test_an_attempt_that_was_sending_is_never_sent_again(workshop: Workshop) -> None:
    _, old, new = await two_holders(workshop)
    assert (new.attempt_id, new.attempt_state) == (old.attempt_id, "sending")
    for job in (old, new):
        (outcome,) = await workshop.apply(job.move(Sending(job.attempt_id or "")))
        assert isinstance(outcome, Stale)
    (outcome,) = await workshop.apply(new.move(WasLost(new.attempt_id or "", "the worker is gone")))
    assert outcome == Moved("unknown", new.fence, cancel_requested=False)
    again = await taken_over(workshop)
    assert (again.state, again.attempts) == ("unknown", 1)


async def test_a_new_holder_knows_which_attempts_were_given_up_unsent(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=100)
    await workshop.task(caller)
    first = await claimed(workshop)
    given_up = WasRejected(first.attempt_id, "provider_error", "not asked", 0.0)
    assert isinstance((await workshop.apply(first.move(given_up)))[0], Moved)
    second = await taken_over(workshop)
    assert (second.attempts, second.unsent) == (2, 1)
    attempt_id = second.attempt_id or ""
    for what in (Sending(attempt_id), WasAccepted(attempt_id, Reference("up"))):
        assert isinstance((await workshop.apply(second.move(what)))[0], Moved)
    third = await taken_over(workshop)
    assert (third.state, third.unsent) == ("running", 1)
