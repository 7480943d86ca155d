"""Bring a database to the revision this code needs, or refuse; never half way.

Alembic and SQLAlchemy are loaded only when there is something to do: a start-up with a current schema reads one row.
"""

import asyncio
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from apiinone.core.clock import SystemClock
from apiinone.core.errors import DatabaseUnavailable
from apiinone.db import Database, Sql, Tx, open_database
from apiinone.migrations import CURRENT_REVISION

_HAS_VERSION = Sql(
    "SELECT 1 FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = 'alembic_version'",
    sqlite="SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'",
)
_VERSION = Sql("SELECT version_num FROM alembic_version")


class SchemaMismatch(DatabaseUnavailable):
    """The database is not at the revision this code needs."""


async def revision(database: Database) -> str | None:
    """The revision the database is at; None for an empty one."""

    async def look(tx: Tx) -> str | None:
        if await tx.row(_HAS_VERSION) is None:
            return None
        row = await tx.row(_VERSION)
        return None if row is None else str(row[0])

    return await database.read(look)


async def refuse_other_revision(database: Database) -> None:
    """Raise SchemaMismatch unless the database is at exactly the revision this code needs."""
    found = await revision(database)
    if found != CURRENT_REVISION:
        raise SchemaMismatch(
            f"the database is at revision {found or 'none'}, not {CURRENT_REVISION}: run `apiinone migrate`"
        )


async def migrate(url: str) -> None:
    """Run what is missing, all of it in one transaction: whatever a script raises leaves the schema as it was.

    Another process may do the same at the same time. Raises SchemaMismatch for a database of a newer program.
    """
    from alembic import command  # noqa: PLC0415 - loaded only where something is to be migrated
    from alembic.util import CommandError  # noqa: PLC0415 - as above

    def upgrade(connection: Any) -> None:
        command.upgrade(_config(connection=connection), "head")

    try:
        await _with_connection(url, upgrade)
    except CommandError as error:
        raise SchemaMismatch(f"the database is at a revision that this program does not know: {error}") from error
    except Exception:
        if not await _is_current(url):  # else another process was faster
            raise


def planned_sql(url: str, since: str | None) -> str:
    """The statements `migrate` would run from revision `since` on, for an operator to read first."""
    from alembic import command  # noqa: PLC0415 - loaded only where something is to be migrated

    output = io.StringIO()
    dialect = "sqlite" if url.startswith("sqlite") else "postgresql"
    config = _config(dialect=dialect)
    config.output_buffer = output
    command.upgrade(config, f"{since or 'base'}:head", sql=True)
    return output.getvalue()


async def _is_current(url: str) -> bool:
    database = await open_database(url, SystemClock())
    try:
        return await revision(database) == CURRENT_REVISION
    finally:
        await database.close()


def _config(**attributes: Any) -> Any:
    from alembic.config import Config  # noqa: PLC0415 - loaded only where something is to be migrated

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes.update(attributes)
    return config


async def _with_connection(url: str, act: Callable[[Any], None]) -> None:
    if url.startswith("sqlite:///"):
        await asyncio.to_thread(_with_sqlite, url, act)
        return
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415 - as above

    engine = create_async_engine("postgresql+asyncpg://" + url.split("://", 1)[1])
    try:
        async with engine.begin() as connection:
            await connection.run_sync(act)
    finally:
        await engine.dispose()


def _with_sqlite(url: str, act: Callable[[Any], None]) -> None:
    from sqlalchemy import create_engine, event  # noqa: PLC0415 - as above

    from apiinone.db_sqlite import sqlite_module  # noqa: PLC0415 - as above

    Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, module=sqlite_module(), connect_args={"isolation_level": None})
    # The driver itself would not begin a transaction before CREATE TABLE.
    event.listen(engine, "begin", _begin_immediate)
    try:
        with engine.begin() as connection:
            act(connection)
    finally:
        engine.dispose()


def _begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
