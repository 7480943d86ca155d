"""SQLite: WAL, synchronous=FULL, one writing connection.

Statements run on the event loop: each takes microseconds, and handing each to a thread would cost more than it does.
Only a COMMIT on a slow disk runs in a thread, so that requests go on being read meanwhile and join the next one. A use
case is driven without an event loop: if it waits for anything but the database, that is a defect and raises.
"""

import asyncio
import importlib
import random
from collections.abc import Callable, Coroutine, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, TypeVar

from apiinone.core.boundary import transaction_mark
from apiinone.core.clock import Clock
from apiinone.core.errors import DatabaseUnavailable
from apiinone.db import Row, Sql, Value, Work
from apiinone.db_sqlite_binding import asked

if TYPE_CHECKING:
    import sqlite3

T = TypeVar("T")
FIXED_FROM = ((3, 51, 3), (3, 50, 7), (3, 44, 6))
"""Releases without the WAL-reset bug: the first of the line and the back-ports (sqlite.org, WAL-reset bug)."""

_BUSY_WAIT_S = 10.0
_FAST_COMMIT_S = 0.002
"""A thread's start and end on the event loop cost about as much as a commit this fast (ADR 0007)."""
_COMMIT_WEIGHT = 0.2
"""How much the newest commit counts in the running mean."""
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-16384",
    "PRAGMA wal_autocheckpoint=2000",
    "PRAGMA busy_timeout=0",
)
_NONE_FOR_NONE: dict[None, None] = {}
_BOUND_AS_THEY_ARE: tuple[tuple[type, Callable[[Any], Any]], ...] = ((NoneType, _NONE_FOR_NONE.get), (bytes, bytes))
"""What gives each back unchanged, without a line of Python. The driver asks every NULL and every BLOB whether it has
another form, which costs far more than binding it, unless it finds the answer here."""


@cache
def sqlite_module() -> Any:  # a driver without types
    """The driver to use: pysqlite3, whose wheel carries a fixed SQLite, else the standard library's."""
    try:
        module = importlib.import_module("pysqlite3")
    except ImportError:
        module = importlib.import_module("sqlite3")
    for kind, itself in _BOUND_AS_THEY_ARE:
        module.register_adapter(kind, itself)
    return module


def is_fixed(version: tuple[int, int, int]) -> bool:
    """Whether this SQLite release is free of the WAL-reset bug."""
    newest = FIXED_FROM[0]
    return version >= newest or any(version[:2] == fixed[:2] and version >= fixed for fixed in FIXED_FROM[1:])


def open_sqlite(path: str, clock: Clock) -> "SqliteDatabase":
    """Open (and create) the database file. Raises DatabaseUnavailable where the folder cannot be written."""
    module = sqlite_module()
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        return SqliteDatabase(module, path, clock)
    except (OSError, module.Error) as error:
        raise DatabaseUnavailable(f"the database file cannot be opened: {error}") from error


