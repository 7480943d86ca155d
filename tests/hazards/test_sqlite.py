"""Hazards 30 and 31: releases of SQLite, and writes that say so when they begin."""

from pathlib import Path
from typing import Any

import apsw

from apiinone.core.clock import SystemClock
from apiinone.db import Sql, Tx
from apiinone.db_sqlite import open_sqlite
from apiinone.db_sqlite_connection import is_fixed, sqlite_release

PUT = Sql("INSERT INTO facts (name, value) VALUES ($1, '')")
ALL = Sql("SELECT name FROM facts")


def test_a_release_with_the_wal_reset_bug_is_recognised() -> None:
    assert is_fixed(sqlite_release())
    assert [is_fixed(version) for version in ((3, 51, 2), (3, 50, 6), (3, 44, 5), (3, 40, 1))] == [False] * 4
    assert [is_fixed(version) for version in ((3, 51, 3), (3, 50, 7), (3, 44, 6))] == [True] * 3


async def test_a_write_is_one_from_its_beginning(sqlite_path: Path) -> None:
    """A read that turns into a write after someone else wrote would fail at once, however long one waits."""
    database = open_sqlite(str(sqlite_path), SystemClock())
    other: Any = apsw.Connection(str(sqlite_path))
    refused = False

    async def read_then_write(tx: Tx) -> None:
        nonlocal refused
        await tx.rows(ALL)
        try:
            other.execute("INSERT INTO facts (name, value) VALUES ('stranger', '')")
        except apsw.BusyError:
            refused = True
        await tx.run(PUT, "own")

    other.execute("PRAGMA busy_timeout = 0")
    await database.transact(read_then_write)
    assert refused
    other.close()
    await database.close()
