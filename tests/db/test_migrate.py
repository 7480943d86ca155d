"""A database comes to the right revision, or stays exactly what it was."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import apsw
import asyncpg  # pyright: ignore[reportMissingTypeStubs] - the driver ships no types
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from apiinone import migrate as migrating
from apiinone.core.clock import SystemClock
from apiinone.db import Database, Sql, Tx, open_database
from apiinone.migrate import SchemaMismatch, migrate, planned_sql, refuse_other_revision, revision
from apiinone.migrations import CURRENT_REVISION
from apiinone.schema import metadata
from schema_in_use import tables_in_use, with_connection

FOREIGN = Sql("CREATE TABLE workers (theirs text)")
PUT = Sql("INSERT INTO workers (theirs) VALUES ('kept')")
KEPT = Sql("SELECT theirs FROM workers")
OTHER_REVISION = Sql("UPDATE alembic_version SET version_num = '9999'")
OUTPUT = Sql(
    "INSERT INTO outputs (task_id, output_no, mode, account_id, storage_key, content_type, bytes, width, height,"
    " sha256) VALUES ('t', 0, 'test', 'a', 'k', 'image/png', 3, 40, 30, '00')"
)
OUTPUTS = Sql("SELECT task_id, width, height, duration_ms, expires_us, sha256 FROM outputs")
TASKS_IN_WORDS = Sql("SELECT sql FROM sqlite_master WHERE name = 'tasks'")
MIGRATE = "import asyncio, sys; from apiinone.migrate import migrate; asyncio.run(migrate(sys.argv[1]))"


async def on(database_url: str, act: Callable[[Database], Awaitable[None]]) -> None:
    database = await open_database(database_url, SystemClock())
    try:
        await act(database)
    finally:
        await database.close()


async def run(database: Database, *statements: Sql) -> None:
    async def work(tx: Tx) -> None:
        for statement in statements:
            await tx.run(statement) if statement in (PUT, OUTPUT) else await tx.rows(statement)

    await database.transact(work)


async def test_an_empty_database_becomes_current_and_then_stays_as_it_is(empty_database_url: str) -> None:
    async def act(database: Database) -> None:
        assert await revision(database) is None
        with pytest.raises(SchemaMismatch):
            await refuse_other_revision(database)
        for _ in range(2):
            await migrate(empty_database_url)
            assert await revision(database) == CURRENT_REVISION
            await refuse_other_revision(database)

    await on(empty_database_url, act)


async def test_a_database_of_a_newer_program_is_refused_and_left_alone(database_url: str) -> None:
    async def act(database: Database) -> None:
        await run(database, OTHER_REVISION)
        with pytest.raises(SchemaMismatch, match="9999"):
            await refuse_other_revision(database)
        with pytest.raises(SchemaMismatch, match="9999"):
            await migrate(database_url)
        assert await revision(database) == "9999"

    await on(database_url, act)


async def test_a_script_that_fails_half_way_leaves_the_schema_as_it_was(empty_database_url: str) -> None:
    async def act(database: Database) -> None:
        await run(database, FOREIGN, PUT)
        with pytest.raises(Exception, match="workers"):
            await migrate(empty_database_url)
        assert await revision(database) is None

        async def look(tx: Tx) -> list[str]:
            return [row[0] for row in await tx.rows(KEPT)]

        assert await database.read(look) == ["kept"]

    await on(empty_database_url, act)
    tables = await asyncio.to_thread(tables_in_use, empty_database_url)
    assert tables.keys() == {"workers"}


async def test_two_that_migrate_at_once_both_find_it_done(empty_database_url: str) -> None:
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", MIGRATE, empty_database_url) for _ in range(2)
    ]
    assert [await process.wait() for process in processes] == [0, 0]
    await on(empty_database_url, refuse_other_revision)


def test_what_would_be_run_can_be_read_before(database_url: str) -> None:
    words = planned_sql(database_url, None)
    assert [name for name in metadata.tables if f"CREATE TABLE {name} " not in words] == []
    assert planned_sql(database_url, CURRENT_REVISION).strip().upper() in {"", "BEGIN;\n\nCOMMIT;"}


def test_this_code_needs_the_newest_script() -> None:
    scripts = ScriptDirectory.from_config(migrating._config())  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    assert scripts.get_current_head() == CURRENT_REVISION


def test_alembic_finds_nothing_to_change(database_url: str) -> None:
    def compare(connection: Connection) -> list[object]:
        found = compare_metadata(MigrationContext.configure(connection), metadata)
        return [one for one in found if "alembic_version" not in str(one)]

    assert with_connection(database_url, compare) == []


async def test_outputs_made_before_they_could_last_are_kept(empty_database_url: str) -> None:
    async def put(database: Database) -> None:
        await run(database, OUTPUT)

    async def look(database: Database) -> None:
        assert await database.rows(OUTPUTS) == [("t", 40, 30, None, None, "00")]

    await brought_to(empty_database_url, "0001")
    await on(empty_database_url, put)
    await migrate(empty_database_url)
    await on(empty_database_url, look)


@pytest.mark.parametrize("empty_database_url", ["sqlite"], indirect=True)
async def test_an_sqlite_that_protects_its_schema_lets_a_migration_change_its_words(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def protect(connection: apsw.Connection) -> None:
        connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)

    monkeypatch.setattr(apsw, "connection_hooks", [protect])
    await migrate(empty_database_url)

    async def look(database: Database) -> None:
        ((words,),) = await database.rows(TASKS_IN_WORDS)
        assert ("state IN (" in words, "state = 'queued' OR" in words) == (False, True)

    await on(empty_database_url, look)


@pytest.mark.parametrize("empty_database_url", ["sqlite"], indirect=True)
async def test_a_script_goes_on_behind_a_statement_that_gives_rows(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = migrating.planned_sql

    def with_a_row(url: str, since: str | None) -> str:
        return "SELECT 1;\n" + planned(url, since)

    monkeypatch.setattr(migrating, "planned_sql", with_a_row)
    await migrate(empty_database_url)
    await on(empty_database_url, refuse_other_revision)


async def brought_to(database_url: str, revision: str) -> None:
    script = planned_sql(database_url, None, revision)
    if database_url.startswith("sqlite"):
        file: Any = apsw.Connection(database_url.removeprefix("sqlite:///"))
        file.execute(script).fetchall()
        file.close()
        return
    connection = await asyncpg.connect(database_url)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    await connection.execute(script)  # pyright: ignore[reportUnknownMemberType]
    await connection.close()  # pyright: ignore[reportUnknownMemberType]
