"""Moves one by one: what each changes, and what it leaves alone."""

import pytest

from apiinone.db import Sql
from apiinone.providers.provider import Reference
from apiinone.tasks.moves import (
    CopyLater,
    Move,
    Moved,
    Sending,
    Stale,
    TimePassed,
    WasAccepted,
    WasCanceled,
    WasLost,
    WasRejected,
    WasStored,
    What,
)
from workshop import PRICE, Workshop


def _of(attempt_id: str, workshop: Workshop) -> dict[str, What]:
    return {
        "accepted": WasAccepted(attempt_id, Reference("up")),
        "lost": WasLost(attempt_id, "lost"),
        "copy later": CopyLater(attempt_id),
        "again": WasRejected(attempt_id, "provider_error", "no", 0.0),
        "refused": WasRejected(attempt_id, "provider_error", "no", None),
        "stored": WasStored(attempt_id, (workshop.output(),), 1),
        "stored, cost unknown": WasStored(attempt_id, (workshop.output(),), None),
        "canceled": WasCanceled(attempt_id),
    }


@pytest.mark.parametrize("what", ["accepted", "lost", "copy later", "again", "refused", "stored", "canceled"])
async def test_what_happened_to_an_earlier_attempt_moves_no_task(workshop: Workshop, what: str) -> None:
    """Else a second one would be sent while the first is still at its vendor."""
    caller = await workshop.tenant(live=100)
    task_id = await workshop.task(caller)
    first = await workshop.sending(task_id, caller)
    await workshop.move(task_id, caller, WasRejected(first, "throttled", "busy", 0.0))
    second = await workshop.sending(task_id, caller)
    before = await workshop.seen(task_id)
    outcome = await workshop.move(task_id, caller, _of(first, workshop)[what])
    assert outcome == Stale("submitting", held=True)
    assert await workshop.seen(task_id) == before
    assert (await workshop.attempt(second)).state == "sending"
    assert await workshop.balance(caller) == (9 * PRICE, PRICE)


@pytest.mark.parametrize("what", ["accepted", "lost", "refused", "stored", "stored, cost unknown"])
async def test_all_that_one_batch_says_of_an_attempt_is_written_down(workshop: Workshop, what: str) -> None:
    caller = await workshop.tenant(live=100)
    task_id = await workshop.task(caller)
    attempt_id = await workshop.planned(task_id, caller)
    happened = (Sending(attempt_id, "cred"), _of(attempt_id, workshop)[what])
    outcomes = await workshop.apply(*[Move(task_id, (caller.account_id, caller.mode), one) for one in happened])
    assert isinstance(outcomes[0], Moved)
    noted = await workshop.rows(_NOTED, attempt_id)
    assert noted == [_WRITTEN[what]]


_NOTED = Sql(
    "SELECT state, sent_us IS NOT NULL, accepted_us IS NOT NULL, ended_us IS NOT NULL, credential_id, upstream_id,"
    " fault, message, actual_cost_micro_usd FROM attempts WHERE id = $1"
)
_WRITTEN = {
    "accepted": ("accepted", True, True, False, "cred", "up", None, None, None),
    "lost": ("unknown", True, False, False, "cred", None, None, "lost", None),
    "refused": ("rejected", True, False, True, "cred", None, "provider_error", "no", None),
    "stored": ("finished", True, False, True, "cred", None, None, None, 1),
    "stored, cost unknown": ("finished", True, False, True, "cred", None, None, None, None),
}


async def test_the_same_refusal_said_twice_is_one_and_ends_nothing(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=100)
    task_id = await workshop.task(caller)
    attempt_id = await workshop.sending(task_id, caller)
    again = WasRejected(attempt_id, "throttled", "busy", 0.0)
    assert isinstance(await workshop.move(task_id, caller, again), Moved)
    assert await workshop.move(task_id, caller, again) == Stale("queued", held=True)
    assert (await workshop.seen(task_id)).state == "queued"


@pytest.mark.parametrize("outputs", [1, 2, 3])
async def test_what_is_delivered_is_charged_and_the_rest_given_back(workshop: Workshop, outputs: int) -> None:
    caller = await workshop.tenant(live=100)
    task_id = await workshop.task(caller, units=3)
    await workshop.store(task_id, caller, await workshop.sending(task_id, caller), outputs=outputs)
    assert await workshop.settlements(task_id) == [(outputs * PRICE, (3 - outputs) * PRICE)]
    assert await workshop.balance(caller) == ((10 - outputs) * PRICE, 0)
    await workshop.assert_sound()


async def test_anothers_task_or_one_that_is_not_there_is_moved_by_nobody(workshop: Workshop) -> None:
    owner, stranger = await workshop.tenant(live=100), await workshop.tenant(live=100)
    task_id = await workshop.task(owner)
    before = await workshop.seen(task_id)
    for what in (TimePassed(), WasRejected(None, "provider_error", "no", None)):
        (foreign, missing) = await workshop.apply(
            Move(task_id, (stranger.account_id, "live"), what), Move("nothing", (owner.account_id, "live"), what)
        )
        assert (foreign, missing) == (Stale(None), Stale(None))
    assert await workshop.move(task_id, owner, TimePassed()) == Stale("queued", held=True)
    assert await workshop.seen(task_id) == before


async def test_a_cancelled_plan_is_no_late_outcome(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=100)
    task_id = await workshop.task(caller, deadline_s=1)
    attempt_id = await workshop.planned(task_id, caller)
    workshop.let_pass(2)
    await workshop.move(task_id, caller, TimePassed())
    attempt = await workshop.attempt(attempt_id)
    assert (attempt.state, attempt.late_state) == ("dropped", None)


async def test_moves_of_many_owners_in_one_batch_are_each_their_own(workshop: Workshop) -> None:
    callers = [await workshop.tenant(live=100) for _ in range(4)]
    moves: list[Move] = []
    for caller in callers:
        task_id = await workshop.task(caller)
        attempt_id = await workshop.sending(task_id, caller)
        stored = WasStored(attempt_id, (workshop.output(),), None)
        moves += [Move(task_id, (caller.account_id, caller.mode), what) for what in (stored, stored)]
    outcomes = await workshop.apply(*reversed(moves))
    assert [type(outcome) for outcome in outcomes] == [Moved, Stale] * 4
    for caller in callers:
        assert await workshop.balance(caller) == (9 * PRICE, 0)
    await workshop.assert_sound()
