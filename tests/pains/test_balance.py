"""Pains 1 to 14, 27, 33, 59 and 60: nobody overdraws, nothing drifts, the schema itself refuses."""

import asyncio
import random
from pathlib import Path

import pytest

from apiinone.accounts.callers import Caller
from apiinone.catalog.entry import Choice
from apiinone.catalog.load import load_catalogue
from apiinone.catalog.price_rules import PerOutput
from apiinone.catalog.pricing import price
from apiinone.catalog.schema import Bodies
from apiinone.core.credits import MICRO_CREDITS_MAX, Credits, whole
from apiinone.core.errors import BadRequest, BudgetExceeded, DatabaseUnavailable, InsufficientCredits
from apiinone.db import Sql, Tx
from apiinone.ledger.grants import grant
from apiinone.tasks.audit import audit
from apiinone.tasks.history import Wanted, read_tasks
from apiinone.tasks.moves import CancelAsked, Move
from apiinone.tasks.receipt import read_receipt
from apiinone.tasks.submit import Created
from apiinone.tasks.task_view import read_task
from db.raw_rows import refused_by_the_database
from whole_app import opened
from workshop import PRICE, Workshop

SUB_MODELS_ALIKE = {"recraft-v4", "imagen-4", "ideogram-v3"}
"""Models whose example suits every sub-model."""
ENTRIES = Sql("SELECT count(*) FROM entries")
USAGE = Sql(
    "SELECT sum(tasks_succeeded), sum(tasks_not_charged), sum(captured_micro) FROM usage_days WHERE account_id = $1"
)
CAPTURED = Sql("SELECT coalesce(sum(amount_micro), 0) FROM entries WHERE account_id = $1 AND kind = 'capture'")
DRIFT = Sql("UPDATE balances SET available_micro = available_micro + 1 WHERE account_id = $1 AND mode = 'live'")
HOLD_OF = Sql("SELECT amount_micro FROM holds WHERE id = $1")


async def test_two_hundred_submits_against_credits_for_ten_let_ten_through(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path) as first, opened(database_url, tmp_path) as second:
        workshop = first.workshop
        caller = await workshop.tenant(live=100)
        apps = [first, second] if first.app.database.engine == "postgresql" else [first]
        batch = [workshop.submission(caller) for _ in range(200)]
        outcomes = await asyncio.gather(*[apps[n % len(apps)].app.submissions.do(one) for n, one in enumerate(batch)])
        assert len([outcome for outcome in outcomes if isinstance(outcome, Created)]) == 10
        assert {type(outcome) for outcome in outcomes} == {Created, InsufficientCredits}
        assert await workshop.balance(caller) == (0, 10 * PRICE)
        await workshop.assert_sound()


async def test_every_model_holds_its_whole_price_before_anything_is_sent(workshop: Workshop) -> None:
    catalogue, bodies = load_catalogue(), Bodies()
    of_one_form = [entry for entry in catalogue.on("images") if entry.id in SUB_MODELS_ALIKE]
    choices = [Choice(entry, entry.default_sub_model) for entry in catalogue.on("images")]
    choices += [Choice(entry, sub) for entry in of_one_form for sub in entry.sub_models]
    for choice in choices:
        rule = choice.sub_model.price
        many = {rule.field: 3} if isinstance(rule, PerOutput) else {}
        fields = bodies.parse(choice, {**choice.entry.example, **many, "model": choice.sub_model.id}).fields
        asked = price(choice, fields)
        caller = await workshop.tenant(live=10_000)
        submission = workshop.submission(
            caller, sub_model=choice.sub_model.id, unit=asked.unit, units=asked.units, node=choice.entry.node
        )
        await workshop.submit(submission)
        assert await workshop.row(HOLD_OF, submission.task_id) == (asked.total,)
        assert await workshop.balance(caller) == (whole(10_000) - asked.total, asked.total)
        assert asked.total > 0
        assert (await workshop.seen(submission.task_id)).attempts == 0
    assert len(choices) > 11


