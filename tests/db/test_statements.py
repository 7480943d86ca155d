"""Every statement of the product is one that both engines understand."""

import asyncio
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import apsw
import asyncpg  # pyright: ignore[reportMissingTypeStubs] - the driver ships no types
import pytest

import apiinone
from apiinone.core.clock import SystemClock
from apiinone.db import Sql
from apiinone.db_sqlite import open_sqlite
from apiinone.db_sqlite_binding import ROWS_AT_ONCE

NOT_IMPORTED = ("apiinone.__main__", "apiinone.migrations.")
STATEMENTS_MIN = 80
WRITTEN_FOR_EVERY_TASK = frozenset(
    {
        "tasks",
        "task_inputs",
        "attempts",
        "outputs",
        "chat_records",
        "holds",
        "hold_slices",
        "entries",
        "settlements",
        "balances",
        "key_loads",
        "usage_days",
        "deliveries",
    }
)


def _modules() -> Iterator[str]:
    for found in pkgutil.walk_packages(apiinone.__path__, "apiinone."):
        if not found.name.startswith(NOT_IMPORTED):
            yield found.name


def _statements() -> dict[str, Sql]:
    found: dict[str, Sql] = {}
    for module in _modules():
        for name, value in vars(importlib.import_module(module)).items():
            values = cast("tuple[object, ...]", value) if isinstance(value, tuple) else (value,)
            for number, one in enumerate(values):
                if isinstance(one, Sql):
                    found.setdefault(f"{module}.{name}[{number}]", one)
    return found


STATEMENTS = _statements()


def test_the_statements_were_found() -> None:
    assert len(STATEMENTS) >= STATEMENTS_MIN


async def test_postgresql_understands_every_statement(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    refused: dict[str, str] = {}
    for name, statement in STATEMENTS.items():
        try:
            await connection.prepare(statement.postgresql)  # pyright: ignore[reportUnknownMemberType]
        except asyncpg.PostgresError as error:
            refused[name] = str(error)
    await connection.close()  # pyright: ignore[reportUnknownMemberType]
    assert refused == {}


def test_sqlite_understands_every_statement(sqlite_path: Path) -> None:
    connection: Any = apsw.Connection(str(sqlite_path))
    refused: dict[str, str] = {}
    for name, statement in STATEMENTS.items():
        if "pg_" in statement.sqlite:
            continue  # what only a PostgreSQL is asked
        values = [None] * max([n for n in range(40) if f"?{n}" in statement.sqlite], default=0)
        try:
            connection.execute(f"EXPLAIN {statement.sqlite}", values)
        except apsw.Error as error:
            refused[name] = str(error)
    connection.close()
    assert refused == {}


def test_no_word_of_postgresql_alone_is_left_for_sqlite() -> None:
    left = {
        name
        for name, statement in STATEMENTS.items()
        for word in ("FOR UPDATE", "FOR SHARE", "::", "ANY(", "$")
        if word in statement.sqlite
    }
    assert left == set()


@pytest.mark.parametrize(
    ("postgresql", "sqlite"),
    [
        ("SELECT a FROM t WHERE b = $1 AND c = $12", "SELECT a FROM t WHERE b = ?1 AND c = ?12"),
        ("SELECT a FROM t WHERE b = $1::bigint", "SELECT a FROM t WHERE b = ?1"),
        (
            "SELECT a FROM t WHERE b = ANY($2::text[]) ORDER BY a FOR UPDATE SKIP LOCKED",
            "SELECT a FROM t WHERE b IN (SELECT value FROM json_each(?2)) ORDER BY a",
        ),
        ("SELECT a FROM t FOR UPDATE OF t", "SELECT a FROM t"),
        ("SELECT 1 WHERE a IN (SELECT b FROM t FOR UPDATE)", "SELECT 1 WHERE a IN (SELECT b FROM t)"),
    ],
)
def test_the_words_for_sqlite_follow_from_those_for_postgresql(postgresql: str, sqlite: str) -> None:
    assert Sql(postgresql).sqlite == sqlite  # pyright: ignore[reportArgumentType] - literals of this test


def test_no_row_written_for_every_task_makes_sqlite_build_a_table_to_check_it(sqlite_path: Path) -> None:
    connection: Any = apsw.Connection(str(sqlite_path))
    found: dict[str, str] = {}
    for name, statement in STATEMENTS.items():
        words = statement.sqlite.split()
        table = words[2] if words[0] == "INSERT" else words[1] if words[0] == "UPDATE" else ""
        if table in WRITTEN_FOR_EVERY_TASK and " IN (" not in statement.sqlite:  # those name many rows at once
            for text in filter(None, (statement.sqlite, statement.sqlite_of_rows(ROWS_AT_ONCE))):
                values = [None] * max((int(number) for number in re.findall(r"\?(\d+)", text)), default=0)
                steps = connection.execute(f"EXPLAIN {text}", values).fetchall()
                found[f"{name}: {text[:14]}"] = ", ".join(step[1] for step in steps if step[1] == "OpenEphemeral")
    connection.close()
    assert len(found) >= len(WRITTEN_FOR_EVERY_TASK)
    assert sum("INSERT OR FAIL" in name for name in found) >= len(WRITTEN_FOR_EVERY_TASK)  # several rows at once
    assert {name: steps for name, steps in found.items() if steps} == {}


def test_no_statement_that_only_reads_is_planned_anew_for_each_value_bound_to_it(sqlite_path: Path) -> None:
    planned: list[object] = []

    def note(*asked: object) -> int:
        planned.append(asked)
        return apsw.SQLITE_OK

    database = open_sqlite(str(sqlite_path), SystemClock())
    connection: Any = database._reader  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    connection.authorizer = note  # which is asked whenever a statement is planned
    again: list[str] = []
    reads = [statement.sqlite for statement in STATEMENTS.values() if statement.sqlite.startswith("SELECT")]
    for text in reads:
        if "pg_" in text or "information_schema" in text:
            continue
        most = max([number for number in range(40) if f"?{number}" in text], default=0)
        connection.execute(text, [1] * most).fetchall()
        planned.clear()
        connection.execute(text, [2] * most).fetchall()
        again += [text] if planned else []
    asyncio.run(database.close())
    assert len(reads) > 100
    assert again == []
