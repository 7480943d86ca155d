"""Databases to measure on: a folder of its own for SQLite and outputs, and a PostgreSQL that keeps its promises."""

import os
import shutil
import sys
import tempfile
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg  # pyright: ignore[reportMissingTypeStubs] - the driver ships no types
import msgspec
from cores import on, other_core

from apiinone.app import prepare_database
from apiinone.core.clock import SystemClock
from apiinone.db import Database, open_database
from apiinone.settings import Settings

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))
from databases import PostgresForTests as Postgres
from databases import run_apart

KEEP_FILES = "BENCH_KEEPS_FILES"
"""Set in the environment where someone else removes the files."""
POSTGRES_SETTINGS = {
    "listen_addresses": "''",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "50",
    "shared_buffers": "1GB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "30min",
}
_FREE = Settings(
    open_tasks_max=10**9,
    requests_per_minute_max=10**9,
)
"""The limits that would stop a client at full speed are counted as always, and lie out of its reach."""


@contextmanager
def data_folder() -> Generator[Path]:
    """A folder for one measurement, gone afterwards; run.py has them all go at its end (README.md says why)."""
    folder = Path(tempfile.mkdtemp(prefix="apiinone-bench-"))
    try:
        yield folder
    finally:
        if KEEP_FILES not in os.environ:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres() -> Generator[Postgres]:
    """A PostgreSQL on the other core, with fsync and synchronous commits."""
    with on(other_core()):
        server = Postgres(POSTGRES_SETTINGS)
    try:
        yield server
    finally:
        server.stop()


def postgres_version(server: Postgres) -> str:
    """The server's release."""
    return run_apart(_ask_version(server.url("postgres")))


def new_settings(folder: Path, server: Postgres | None = None, **changes: int | str) -> Settings:
    """Settings with an empty, migrated database: on the server, or in a file in the folder where there is none."""
    folder.mkdir(exist_ok=True)
    url = "" if server is None else server.url(server.create())
    settings = msgspec.structs.replace(_FREE, data_dir=str(folder), database_url=url, **changes)
    run_apart(prepare_database(settings))
    return settings


@asynccontextmanager
async def opened(settings: Settings) -> AsyncGenerator[Database]:
    """The database, to look at it beside a server."""
    database = await open_database(settings.database, SystemClock())
    try:
        yield database
    finally:
        await database.close()


async def _ask_version(url: str) -> str:
    connection = await asyncpg.connect(url)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    try:
        return str(await connection.fetchval("SHOW server_version"))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    finally:
        await connection.close()  # pyright: ignore[reportUnknownMemberType]
