"""SQLite alone: its one writer, its locks, its settings."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from apiinone import db_sqlite
from apiinone.core.clock import SystemClock
from apiinone.core.errors import DatabaseUnavailable
from apiinone.db import Sql, Tx
from apiinone.db_sqlite import SqliteDatabase, SqliteTx, drive, open_sqlite
from apiinone.db_sqlite_connection import is_fixed

PUT = Sql("INSERT INTO facts (name, value) VALUES ($1, $2)")
COUNT = Sql("SELECT count(*) FROM facts")
AMONG = Sql(
    "SELECT name, value FROM facts WHERE name = ANY($1::text[]) AND value <> $2 AND value = ANY($3::text[])"
    " ORDER BY name FOR UPDATE"
)


@pytest.fixture
async def sqlite(sqlite_path: Path) -> AsyncIterator[SqliteDatabase]:
    opened = open_sqlite(str(sqlite_path), SystemClock())
    yield opened
    await opened.close()


@pytest.fixture
async def on_a_slow_disk(sqlite: SqliteDatabase, monkeypatch: pytest.MonkeyPatch) -> SqliteDatabase:
    """The same as it goes on where a commit takes long enough for a thread."""
    monkeypatch.setattr(db_sqlite, "_FAST_COMMIT_S", 0.0)
    return sqlite


@pytest.fixture
def stranger(sqlite_path: Path) -> Iterator[Any]:
    """A connection as another process would have it; locks do not tell the two apart."""
    connection: Any = apsw.Connection(str(sqlite_path))
    yield connection
    connection.close()


async def put(tx: Tx) -> None:
    await tx.run(PUT, "a", "")


async def count(tx: Tx) -> int:
    row = await tx.row(COUNT)
    assert row is not None
    return row[0]


@pytest.mark.parametrize("names", [[], ["a"], ["b"], ["a", "c"], ["a", "b", "c"], ["d", "c", "b", "a"]])
@pytest.mark.parametrize("values", [[], ["1"], ["x"], ["1", "3"], ["1", "2", "3", "4"]])
async def test_lists_find_the_same_rows_whatever_their_length(
    sqlite: SqliteDatabase, names: list[str], values: list[str]
) -> None:
    kept = [("a", "1"), ("b", "2"), ("c", "3")]

    async def fill(tx: Tx) -> None:
        await tx.many(PUT, kept)

    async def look(tx: Tx) -> list[tuple[str, str]]:
        return [(row[0], row[1]) for row in await tx.rows(AMONG, names, "x", values)]

    await sqlite.transact(fill)
    assert await sqlite.read(look) == [(name, value) for name, value in kept if name in names and value in values]


async def test_a_short_list_is_looked_up_without_a_table(stranger: Any) -> None:
    asked: list[str] = []

    def note(_cursor: object, text: str, _values: object) -> bool:
        asked.append(text)
        return True

    stranger.exec_trace = note
    await SqliteTx(stranger, 0).rows(AMONG, ["a"], "x", ["1"])
    await SqliteTx(stranger, 0).rows(AMONG, ["a", "b", "c"], "x", ["1", "2"])
    await SqliteTx(stranger, 0).rows(AMONG, ["a", "b", "c", "d"], "x", ["1"])
    assert [text.count("json_each") for text in asked] == [0, 0, 1]


async def test_nothing_is_asked_where_there_is_no_row_to_write() -> None:
    asked: list[object] = []

    class Connection:
        def executemany(self, *given: object) -> None:
            asked.append(given)

    connection: Any = Connection()
    await SqliteTx(connection, 0).many(PUT, [])
    assert asked == []
    await SqliteTx(connection, 0).many(PUT, [("a", "1")])
    assert len(asked) == 1


@pytest.mark.parametrize("number", [0, 1, 7, 8, 9, 16, 21])
async def test_all_rows_are_inserted_whatever_their_number(sqlite: SqliteDatabase, number: int) -> None:
    twice = Sql("INSERT INTO facts (name, value) VALUES ($1, $2 || coalesce($1, ''))")
    rows = [(f"{no:02}", chr(97 + no)) for no in range(number)]

    async def fill(tx: Tx) -> None:
        await tx.many(twice, rows)

    await sqlite.transact(fill)
    kept = await sqlite.rows(Sql("SELECT name, value FROM facts ORDER BY name"))
    assert kept == [(name, letter + name) for name, letter in rows]


async def test_a_row_that_is_refused_among_many_leaves_none_of_them(sqlite: SqliteDatabase) -> None:
    async def fill(tx: Tx) -> None:
        await tx.many(PUT, [(str(no % 13), "") for no in range(20)])

    with pytest.raises(apsw.ConstraintError):
        await sqlite.transact(fill)
    assert await sqlite.read(count) == 0


async def test_what_does_more_than_insert_its_row_is_run_for_each_row(sqlite: SqliteDatabase) -> None:
    last_wins = Sql(
        "INSERT INTO facts (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = (excluded.value)"
    )
    double = Sql("UPDATE facts SET value = value || $1 WHERE name = $2")

    async def fill(tx: Tx) -> None:
        await tx.many(last_wins, [("a", str(no)) for no in range(20)])
        await tx.many(double, [(str(no), "a") for no in range(9)])

    await sqlite.transact(fill)
    assert await sqlite.rows(Sql("SELECT value FROM facts")) == [("19012345678",)]


async def test_a_transaction_that_waits_for_anything_else_is_refused_and_leaves_nothing(sqlite: SqliteDatabase) -> None:
    async def work(tx: Tx) -> None:
        await put(tx)
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="waited"):
        await sqlite.transact(work)
    assert await sqlite.read(count) == 0
    await sqlite.transact(put)
    assert await sqlite.read(count) == 1


def test_a_coroutine_is_driven_to_its_result_or_its_error() -> None:
    async def three() -> int:
        return 3

    async def broken() -> None:
        raise KeyError("x")

    assert drive(three()) == 3
    with pytest.raises(KeyError):
        drive(broken())


async def test_a_lock_of_another_process_is_waited_for_while_reads_go_on(sqlite: SqliteDatabase, stranger: Any) -> None:
    stranger.execute("BEGIN IMMEDIATE")
    writing = asyncio.ensure_future(sqlite.transact(put))
    await asyncio.sleep(0.05)
    assert not writing.done()
    assert await sqlite.read(count) == 0
    stranger.execute("COMMIT")
    await writing
    assert await sqlite.read(count) == 1


async def test_a_lock_that_is_never_given_up_is_a_refusal(
    sqlite: SqliteDatabase, stranger: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db_sqlite, "_BUSY_WAIT_S", 0.05)
    stranger.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseUnavailable):
        await sqlite.transact(put)
    stranger.execute("ROLLBACK")
    await sqlite.transact(put)
    assert await sqlite.read(count) == 1


async def test_a_full_disk_is_a_refusal_and_leaves_nothing(sqlite: SqliteDatabase) -> None:
    async def pages(tx: Tx) -> int:
        row = await tx.row(Sql("PRAGMA page_count"))
        assert row is not None
        return row[0]

    async def limit(tx: Tx) -> None:
        await tx.rows(Sql("PRAGMA max_page_count = 1"))

    async def fill(tx: Tx) -> None:
        for number in range(50):
            await tx.run(PUT, str(number), "x" * 4000)

    assert await sqlite.read(pages) > 1
    await sqlite.transact(limit)
    with pytest.raises(DatabaseUnavailable):
        await sqlite.transact(fill)
    assert await sqlite.read(count) == 0


async def test_a_read_that_the_database_refuses_is_a_refusal(sqlite: SqliteDatabase) -> None:
    async def look(tx: Tx) -> None:
        await tx.rows(Sql("SELECT 1 FROM nowhere"))

    for read in (sqlite.read, sqlite.read_long):
        with pytest.raises(DatabaseUnavailable):
            await read(look)
    assert await sqlite.read(count) == 0


async def test_what_is_committed_is_on_disk_and_references_are_kept(sqlite: SqliteDatabase) -> None:
    async def settings(tx: Tx) -> tuple[str, int, int]:
        rows = [await tx.row(Sql("PRAGMA journal_mode")), await tx.row(Sql("PRAGMA synchronous"))]
        rows.append(await tx.row(Sql("PRAGMA foreign_keys")))
        mode, synchronous, references = (row[0] for row in rows if row is not None)
        return mode, synchronous, references

    full, on = 2, 1
    assert await sqlite.transact(settings) == ("wal", full, on)


async def test_where_the_disk_is_fast_a_transaction_waits_for_no_turn_of_the_loop(sqlite: SqliteDatabase) -> None:
    writing = asyncio.ensure_future(sqlite.transact(put))
    await asyncio.sleep(0)
    assert writing.done()
    assert await sqlite.read(count) == 1


async def test_transactions_one_after_the_other_leave_the_others_their_turns(sqlite: SqliteDatabase) -> None:
    turns = 0

    async def take_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.ensure_future(take_turns())
    for number in range(5):
        await sqlite.transact(_putting(number))
    other.cancel()
    assert turns >= 4


async def test_on_a_slow_disk_a_caller_that_leaves_does_not_undo_its_transaction(
    on_a_slow_disk: SqliteDatabase,
) -> None:
    writing = asyncio.ensure_future(on_a_slow_disk.transact(put))
    await asyncio.sleep(0)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await on_a_slow_disk.transact(_putting(1))  # it has its turn after the one that was left
    assert await on_a_slow_disk.read(count) == 2


async def test_a_commit_in_its_thread_has_the_connection_to_itself_even_where_everything_is_cancelled(
    sqlite_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(SystemClock):
        def monotonic_s(self) -> float:
            if threading.current_thread() is not threading.main_thread():
                time.sleep(0.05)
            return super().monotonic_s()

    monkeypatch.setattr(db_sqlite, "_FAST_COMMIT_S", 0.0)
    sqlite = open_sqlite(str(sqlite_path), Slow())
    writing = asyncio.ensure_future(sqlite.transact(put))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    under_way = asyncio.all_tasks() - {asyncio.current_task()}
    for task in under_way:
        task.cancel()
    await asyncio.gather(writing, *under_way, return_exceptions=True)
    assert await sqlite.read(count) == 1
    await sqlite.transact(_putting(1))
    assert await sqlite.read(count) == 2
    await sqlite.close()


async def test_who_writes_on_a_fast_disk_waits_for_a_commit_that_is_under_way(
    on_a_slow_disk: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = asyncio.ensure_future(on_a_slow_disk.transact(put))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    monkeypatch.setattr(db_sqlite, "_FAST_COMMIT_S", 1.0)
    await on_a_slow_disk.transact(_putting(1))
    assert slow.done()
    assert await on_a_slow_disk.read(count) == 2


async def test_on_a_slow_disk_what_is_refused_leaves_nothing(on_a_slow_disk: SqliteDatabase) -> None:
    async def twice(tx: Tx) -> None:
        await put(tx)
        await tx.rows(Sql("SELECT 1 FROM nowhere"))

    with pytest.raises(DatabaseUnavailable):
        await on_a_slow_disk.transact(twice)
    await on_a_slow_disk.transact(put)
    assert await on_a_slow_disk.read(count) == 1


async def test_a_commit_under_way_does_not_hold_up_reads_or_the_loop(on_a_slow_disk: SqliteDatabase) -> None:
    sqlite = on_a_slow_disk
    writes = [asyncio.ensure_future(sqlite.transact(_putting(number))) for number in range(20)]
    seen: list[int] = []
    while not all(write.done() for write in writes):
        seen.append(await sqlite.read(count))
        await asyncio.sleep(0)
    assert seen == sorted(seen)
    assert await sqlite.read(count) == 20


def _putting(number: int) -> Any:
    async def work(tx: Tx) -> None:
        await tx.run(PUT, str(number), "")

    return work


@pytest.mark.parametrize(
    ("version", "fixed"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 9), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
        ((4, 0, 0), True),
        ((3, 7, 0), False),
    ],
)
def test_only_releases_with_the_fix_count_as_fixed(version: tuple[int, int, int], *, fixed: bool) -> None:
    assert is_fixed(version) == fixed


def test_a_folder_that_cannot_be_made_is_a_refusal(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseUnavailable):
        open_sqlite(str(tmp_path / "file" / "x.sqlite"), SystemClock())