async def test_a_keys_budget_is_held_with_the_credits(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path) as first, opened(database_url, tmp_path) as second:
        workshop = first.workshop
        caller = await workshop.tenant(live=1_000, budget=(whole(50), "total"))
        apps = [first, second] if first.app.database.engine == "postgresql" else [first]
        batch = [workshop.submission(caller) for _ in range(60)]
        outcomes = await asyncio.gather(*[apps[n % len(apps)].app.submissions.do(one) for n, one in enumerate(batch)])
        assert len([outcome for outcome in outcomes if isinstance(outcome, Created)]) == 5
        assert {type(outcome) for outcome in outcomes} == {Created, BudgetExceeded}
        assert await workshop.balance(caller) == (95 * PRICE, 5 * PRICE)
        await workshop.assert_sound()


@pytest.mark.parametrize("amount", [0, -1, MICRO_CREDITS_MAX + 1])
async def test_no_amount_is_beyond_bounds_and_no_capture_beyond_its_hold(workshop: Workshop, amount: int) -> None:
    caller = await workshop.tenant(live=100)

    async def give(tx: Tx) -> None:
        owner = (caller.account_id, caller.mode)
        await grant(tx, owner, lot_id="lot", amount=Credits(amount), actor="operator", reason="a test")

    with pytest.raises(BadRequest) as refused:
        await workshop.database.transact(give)
    assert refused.value.param == "/amount"
    task_id = await workshop.task(caller, units=2)
    attempt_id = await workshop.sending(task_id, caller)
    await workshop.store(task_id, caller, attempt_id, outputs=5)
    assert await workshop.settlements(task_id) == [(2 * PRICE, 0)]
    more = Sql("UPDATE tasks SET captured_micro = held_micro + 1 WHERE id = $1")
    assert await refused_by_the_database(workshop, more, task_id)
    await workshop.assert_sound()


async def test_asking_about_a_task_writes_no_money(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=100)
    owner = (caller.account_id, caller.mode)
    task_id = await workshop.task(caller)
    await workshop.store(task_id, caller, await workshop.sending(task_id, caller))
    before = await workshop.row(ENTRIES), await workshop.balance(caller)

    async def look(tx: Tx) -> None:
        assert await read_task(tx, owner, task_id) is not None
        assert await read_receipt(tx, owner, task_id) is not None
        assert len(await read_tasks(tx, owner, Wanted(limit=10, states=("succeeded",)))) == 1

    async def write(tx: Tx) -> None:
        await tx.run(DRIFT, caller.account_id)

    for _ in range(3):
        await workshop.database.read(look)
    with pytest.raises(DatabaseUnavailable):
        await workshop.database.read(write)
    assert (await workshop.row(ENTRIES), await workshop.balance(caller)) == before


async def test_audit_finds_a_balance_that_is_not_the_sum_of_its_entries(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=100)
    await workshop.assert_sound()
    await workshop.run(DRIFT, caller.account_id)
    report = await audit(workshop.database)
    assert "balance_differs" in {breach.kind for breach in report.breaches}


@pytest.mark.slow
async def test_batches_over_the_same_accounts_in_any_order_all_commit(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path) as first, opened(database_url, tmp_path) as second:
        workshop = first.workshop
        callers = [await workshop.tenant(live=1_000) for _ in range(12)]
        apps = [first, second] if first.app.database.engine == "postgresql" else [first]
        dice = random.Random(7)  # noqa: S311 - which account comes next

        async def submit_and_cancel(number: int) -> bool:
            caller: Caller = dice.choice(callers)
            app = apps[number % len(apps)].app
            outcome = await app.submissions.do(workshop.submission(caller))
            assert isinstance(outcome, Created)
            await asyncio.sleep(dice.uniform(0, 0.02))
            move = Move(outcome.task_id, (caller.account_id, caller.mode), CancelAsked())
            return type(await app.apply(move)).__name__ == "Moved"

        assert all(await asyncio.gather(*map(submit_and_cancel, range(400))))
        for caller in callers:
            assert await workshop.balance(caller) == (100 * PRICE, 0)
        await workshop.assert_sound()


