"""How commands come to the database: whichever comes first makes and migrates it, and only one process writes SQLite.

On SQLite a command that writes takes the database's lock, or has the server that holds it carry the command out. On
PostgreSQL it writes itself. Commands that only read never need the lock.
"""

import asyncio
import os
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from apiinone.app import open_app
from apiinone.cli.file_systems import NETWORK_FILE_SYSTEMS, file_system_of
from apiinone.cli.preparing import prepare
from apiinone.cli.printing import say
from apiinone.control.asking import NobodyListens, ask
from apiinone.control.desk import Command
from apiinone.control.ownership import Ownership, Taken, take
from apiinone.core.clock import SystemClock
from apiinone.core.errors import DatabaseUnavailable
from apiinone.db import Database, open_database
from apiinone.front_desk import desk_of
from apiinone.migrate import revision
from apiinone.migrations import CURRENT_REVISION
from apiinone.settings import Settings, environment, read_settings

T = TypeVar("T")
SQLITE = "sqlite:///"
LOCK_WAIT_S = 10.0
"""How long a command waits for another one that is writing, or for a server that is starting or ending."""
_LOOK_EVERY_S = 0.05


def settings_now() -> Settings:
    """This process's settings. Raises SettingsError."""
    return read_settings(environment())


def sqlite_file(settings: Settings) -> Path | None:
    """The embedded database's file; None on PostgreSQL."""
    return Path(settings.database.removeprefix(SQLITE)) if settings.database.startswith(SQLITE) else None


@asynccontextmanager
async def holding_database(settings: Settings) -> AsyncGenerator[Ownership | None]:
    """Hold the embedded database for writing (None on PostgreSQL), once other commands have done with it.

    Raises Taken where a server holds it, or a command for too long.
    """
    make_folders(settings)
    path = sqlite_file(settings)
    ownership = None if path is None else await _taken(path)
    try:
        yield ownership
    finally:
        if ownership is not None:
            ownership.release()


@asynccontextmanager
async def reading(settings: Settings) -> AsyncGenerator[Database]:
    """The database, open for reading beside whoever writes; made or migrated first where that is needed."""
    make_folders(settings)
    path = sqlite_file(settings)
    if path is not None and not path.exists():
        say(f"there was no database at {path}; a new one was made")
        await _prepared(settings)
    database = await open_database(settings.database, SystemClock())
    try:
        if await revision(database) != CURRENT_REVISION:
            await _prepared(settings)
        yield database
    finally:
        await database.close()


async def carry_out(settings: Settings, command: Command[T]) -> T:
    """Have a command carried out, here or by the server that holds the database. Raises Refusal."""
    ends_s = time.monotonic() + LOCK_WAIT_S
    while True:
        try:
            async with holding_database(settings):
                return await _carried_out_here(settings, command)
        except Taken as taken:
            try:
                return await ask(taken.owner.socket, command)
            except NobodyListens:
                if time.monotonic() > ends_s:
                    raise DatabaseUnavailable(f"{taken}, and takes no commands") from taken
        await asyncio.sleep(_LOOK_EVERY_S)


def make_folders(settings: Settings) -> None:
    """The data folder and the database's, open to this user alone where they are new. Raises DatabaseUnavailable."""
    path = sqlite_file(settings)
    try:
        for folder in (settings.data_path, *(() if path is None else (path.parent,))):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise DatabaseUnavailable(f"the data folder {settings.data_path} cannot be made: {reason}") from error


async def _taken(path: Path) -> Ownership:
    kind = file_system_of(path.parent)
    if kind in NETWORK_FILE_SYSTEMS:
        raise DatabaseUnavailable(
            f"an embedded database gets damaged on {kind}, a network file system: use a local disk"
        )
    ends_s = time.monotonic() + LOCK_WAIT_S
    while True:
        try:
            return take(path)
        except Taken as taken:
            if taken.owner.socket or time.monotonic() > ends_s:
                raise
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            raise DatabaseUnavailable(f"the database's lock cannot be taken: {reason}") from error
        await asyncio.sleep(_LOOK_EVERY_S)


async def _prepared(settings: Settings) -> None:
    try:
        async with holding_database(settings):
            await prepare(settings)
    except Taken as taken:
        raise DatabaseUnavailable(f"{taken}, with another schema than this program's") from taken


async def _carried_out_here(settings: Settings, command: Command[T]) -> T:
    await prepare(settings)
    async with open_app(settings, environment()) as app:
        return await command.run(desk_of(app))
