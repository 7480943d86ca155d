"""Hazard 12: a cancellation is no free bill."""

import pytest

from apiinone.providers.provider import Reference
from apiinone.tasks.claim import Claim, claim, enlist
from apiinone.tasks.moves import CancelAsked, CopyLater, Moved, Sending, Stale, WasAccepted, WasCanceled, WasLost, What
from apiinone.tasks.moves import WasRejected as Rejected
from workshop import PRICE, Workshop


async def test_only_the_unsent_and_the_confirmed_are_cancelled(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=100)
    queued, planned, sent, confirmed = [await workshop.task(caller) for _ in range(4)]
    await workshop.planned(planned, caller)
    attempts = {task_id: await workshop.sending(task_id, caller) for task_id in (sent, confirmed)}
    for task_id in (queued, planned):
        assert isinstance(await workshop.move(task_id, caller, CancelAsked()), Moved)
        assert (await workshop.seen(task_id)).state == "canceled"
    for task_id in (sent, confirmed):
        refused = await workshop.move(task_id, caller, CancelAsked())
        assert refused == Stale("submitting", held=True, cancel_requested=True)
    await workshop.move(confirmed, caller, WasAccepted(attempts[confirmed], Reference("up")))
    await workshop.move(confirmed, caller, WasCanceled(attempts[confirmed]))
    await workshop.store(sent, caller, attempts[sent])
    assert [(await workshop.seen(task_id)).state for task_id in (sent, confirmed)] == ["succeeded", "canceled"]
    assert await workshop.balance(caller) == (9 * PRICE, 0)
    await workshop.assert_sound()


@pytest.mark.parametrize("provider", ["recraft", "local"])
@pytest.mark.parametrize("stage", ["running", "storing", "unknown"])
async def test_a_request_to_cancel_is_always_remembered_or_done(workshop: Workshop, provider: str, stage: str) -> None:
    caller = await workshop.tenant(live=100)
    task_id = await workshop.task(caller)
    attempt_id = await workshop.planned(task_id, caller, provider)
    steps: dict[str, What] = {
        "running": WasAccepted(attempt_id, Reference("up")),
        "storing": CopyLater(attempt_id),
        "unknown": WasLost(attempt_id, "lost"),
    }
    await workshop.move(task_id, caller, Sending(attempt_id))
    assert isinstance(await workshop.move(task_id, caller, steps[stage]), Moved)
    outcome = await workshop.move(task_id, caller, CancelAsked())
    seen = await workshop.seen(task_id)
    assert outcome.cancel_requested or seen.state == "canceled"
    assert (seen.state == "canceled") == (provider == "local" and stage != "storing")


async def test_a_refusal_after_a_request_to_cancel_is_no_other_try(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=100)
    task_id = await workshop.task(caller)
    attempt_id = await workshop.sending(task_id, caller)
    await workshop.move(task_id, caller, CancelAsked())
    await workshop.move(task_id, caller, Rejected(attempt_id, "throttled", "busy", 0.0))
    assert ((await workshop.seen(task_id)).state, await workshop.balance(caller)) == ("canceled", (10 * PRICE, 0))


async def test_who_claims_a_task_later_knows_of_the_request_to_cancel(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=100)
    plain, asked = [await workshop.task(caller) for _ in range(2)]
    for task_id in (plain, asked):
        attempt_id = await workshop.sending(task_id, caller)
        await workshop.move(task_id, caller, WasAccepted(attempt_id, Reference("up")))
    await workshop.move(asked, caller, CancelAsked())
    await workshop.database.transact(lambda tx: enlist(tx, "epoch", [78], 60.0))
    claimed = await workshop.database.transact(lambda tx: claim(tx, Claim("epoch", (78,), 10, ""), lambda _job: None))
    assert {job.id: job.to_stop for job in claimed.jobs} == {plain: False, asked: True}
