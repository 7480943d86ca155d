import asyncio
from collections.abc import AsyncIterator
from typing import get_args

import pytest
import pytest_asyncio
from msgspec import Struct

from apiinone.db import Sql, Tx
from apiinone.ledger import audit_rows
from apiinone.ledger.breaches import BREACHES, BreachKind
from apiinone.tasks import audit as task_audit
from apiinone.tasks.audit import Report, audit
from apiinone.tasks.moves import CancelAsked, NewAttempt, Planned, WasStored
from ledger.audited_story import SOON_US, Story, told

STRAY = "vvvvvvvvvvvvvvvvvvvvvvvvvv"
"""Comes after every real id, on the last page."""


class Plant(Struct, frozen=True):
    """One breach, made by statements whose values are named parts of the story; `subject` is what it is told of."""

    kind: BreachKind
    statements: tuple[tuple[Sql, tuple[str, ...]], ...]
    subject: str


def plant(kind: BreachKind, statement: Sql, *values: str, subject: str, before: Sql | None = None) -> Plant:
    first = () if before is None else ((before, ()),)
    return Plant(kind, (*first, (statement, values)), subject)


FREE_LOTS = Sql("ALTER TABLE lots DROP CONSTRAINT ck_lots_whole", sqlite="PRAGMA ignore_check_constraints = ON")
SETTLE = Sql("INSERT INTO settlements VALUES ($1, 'release', 0, 10000000, NULL, 'thief', 0)")
ORDER = Sql(
    "INSERT INTO orders (id, number, account_id, method, origin, state, currency, amount_minor, credits_micro,"
    " bonus_micro, livemode, saves_method, refunded_minor, owed_micro, actor, created_us, expires_us, paid_us, asked)"
    " VALUES ($1, 1, $2, 'manual', 'buyer', 'paid', 'usd', 5, 5, 0, 1, 0, 0, 0, 'key', 0, 0, 0, 0)"
)
ORDERS_LOT = Sql("INSERT INTO lots VALUES ($1, $2, 'live', 'order', 6, 6, 0, 0, 0, NULL, 0, 0, 0, 0, 0)")
REFUNDED = Sql("UPDATE orders SET refunded_minor = 1 WHERE id = $1")
NUMBERED = Sql("UPDATE orders SET number = 7 WHERE id = $1")
USE = Sql("INSERT INTO voucher_uses VALUES ('voucher', $2, 0, $1, 0)")
UNSETTLE = Sql("DELETE FROM settlements WHERE hold_id = $1")
PLANTS = (
    plant(
        "balance_missing", Sql("DELETE FROM balances WHERE account_id = $1 AND mode = 'live'"), "account", subject="lot"
    ),
    plant(
        "entries_gap",
        Sql("DELETE FROM entries WHERE account_id = $1 AND mode = 'live' AND entry_no = 3"),
        "account",
        subject="third",
    ),
    plant(
        "entries_gap",
        Sql("DELETE FROM entries WHERE account_id = $1 AND mode = 'live' AND entry_no >= 6"),
        "account",
        subject="account",
    ),
    plant(
        "chain_broken",
        Sql("UPDATE entries SET reason = 'another' WHERE account_id = $1 AND mode = 'live' AND entry_no = 1"),
        "account",
        subject="first",
    ),
    plant(
        "chain_broken",
        Sql(
            "UPDATE balances SET head_hash = (SELECT hash FROM entries WHERE key = $2)"
            " WHERE account_id = $1 AND mode = 'live'"
        ),
        "account",
        "first",
        subject="account",
    ),
    plant(
        "entry_malformed",
        Sql("UPDATE entries SET to_bucket = 'expired' WHERE key = $1"),
        "hold_of_open",
        subject="hold_of_open",
    ),
    plant(
        "overdrawn",
        Sql("UPDATE entries SET amount_micro = 1000000000000 WHERE key = $1"),
        "hold_of_open",
        subject="hold_of_open",
    ),
    plant(
        "balance_differs",
        Sql("UPDATE balances SET available_micro = available_micro + 1 WHERE account_id = $1 AND mode = 'live'"),
        "account",
        subject="account",
    ),
    plant(
        "lots_differ",
        Sql("UPDATE lots SET available_micro = available_micro - 1, expired_micro = expired_micro + 1 WHERE id = $1"),
        "lot",
        subject="account",
    ),
    plant(
        "lot_not_whole",
        Sql("UPDATE lots SET granted_micro = granted_micro + 1 WHERE id = $1"),
        "lot",
        subject="lot",
        before=FREE_LOTS,
    ),
    plant(
        "lot_differs",
        Sql("UPDATE lots SET captured_micro = captured_micro - 1, expired_micro = expired_micro + 1 WHERE id = $1"),
        "lot",
        subject="lot",
    ),
    plant("lot_missing", Sql("UPDATE entries SET lot_id = $2 WHERE key = $1"), "first", "stray", subject="stray"),
    plant(
        "lot_without_grant",
        Sql("INSERT INTO lots VALUES ($1, $2, 'live', 'grant', 5, 5, 0, 0, 0, NULL, 0, 0, 0, 0, 0)"),
        "stray",
        "account",
        subject="stray",
    ),
    plant(
        "hold_without_entry",
        Sql("INSERT INTO holds VALUES ($1, $2, 'live', $3, $3, 5, NULL, 'req', 0, NULL, NULL, NULL)"),
        "stray",
        "account",
        "key",
        subject="stray",
    ),
    plant(
        "entry_without_hold",
        Sql("UPDATE entries SET task_id = $2 WHERE key = $1"),
        "hold_of_open",
        "stray",
        subject="stray",
    ),
    plant(
        "hold_differs", Sql("UPDATE holds SET amount_micro = amount_micro + 1 WHERE id = $1"), "open", subject="open"
    ),
    plant(
        "slices_differ",
        Sql("UPDATE hold_slices SET amount_micro = amount_micro - 1 WHERE hold_id = $1"),
        "paid",
        subject="paid",
    ),
    plant("slices_differ", Sql("DELETE FROM hold_slices WHERE hold_id = $1"), "open", subject="open"),
    plant(
        "settlement_not_whole",
        Sql("UPDATE settlements SET released_micro = released_micro + 1 WHERE hold_id = $1"),
        "released",
        subject="released",
    ),
    plant("settlement_without_entry", SETTLE, "open", subject="open"),
    plant("entry_without_settlement", UNSETTLE, "paid", subject="paid"),
    plant(
        "settlement_differs",
        Sql("UPDATE settlements SET captured_micro = captured_micro - 1 WHERE hold_id = $1"),
        "paid",
        subject="paid",
    ),
    plant(
        "held_differs",
        Sql("UPDATE balances SET held_micro = held_micro + 1 WHERE account_id = $1 AND mode = 'live'"),
        "account",
        subject="account",
    ),
    plant(
        "budget_differs",
        Sql("UPDATE budget_periods SET used_micro = used_micro - 1 WHERE lineage_id = $1"),
        "key",
        subject="key",
    ),
    plant("budget_differs", Sql("DELETE FROM budget_periods WHERE lineage_id = $1"), "key", subject="key"),
    plant("load_differs", Sql("UPDATE key_loads SET open_holds = 0 WHERE lineage_id = $1"), "key", subject="key"),
    plant(
        "usage_differs",
        Sql("UPDATE usage_days SET captured_micro = captured_micro + 1 WHERE account_id = $1 AND mode = 'live'"),
        "account",
        subject="account",
    ),
    plant("task_without_hold", Sql("UPDATE tasks SET id = $2 WHERE id = $1"), "paid", "stray", subject="stray"),
    plant("hold_without_task", Sql("DELETE FROM tasks WHERE id = $1"), "open", subject="open"),
    plant("hold_without_task", Sql("UPDATE tasks SET mode = 'test' WHERE id = $1"), "open", subject="open"),
    plant("task_differs", Sql("UPDATE tasks SET held_micro = held_micro + 1 WHERE id = $1"), "open", subject="open"),
    plant("task_differs", Sql("UPDATE tasks SET state = 'failed' WHERE id = $1"), "open", subject="open"),
    plant("ended_without_settlement", UNSETTLE, "paid", subject="paid"),
    plant("settled_without_end", SETTLE, "open", subject="open"),
    plant(
        "captured_differs",
        Sql("UPDATE tasks SET captured_micro = captured_micro - 1 WHERE id = $1"),
        "paid",
        subject="paid",
    ),
    plant("outputs_missing", Sql("DELETE FROM outputs WHERE task_id = $1 AND output_no = 1"), "paid", subject="paid"),
    plant("order_without_lot", ORDER, "stray", "account", subject="stray"),
    plant("lot_without_order", ORDERS_LOT, "stray", "account", subject="stray"),
    Plant("order_differs", ((ORDER, ("stray", "account")), (ORDERS_LOT, ("stray", "account"))), "stray"),
    Plant("refund_differs", ((ORDER, ("stray", "account")), (REFUNDED, ("stray",))), "stray"),
    Plant("number_gap", ((ORDER, ("stray", "account")), (NUMBERED, ("stray",))), "stray"),
    plant("voucher_differs", USE, "stray", "account", subject="stray"),
)