BREAKING = {
    "available below nothing": Sql("UPDATE balances SET available_micro = -1 WHERE account_id = $1"),
    "held below nothing": Sql("UPDATE balances SET held_micro = -1 WHERE account_id = $1"),
    "an unknown mode": Sql("UPDATE balances SET mode = 'free' WHERE account_id = $1 AND mode = 'test'"),
    "a second balance": Sql("INSERT INTO balances SELECT * FROM balances WHERE account_id = $1"),
    "a lot that is not whole": Sql("UPDATE lots SET available_micro = available_micro + 1 WHERE account_id = $1"),
    "a lot below nothing": Sql(
        "UPDATE lots SET held_micro = -1, available_micro = available_micro + held_micro + 1 WHERE account_id = $1"
    ),
    "a lot of nothing": Sql(
        "UPDATE lots SET granted_micro = 0, available_micro = 0, held_micro = 0, captured_micro = 0, expired_micro = 0"
        " WHERE account_id = $1"
    ),
    "an entry of nothing": Sql("UPDATE entries SET amount_micro = 0 WHERE account_id = $1"),
    "an entry against itself": Sql("UPDATE entries SET from_bucket = to_bucket WHERE account_id = $1"),
    "two entries with one number": Sql("UPDATE entries SET entry_no = 1 WHERE account_id = $1 AND mode = 'live'"),
    "two entries with one key": Sql("UPDATE entries SET key = 'same' WHERE account_id = $1"),
    "an entry of an unknown kind": Sql("UPDATE entries SET kind = 'gift' WHERE account_id = $1"),
    "a hold of nothing": Sql("UPDATE holds SET amount_micro = 0 WHERE account_id = $1"),
    "a capture of nothing": Sql("UPDATE settlements SET captured_micro = 0 WHERE captured_micro > 0 AND $1 <> ''"),
    "a release that captures": Sql("UPDATE settlements SET kind = 'release' WHERE kind = 'capture' AND $1 <> ''"),
    "a settlement without a hold": Sql(
        "INSERT INTO settlements (hold_id, kind, captured_micro, released_micro, actor, created_us)"
        " VALUES ($1, 'release', 0, 1, 'x', 0)"
    ),
    "a slice of no lot": Sql("UPDATE hold_slices SET lot_id = $1"),
    "an ended task without a settlement": Sql(
        "UPDATE tasks SET captured_micro = NULL WHERE finished_us IS NOT NULL AND account_id = $1"
    ),
    "open tasks below nothing": Sql("UPDATE key_loads SET open_holds = -1 WHERE $1 <> ''"),
    "a budget used below nothing": Sql("UPDATE budget_periods SET used_micro = -1 WHERE $1 <> ''"),
}


@pytest.mark.parametrize("what", BREAKING)
async def test_the_schema_itself_refuses_a_broken_balance(workshop: Workshop, what: str) -> None:
    caller = await workshop.tenant(live=100, budget=(whole(500), "total"))
    paid, _ = [await workshop.task(caller) for _ in range(2)]
    await workshop.store(paid, caller, await workshop.sending(paid, caller))
    assert await refused_by_the_database(workshop, BREAKING[what], caller.account_id)


async def test_usage_adds_up_to_the_captures(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=1_000)
    tasks = [await workshop.task(caller, units=3) for _ in range(6)]
    for number, task_id in enumerate(tasks[:5]):
        if number % 2:
            await workshop.move(task_id, caller, CancelAsked())
        else:
            await workshop.store(task_id, caller, await workshop.sending(task_id, caller), outputs=1 + number // 2)
    succeeded, not_charged, captured = await workshop.row(USAGE, caller.account_id)
    assert (succeeded, not_charged, captured) == (3, 2, (1 + 2 + 3) * PRICE)
    assert await workshop.row(CAPTURED, caller.account_id) == (captured,)
    await workshop.assert_sound()