class SqliteDatabase:
    """One file, one writing connection, one connection for short reads and one for long ones."""

    engine = "sqlite"

    def __init__(self, module: Any, path: str, clock: Clock) -> None:
        """Open the connections; `module` is the driver."""
        self._module = module
        self._path = path
        self._clock = clock
        self._writer = _connect(module, path)
        self._reader = _connect_reading(module, path)
        self._lock = asyncio.Lock()
        self._listeners: list[Callable[[str], None]] = []
        self._commits = ThreadPoolExecutor(1, "commit")
        self._commit_s = 0.0
        self._ran_this_turn = False
        self._long_reads = ThreadPoolExecutor(1, "long-read")

    async def transact(self, work: Work[T]) -> T:
        """Run a use case and commit. The commit is not undone by a cancelled caller."""
        if self._ran_this_turn:  # who runs one after the other would leave nobody else a turn of the event loop
            await asyncio.sleep(0)
        if self._commits_here and not self._lock.locked() and self._begins():
            self._ran_this_turn = True
            asyncio.get_running_loop().call_soon(self._next_turn)
            return self._finished(work)  # nothing is waited for, so nobody can be cancelled meanwhile
        return await asyncio.shield(asyncio.ensure_future(self._transact(work)))

    async def rows(self, statement: Sql, *values: Value) -> list[Row]:
        """The rows of one statement, at once."""
        try:
            return self._reader.execute(*asked(statement, values)).fetchall()
        except self._module.OperationalError as error:
            raise DatabaseUnavailable(f"the database refused: {error}") from error

    async def read(self, work: Work[T]) -> T:
        """Run short reads on one snapshot, at once."""
        return self._snapshot(self._reader, work)

    async def read_long(self, work: Work[T]) -> T:
        """Run reads in a thread with a connection of its own, so that the event loop goes on."""
        return await asyncio.get_running_loop().run_in_executor(self._long_reads, self._read_alone, work)

    async def hint(self, words: str) -> None:
        """Tell this process's listeners; no other process works on the file."""
        for hear in self._listeners:
            hear(words)

    async def listen(self, hear: Callable[[str], None]) -> None:
        """Call `hear` with every hint from now on."""
        self._listeners.append(hear)

    async def close(self) -> None:
        """Wait for the transaction under way and close all connections."""
        async with self._lock:
            self._commits.shutdown()
            self._long_reads.shutdown()
            self._writer.close()
            self._reader.close()

    @property
    def _commits_here(self) -> bool:
        """Whether the disk answers faster than a thread could be woken."""
        return self._commit_s < _FAST_COMMIT_S

    def _next_turn(self) -> None:
        self._ran_this_turn = False

    def _finished(self, work: Work[T]) -> T:
        """Run what was begun, and commit."""
        with self._or_undone():
            result = self._driven(work)
            self._timed_commit()
        return result

    async def _transact(self, work: Work[T]) -> T:
        """The same with all its waits: for its turn, for another process, for the disk."""
        async with self._lock:
            await self._begin()
            with self._or_undone():
                result = self._driven(work)
                if self._commits_here:
                    self._timed_commit()
                else:
                    await self._commit_apart()
            return result

    async def _commit_apart(self) -> None:
        """Commit in the thread. Whatever happens meanwhile, nobody touches the connection before it has done so."""
        committing = self._commits.submit(self._timed_commit)
        try:
            await asyncio.shield(asyncio.wrap_future(committing))
        finally:
            committing.result()

    def _driven(self, work: Work[T]) -> T:
        with transaction_mark():
            return drive(work(SqliteTx(self._writer, self._clock.now_us())))

    @contextmanager
    def _or_undone(self) -> Generator[None]:
        """Roll back whatever does not come to its end. Raises DatabaseUnavailable where the database refuses."""
        try:
            yield
        except BaseException as error:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            if isinstance(error, self._module.OperationalError):
                raise DatabaseUnavailable(f"the database refused: {error}") from error
            raise

    def _timed_commit(self) -> None:
        began_s = self._clock.monotonic_s()
        self._writer.execute("COMMIT")
        took_s = self._clock.monotonic_s() - began_s
        self._commit_s += (took_s - self._commit_s) * _COMMIT_WEIGHT

    async def _begin(self) -> None:
        waited_s = 0.0
        while not self._begins():
            if waited_s > _BUSY_WAIT_S:
                raise DatabaseUnavailable("the database cannot be written: another process writes to it all the time")
            pause_s = random.uniform(0.001, 0.01)  # noqa: S311 - jitter
            waited_s += pause_s
            await asyncio.sleep(pause_s)

    def _begins(self) -> bool:
        """Begin to write; False while another process does. Raises DatabaseUnavailable."""
        try:
            self._writer.execute("BEGIN IMMEDIATE")
        except self._module.OperationalError as error:
            if "locked" in str(error):
                return False
            raise DatabaseUnavailable(f"the database cannot be written: {error}") from error
        return True

    def _snapshot(self, connection: "sqlite3.Connection", work: Work[T]) -> T:
        connection.execute("BEGIN")
        try:
            return drive(work(SqliteTx(connection, self._clock.now_us())))
        except self._module.OperationalError as error:
            raise DatabaseUnavailable(f"the database refused: {error}") from error
        finally:
            connection.execute("COMMIT")

    def _read_alone(self, work: Work[T]) -> T:
        try:
            connection = _connect_reading(self._module, self._path)
        except self._module.OperationalError as error:
            raise DatabaseUnavailable(f"the database cannot be opened for reading: {error}") from error
        try:
            return self._snapshot(connection, work)
        finally:
            connection.close()


class SqliteTx:
    """Statements on a connection that is inside BEGIN."""

    def __init__(self, connection: "sqlite3.Connection", now_us: int) -> None:
        """Take the connection and the moment the transaction began."""
        self._connection = connection
        self.now_us = now_us

    async def rows(self, statement: Sql, *values: Value) -> list[Row]:
        """All rows."""
        return self._connection.execute(*asked(statement, values)).fetchall()

    async def row(self, statement: Sql, *values: Value) -> Row | None:
        """The first row, or None."""
        return self._connection.execute(*asked(statement, values)).fetchone()

    async def run(self, statement: Sql, *values: Value) -> int:
        """How many rows it changed."""
        return self._connection.execute(*asked(statement, values)).rowcount

    async def many(self, statement: Sql, rows: Sequence[Sequence[Value]]) -> None:
        """Run once for each row of values."""
        if rows:
            self._connection.executemany(statement.sqlite, rows)  # pyright: ignore[reportArgumentType] - driver values


def drive(work: Any) -> Any:
    """Run a coroutine to its end without an event loop. Raises RuntimeError if it waits for anything."""
    coroutine: Coroutine[Any, Any, Any] = work
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    coroutine.close()
    raise RuntimeError("a transaction waited for something other than the database")


def _connect(module: Any, path: str) -> "sqlite3.Connection":
    connection = module.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=1024, **_without_mutex(module)
    )
    connection.execute("PRAGMA busy_timeout=5000")
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    return connection


def _without_mutex(module: Any) -> dict[str, int]:
    """A connection serves one thread at a time here, so that no call need take and give back a mutex.

    The standard library's driver cannot be told so.
    """
    try:
        return {"flags": module.SQLITE_OPEN_READWRITE | module.SQLITE_OPEN_CREATE | module.SQLITE_OPEN_NOMUTEX}
    except AttributeError:
        return {}


def _connect_reading(module: Any, path: str) -> "sqlite3.Connection":
    """A connection that cannot write: reads never change anything."""
    connection = _connect(module, path)
    connection.execute("PRAGMA query_only=ON")
    return connection