@pytest_asyncio.fixture
async def story(database_url: str) -> AsyncIterator[Story]:
    told_story = await told(database_url)
    yield told_story
    await told_story.database.close()


def _named(story: Story, name: str) -> str:
    entries = {"first": f"grant:{story.lot}", "third": f"hold:{story.released}", "hold_of_open": f"hold:{story.open}"}
    return {"stray": STRAY, **entries}.get(name) or getattr(story, name)


async def _planted(story: Story, planted: Plant) -> Report:
    async def break_it(tx: Tx) -> None:
        for statement, names in planted.statements:
            await tx.rows(statement, *(_named(story, name) for name in names))

    await story.database.transact(break_it)
    return await audit(story.database)


@pytest.mark.parametrize("planted", PLANTS, ids=[f"{one.kind}-{number}" for number, one in enumerate(PLANTS)])
async def test_every_breach_is_named_with_the_row_it_concerns(story: Story, planted: Plant) -> None:
    report = await _planted(story, planted)
    subject = _named(story, planted.subject)
    if planted.kind == "entries_gap" and subject == _named(story, "third"):
        subject = f"hold:{story.open}"  # the gap is seen at the entry after it
    found = {(breach.kind, breach.subject, breach.account_id, breach.mode) for breach in report.breaches}
    assert (planted.kind, subject, story.account, "live") in found
    assert not report.ok


