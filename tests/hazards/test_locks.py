"""Hazard 10: one order of locks, limits on waiting, and what the database asks to be run again is run again."""

import asyncio
from collections.abc import Awaitable, Callable

from apiinone.core.clock import SystemClock
from apiinone.db import Sql, Tx, open_database
from apiinone.tasks.claim import Claim, claim, enlist, leave, take_over_dead
from apiinone.tasks.moves import CancelAsked
from spying import SpyDatabase
from workshop import Workshop

ORDER = ("workers", "balances", "quotes", "tasks", "attempts")
"""What is locked first. Whatever an account has hangs on its balance's lock."""
LIMITS = Sql(
    "SELECT name, setting FROM pg_settings"
    " WHERE name IN ('lock_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout')"
)
PUT = Sql("INSERT INTO facts (name, value) VALUES ($1, '')")
LOCK = Sql("SELECT 1 FROM facts WHERE name = $1 FOR UPDATE")


async def test_locks_are_taken_in_one_order(workshop: Workshop) -> None:
    spy = SpyDatabase(workshop.database)
    shop = Workshop(spy)
    callers = [await shop.tenant(live=100) for _ in range(3)]
    spy.transactions.clear()
    await shop.submit(*[shop.submission(caller, quote_id="none") for caller in callers])
    await shop.submit(*[shop.submission(caller) for caller in reversed(callers)])
    task_id = await shop.task(callers[0])
    attempt_id = await shop.sending(task_id, callers[0])
    await shop.store(task_id, callers[0], attempt_id)
    await shop.move(await shop.task(callers[1]), callers[1], CancelAsked())
    epoch = shop.ids.new()
    await spy.transact(lambda tx: enlist(tx, epoch, (78,), 15.0))
    await spy.transact(lambda tx: claim(tx, Claim(epoch, (78,), 10, ""), lambda _: None))
    await spy.transact(lambda tx: leave(tx, epoch))
    await spy.transact(take_over_dead)
    locked = [[statement for statement in statements if "FOR UPDATE" in statement] for statements in spy.transactions]
    taken = [[next(table for table in ORDER if f"FROM {table}" in one) for one in statements] for statements in locked]
    assert {table for tables in taken for table in tables} == {"workers", "balances", "quotes", "tasks"}
    assert [tables for tables in taken if tables != sorted(tables, key=ORDER.index)] == []
    many = [one for statements in locked for one in statements if "ANY(" in one and "LIMIT" not in one]
    assert [one for one in many if "ORDER BY" not in one and "quotes" not in one] == []


async def test_every_wait_for_a_lock_has_an_end(postgres_url: str) -> None:
    database = await open_database(postgres_url, SystemClock())

    async def look(tx: Tx) -> dict[str, int]:
        return {row[0]: int(row[1]) for row in await tx.rows(LIMITS)}

    limits = await database.read(look)
    await database.close()
    assert len(limits) == 3
    assert all(0 < limit_ms <= 60_000 for limit_ms in limits.values())


async def test_a_deadlock_is_run_again(postgres_url: str) -> None:
    database = await open_database(postgres_url, SystemClock())
    for name in "ab":
        await database.transact(lambda tx, name=name: tx.run(PUT, name))
    met = asyncio.Barrier(2)
    runs = 0

    def crossing(first: str, second: str) -> Callable[[Tx], Awaitable[None]]:
        async def work(tx: Tx) -> None:
            nonlocal runs
            runs += 1
            await tx.rows(LOCK, first)
            if runs <= 2:
                await met.wait()
            await tx.rows(LOCK, second)

        return work

    async with asyncio.timeout(10):
        await asyncio.gather(database.transact(crossing("a", "b")), database.transact(crossing("b", "a")))
    await database.close()
    assert runs == 3
