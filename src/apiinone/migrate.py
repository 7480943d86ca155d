"""Bring a database to the revision this code needs, or refuse; never half way.

Alembic and SQLAlchemy are loaded only when there is something to do: a start-up with a current schema reads one row.
"""

import asyncio
import io
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
_BUSY_WAIT_MS = 5_000


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
    from alembic.util import CommandError  # noqa: PLC0415 - loaded only where something is to be migrated

    try:
        if url.startswith("sqlite:///"):
            await asyncio.to_thread(_migrate_sqlite, url)
        else:
            await _migrate_postgresql(url)
    except CommandError as error:
        raise SchemaMismatch(f"the database is at a revision that this program does not know: {error}") from error
    except Exception:
        if not await _is_current(url):  # else another process was faster
            raise


def planned_sql(url: str, since: str | None, until: str = "head") -> str:
    """The statements that lead from revision `since` (None: an empty database) to another, also for operators to read.

    Raises alembic's CommandError for a revision that this program does not know.
    """
    from alembic import command  # noqa: PLC0415 - loaded only where something is to be migrated

    output = io.StringIO()
    dialect = "sqlite" if url.startswith("sqlite") else "postgresql"
    config = _config(dialect=dialect)
    config.output_buffer = output
    command.upgrade(config, f"{since or 'base'}:{until}", sql=True)
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


def _migrate_sqlite(url: str) -> None:
    """As a script, in a transaction that has the file to itself from before it looks what is missing."""
    import apsw  # noqa: PLC0415 - one driver is loaded, not both

    path = Path(url.removeprefix("sqlite:///"))
    path.parent.mkdir(parents=True, exist_ok=True)
    connection: Any = apsw.Connection(str(path))  # its stubs need Python 3.12
    try:
        connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 0)  # scripts may change the schema's own text
        connection.set_busy_timeout(_BUSY_WAIT_MS)
        connection.execute("BEGIN IMMEDIATE")
        known = connection.execute(_HAS_VERSION.sqlite).fetchone()
        found = None if known is None else connection.execute(_VERSION.sqlite).fetchone()
        script = planned_sql(url, None if found is None else str(found[0]))
        connection.execute(script).fetchall()  # else it would stop at the first statement that gives a row
        connection.execute("COMMIT")
    finally:
        connection.close()  # what was not committed is undone


async def _migrate_postgresql(url: str) -> None:
    from alembic import command  # noqa: PLC0415 - loaded only where something is to be migrated
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415 - as above

    def upgrade(connection: Any) -> None:
        command.upgrade(_config(connection=connection), "head")

    engine = create_async_engine("postgresql+asyncpg://" + url.split("://", 1)[1])
    try:
        async with engine.begin() as connection:
            await connection.run_sync(upgrade)
    finally:
        await engine.dispose()