def test_every_kind_of_breach_is_planted_and_told_in_words() -> None:
    assert {planted.kind for planted in PLANTS} == set(BREACHES) == set(get_args(BreachKind))


async def test_sound_books_have_no_breach(story: Story) -> None:
    report = await audit(story.database)
    assert report.breaches == ()
    assert (report.ok, report.owners, report.tasks) == (True, 2, 3)


async def test_a_lot_that_expires_while_it_is_held_is_no_breach(story: Story) -> None:
    async def now(tx: Tx) -> int:
        return tx.now_us

    now_us = await story.database.read(now)
    lot = await story.granted(15, expires_us=now_us + SOON_US)
    held = await story.submitted(1)
    await asyncio.sleep(SOON_US / 1_000_000)
    await story.moved(held, CancelAsked())
    await story.granted(1)  # lets the rest of the lot expire

    async def expired(tx: Tx) -> int:
        row = await tx.row(Sql("SELECT expired_micro FROM lots WHERE id = $1"), lot)
        return 0 if row is None else row[0]

    assert await story.database.read(expired) == 15_000_000
    assert (await audit(story.database)).breaches == ()


async def test_a_hold_over_several_lots_of_which_a_part_was_captured_is_no_breach(story: Story) -> None:
    async def now(tx: Tx) -> int:
        return tx.now_us

    in_an_hour_us = await story.database.read(now) + 3_600_000_000
    first = await story.granted(15, expires_us=in_an_hour_us)
    for delivered in (1, 2):
        task_id, attempt = await story.submitted(2), story.ids.new()
        await story.moved(task_id, Planned(NewAttempt(attempt, "recraft", "recraftv4", "the only one", 80_000)))
        outputs = tuple(story.output() for _ in range(delivered))
        await story.moved(task_id, WasStored(attempt, outputs, 80_000))

    async def captured(tx: Tx) -> int:
        row = await tx.row(Sql("SELECT captured_micro FROM lots WHERE id = $1"), first)
        return 0 if row is None else row[0]

    assert await story.database.read(captured) == 15_000_000
    assert (await audit(story.database)).breaches == ()


async def test_outputs_that_were_deleted_or_have_expired_are_no_breach(story: Story) -> None:
    async def delete(tx: Tx) -> None:
        await tx.run(Sql("DELETE FROM outputs WHERE task_id = $1"), story.paid)
        await tx.run(Sql("UPDATE tasks SET deleted_us = 1 WHERE id = $1"), story.paid)

    await story.database.transact(delete)
    assert (await audit(story.database)).ok


async def test_an_audit_beside_a_busy_server_finds_nothing(story: Story) -> None:
    enough, rounds = asyncio.Event(), 0

    async def busy() -> None:
        nonlocal rounds
        while not enough.is_set():
            await story.granted(10)
            await story.moved(await story.submitted(1), CancelAsked())
            rounds += 1

    working = asyncio.create_task(busy())
    seen: list[int] = []
    async with asyncio.timeout(60):
        while len(seen) < 3 or seen[0] == seen[-1]:  # until it was busy meanwhile
            assert (await audit(story.database)).breaches == ()
            seen.append(rounds)
    enough.set()
    await working


async def test_what_stands_on_several_pages_is_read_to_the_end(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (audit_rows, task_audit):
        monkeypatch.setattr(module, "PAGE_MAX", 1)
    monkeypatch.setattr(task_audit, "OWNERS_MAX", 1)
    whole_report = await audit(story.database)
    assert (whole_report.ok, whole_report.owners, whole_report.entries, whole_report.tasks) == (True, 2, 7, 3)
    for planted in PLANTS:
        if planted.kind in {"hold_without_entry", "lot_without_grant"}:
            assert planted.kind in {breach.kind for breach in (await _planted(story, planted)).breaches}


async def test_a_report_counts_what_it_does_not_list(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_audit, "SHOWN_MAX", 1)
    report = await _planted(story, next(planted for planted in PLANTS if planted.kind == "balance_differs"))
    assert (len(report.breaches), report.breaches_total) == (1, 2)
