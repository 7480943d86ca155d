"""What a transaction promises, on both engines alike."""

import asyncio

import pytest

from apiinone.core.errors import DatabaseUnavailable
from apiinone.core.exchange import Request
from apiinone.db import Database, Sql, Tx
from apiinone.outbound import Outbound
from later import LaterDatabase

PUT = Sql("INSERT INTO facts (name, value) VALUES ($1, $2)")
ALL = Sql("SELECT name, value FROM facts ORDER BY name")
ONE = Sql("SELECT value FROM facts WHERE name = $1 FOR UPDATE")
SET = Sql("UPDATE facts SET value = $1 WHERE name = $2")
NAMED = Sql("SELECT name FROM facts WHERE name = ANY($1::text[]) ORDER BY name")


async def names(database: Database) -> list[str]:
    async def look(tx: Tx) -> list[str]:
        return [row[0] for row in await tx.rows(ALL)]

    return await database.read(look)


async def put(database: Database, name: str, value: str = "") -> None:
    async def work(tx: Tx) -> None:
        await tx.run(PUT, name, value)

    await database.transact(work)


async def test_a_use_case_that_raises_leaves_nothing_and_the_next_goes_on(database: Database) -> None:
    async def work(tx: Tx) -> None:
        await tx.run(PUT, "a", "")
        raise ValueError("refused")

    with pytest.raises(ValueError, match="refused"):
        await database.transact(work)
    await put(database, "b")
    assert await names(database) == ["b"]


async def test_what_the_database_refuses_leaves_nothing(database: Database) -> None:
    async def work(tx: Tx) -> None:
        await tx.run(PUT, "a", "")
        await tx.run(PUT, "a", "")

    with pytest.raises(Exception, match=r"(?i)unique"):
        await database.transact(work)
    assert await names(database) == []


async def test_a_caller_that_leaves_does_not_undo_a_transaction(database: Database) -> None:
    waiting = asyncio.ensure_future(put(database, "a"))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert waiting.cancelled() == (database.engine == "postgresql")  # a fast file's was done before it could be left
    await put(database, "b")
    async with asyncio.timeout(10):
        while await names(database) != ["a", "b"]:  # noqa: ASYNC110 - it goes on by itself, on a connection of its own
            await asyncio.sleep(0.01)


async def test_no_request_leaves_inside_a_transaction(database: Database) -> None:
    outbound = Outbound(allowed_private=frozenset(), connections_max=1, user_agent="test")

    async def work(tx: Tx) -> None:
        await tx.run(PUT, "a", "")
        await outbound.send(Request("GET", "https://example.com", "none"), secret=None, hosts=("example.com",))

    with pytest.raises(AssertionError, match="inside a database transaction"):
        await database.transact(work)
    assert await names(database) == []


async def test_transactions_at_once_do_not_lose_each_others_changes(database: Database) -> None:
    await put(database, "count", "0")

    async def add(tx: Tx) -> None:
        row = await tx.row(ONE, "count")
        assert row is not None
        await tx.run(SET, str(int(row[0]) + 1), "count")

    await asyncio.gather(*[database.transact(add) for _ in range(50)])

    async def look(tx: Tx) -> str:
        return (await tx.rows(ALL))[0][1]

    assert await database.read(look) == "50"


async def test_a_read_sees_one_moment_and_changes_nothing(database: Database) -> None:
    await put(database, "a")

    async def twice(tx: Tx) -> tuple[int, int]:
        return len(await tx.rows(ALL)), len(await tx.rows(ALL))

    writing = asyncio.ensure_future(put(database, "b"))
    first, second = await database.read(twice)
    assert first == second
    await writing


@pytest.mark.parametrize("long", [False, True])
async def test_a_read_cannot_write(database: LaterDatabase, *, long: bool) -> None:
    async def write(tx: Tx) -> None:
        await tx.run(PUT, "a", "")

    with pytest.raises(DatabaseUnavailable):
        await (database.read_long if long else database.read)(write)
    assert await names(database) == []


async def test_values_of_every_kind_come_back_as_they_went(database: Database) -> None:
    texts = ["plain", "ünïcode 🎨", "quote ' \" \\ $1 ?1 %s {}", "[1,2]", ""]
    for text in texts:
        await put(database, text, text)

    async def look(tx: Tx) -> list[str]:
        return [row[0] for row in await tx.rows(NAMED, texts)]

    assert sorted(await database.read(look)) == sorted(texts)


async def test_a_long_read_gives_what_a_short_one_gives(database: Database) -> None:
    await put(database, "a", "1")

    async def look(tx: Tx) -> list[tuple[str, str]]:
        return [(row[0], row[1]) for row in await tx.rows(ALL)]

    assert await database.read_long(look) == await database.read(look) == [("a", "1")]


async def test_the_moment_of_a_transaction_is_the_databases_own_and_goes_forward(database: Database) -> None:
    async def look(tx: Tx) -> int:
        return tx.now_us

    moments = [await database.transact(look) for _ in range(5)]
    assert moments == sorted(moments)
    assert moments[0] <= await database.read(look)


async def test_what_is_asked_by_the_databases_time_is_given_that_time_as_its_first_value(database: Database) -> None:
    async def look(tx: Tx) -> int:
        return tx.now_us

    before_us = await database.read(look)
    asked = Sql("SELECT $1::bigint, $2::text, $1::bigint - $3::bigint")
    ((now_us, text, earlier_us),) = await database.rows_now(asked, "a", 5)
    assert before_us <= now_us <= await database.read(look)
    assert (text, earlier_us) == ("a", now_us - 5)


async def test_a_hint_reaches_every_listener_of_its_process(database: Database) -> None:
    heard: list[str] = []
    await database.listen(heard.append)
    await database.hint("tasks")
    assert heard == ["tasks"]
