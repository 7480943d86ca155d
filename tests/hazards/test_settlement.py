"""Hazards 1, 22 and 28: one settlement for each hold, a chain that shows what was touched, an operator's hand."""

import pytest

from apiinone.accounts.account_rows import Action, record
from apiinone.core.errors import BadRequest
from apiinone.db import Sql, Tx
from apiinone.tasks.audit import audit
from apiinone.tasks.moves import EndedByHand, Move, Moved, Stale, WasRejected, WasStored
from db.raw_rows import refused_by_the_database
from workshop import PRICE, Workshop

SETTLE = Sql(
    "INSERT INTO settlements (hold_id, kind, captured_micro, released_micro, actor, created_us)"
    " VALUES ($1, $2, $3, $4, 'thief', 0)"
)
REMOVE = Sql("DELETE FROM entries WHERE account_id = $1 AND mode = 'live' AND entry_no = 2")
ALTER = Sql("UPDATE entries SET reason = 'another' WHERE account_id = $1 AND mode = 'live' AND entry_no = 2")


async def test_a_hold_is_captured_or_released_and_never_both(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=100)
    task_id = await workshop.task(caller)
    attempt_id = await workshop.sending(task_id, caller)
    owner = (caller.account_id, caller.mode)
    stored = WasStored(attempt_id, (workshop.output(),), None)
    refused = WasRejected(attempt_id, "provider_error", "no", None)
    first, *others = await workshop.apply(*[Move(task_id, owner, what) for what in (stored, refused, stored, refused)])
    assert isinstance(first, Moved)
    assert [type(outcome) for outcome in others] == [Stale] * 3
    assert await workshop.settlements(task_id) == [(PRICE, 0)]
    assert await refused_by_the_database(workshop, SETTLE, task_id, "release", 0, PRICE)
    assert await refused_by_the_database(workshop, SETTLE, task_id, "capture", PRICE, 0)
    await workshop.assert_sound()


@pytest.mark.parametrize(("change", "kind"), [(REMOVE, "entries_gap"), (ALTER, "chain_broken")])
async def test_an_entry_removed_or_altered_breaks_the_chain(workshop: Workshop, change: Sql, kind: str) -> None:
    caller = await workshop.tenant(live=100)
    for _ in range(3):
        await workshop.task(caller)
    await workshop.assert_sound()
    await workshop.run(change, caller.account_id)
    report = await audit(workshop.database)
    assert kind in {breach.kind for breach in report.breaches}


async def test_settling_by_hand_is_the_same_settlement(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=100)
    task_id = await workshop.task(caller)
    attempt_id = await workshop.sending(task_id, caller)
    for _ in range(2):
        await workshop.move(task_id, caller, EndedByHand("operator"))
    seen = await workshop.seen(task_id)
    assert (seen.state, seen.captured, await workshop.settlements(task_id)) == ("failed", 0, [(0, PRICE)])
    assert isinstance(await workshop.store(task_id, caller, attempt_id), Stale)
    assert await workshop.balance(caller) == (10 * PRICE, 0)
    await workshop.assert_sound()

    async def write(tx: Tx) -> None:
        await record(tx, Action(workshop.ids.new(), "operator", "tasks settle", task_id, "  "))

    with pytest.raises(BadRequest, match="reason"):
        await workshop.database.transact(write)
