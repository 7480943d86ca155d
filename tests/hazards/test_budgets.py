"""Hazard 19: budgets of keys across periods and rotations."""

from apiinone.accounts.callers import Caller
from apiinone.accounts.key_rows import rotate_key
from apiinone.core.credits import whole
from apiinone.core.errors import BudgetExceeded
from apiinone.db import Sql, Tx
from apiinone.ledger.budgets import Period, set_budget
from apiinone.tasks.moves import CancelAsked
from apiinone.tasks.submit import Created
from workshop import DAY_S, PRICE, Workshop

USED = Sql("SELECT period, used_micro FROM budget_periods WHERE lineage_id = $1 ORDER BY period")


async def submits(workshop: Workshop, caller: Caller) -> type[object]:
    (outcome,) = await workshop.submit(workshop.submission(caller))
    return type(outcome)


async def test_a_hold_is_settled_in_the_period_it_was_placed_in(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=1_000, budget=(whole(20), "day"))
    old = [await workshop.task(caller, deadline_s=2 * DAY_S) for _ in range(2)]
    assert await submits(workshop, caller) is BudgetExceeded
    workshop.let_pass(DAY_S)
    new = await workshop.task(caller)
    await workshop.move(old[0], caller, CancelAsked())
    await workshop.store(old[1], caller, await workshop.sending(old[1], caller))
    used = [row[1] for row in await workshop.rows(USED, caller.lineage_id)]
    assert used == [PRICE, PRICE]
    await workshop.move(new, caller, CancelAsked())
    assert [row[1] for row in await workshop.rows(USED, caller.lineage_id)] == [PRICE, 0]
    await workshop.assert_sound()


async def test_rotating_a_key_does_not_refill_its_budget(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=1_000, budget=(whole(20), "total"))
    await workshop.task(caller)
    new_id = workshop.ids.new()
    await workshop.database.transact(
        lambda tx: rotate_key(tx, caller.key_id, new_id=new_id, secret_hash=b"new", overlap_us=60_000_000)
    )
    rotated = await workshop.caller_of(new_id)
    assert [await submits(workshop, one) for one in (rotated, rotated, caller)] == [
        Created,
        BudgetExceeded,
        BudgetExceeded,
    ]
    await workshop.assert_sound()


async def test_what_is_given_back_can_be_spent_again_and_what_is_captured_cannot(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=1_000, budget=(whole(20), "total"))
    first, second = [await workshop.task(caller) for _ in range(2)]
    await workshop.store(first, caller, await workshop.sending(first, caller))
    assert await submits(workshop, caller) is BudgetExceeded
    await workshop.move(second, caller, CancelAsked())
    assert [await submits(workshop, caller) for _ in range(2)] == [Created, BudgetExceeded]
    await workshop.assert_sound()


async def test_another_budget_leaves_open_holds_in_the_period_they_were_placed_in(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=1_000, budget=(whole(20), "total"))
    task_id = await workshop.task(caller)
    period: Period = "day"

    async def change(tx: Tx) -> None:
        await set_budget(tx, caller.lineage_id, whole(10), period)

    await workshop.database.transact(change)
    assert [await submits(workshop, caller) for _ in range(2)] == [Created, BudgetExceeded]
    await workshop.move(task_id, caller, CancelAsked())
    assert [row[1] for row in await workshop.rows(USED, caller.lineage_id) if row[0] == "total"] == [0]
    assert await submits(workshop, caller) is BudgetExceeded
    await workshop.assert_sound()


async def test_a_budget_is_held_within_a_batch_too(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=1_000, budget=(whole(35), "month"))
    outcomes = await workshop.submit(*[workshop.submission(caller) for _ in range(5)])
    assert [type(outcome) for outcome in outcomes] == [Created] * 3 + [BudgetExceeded] * 2
    await workshop.assert_sound()
