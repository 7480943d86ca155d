"""Bring the database to this program's revision before anything is served, or serve nothing.

An empty database is made. An older one is migrated, on SQLite after a copy of the file was put beside it. A newer one
is refused: this program does not know what its rows mean.
"""

from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from apiinone.cli.copying import copy_database
from apiinone.core.clock import SystemClock
from apiinone.core.errors import DatabaseUnavailable
from apiinone.db import open_database
from apiinone.migrate import SchemaMismatch, migrate, revision
from apiinone.migrations import CURRENT_REVISION
from apiinone.settings import Settings


class Current(Struct, frozen=True):
    """There was nothing to do."""


class Made(Struct, frozen=True):
    """There was no schema before."""


class Migrated(Struct, frozen=True):
    """It was at an older revision. `copy` is the file as it was before; None on PostgreSQL."""

    since: str
    copy: Path | None


Prepared = Current | Made | Migrated


async def prepare(settings: Settings) -> Prepared:
    """Do what is needed; the caller holds the embedded database. Raises SchemaMismatch, DatabaseUnavailable."""
    found = await revision_of(settings)
    if found == CURRENT_REVISION:
        return Current()
    if found is None:
        await _migrated(settings)
        return Made()
    refuse_newer(found)
    copy = _copied(settings, found)
    await _migrated(settings)
    return Migrated(found, copy)


async def revision_of(settings: Settings) -> str | None:
    """The database's revision; None for an empty one. Raises DatabaseUnavailable."""
    database = await open_database(settings.database, SystemClock())
    try:
        return await revision(database)
    finally:
        await database.close()


def refuse_newer(found: str) -> None:
    """Raise SchemaMismatch for a revision that this program does not know: they are numbered upwards."""
    if found > CURRENT_REVISION:
        raise SchemaMismatch(
            f"the database is at revision {found}; this program knows {CURRENT_REVISION}. Run a newer release."
        )


def _copied(settings: Settings, found: str) -> Path | None:
    if not settings.database.startswith("sqlite:///"):
        return None
    path = Path(settings.database.removeprefix("sqlite:///"))
    copy = path.with_name(f"{path.name}.{found}.{datetime.now(UTC):%Y%m%dT%H%M%S}.backup")
    copy_database(path, copy)
    return copy


async def _migrated(settings: Settings) -> None:
    try:
        await migrate(settings.database)
    except Exception as error:
        if await revision_of(settings) == CURRENT_REVISION:
            return  # another process on the same PostgreSQL was quicker
        said = str(error).partition("\n")[0]
        raise DatabaseUnavailable(f"the migration failed, nothing is served: {said}") from error
