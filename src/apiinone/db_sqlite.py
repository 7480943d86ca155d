"""SQLite: WAL, synchronous=FULL, one writing connection.

Statements run on the event loop: each takes microseconds, and handing each to a thread would cost more than it does.
Only a COMMIT on a slow disk runs in a thread, so that requests go on being read meanwhile and join the next one. A use
case is driven without an event loop: if it waits for anything but the database, that is a defect and raises.
"""

import asyncio
import random
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

import apsw

from apiinone.core.boundary import TransactionMark
from apiinone.core.clock import Clock
from apiinone.core.errors import DatabaseUnavailable
from apiinone.db import Row, Sql, Value, Work
from apiinone.db_sqlite_binding import ROWS_AT_ONCE, asked, inserted_together
from apiinone.db_sqlite_connection import Connection, connect, connect_reading

T = TypeVar("T")
REFUSALS: Final = (
    apsw.AbortError,
    apsw.BusyError,
    apsw.CantOpenError,
    apsw.FullError,
    apsw.IOError,
    apsw.InterruptError,
    apsw.LockedError,
    apsw.PermissionsError,
    apsw.ProtocolError,
    apsw.ReadOnlyError,
    apsw.SQLError,
    apsw.SchemaChangeError,
)
"""What the file, its disk or another process is to blame for, and what the database does not understand."""

_BUSY_WAIT_S = 10.0
_FAST_COMMIT_S = 0.002
"""A thread's start and end on the event loop cost about as much as a commit this fast (ADR 0007)."""
_COMMIT_WEIGHT = 0.2
"""How much the newest commit counts in the running mean."""


def open_sqlite(path: str, clock: Clock) -> "SqliteDatabase":
    """Open (and create) the database file. Raises DatabaseUnavailable where the folder cannot be written."""
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        return SqliteDatabase(path, clock)
    except (OSError, apsw.Error) as error:
        raise DatabaseUnavailable(f"the database file cannot be opened: {error}") from error


class SqliteDatabase:
    """One file, one writing connection, one connection for short reads and one for long ones."""

    engine = "sqlite"

    def __init__(self, path: str, clock: Clock) -> None:
        """Open the connections."""
        self._path = path
        self._clock = clock
        self._writer = connect(path)
        self._reader = connect_reading(path)
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
        except REFUSALS as error:
            raise DatabaseUnavailable(f"the database refused: {error}") from error

    async def rows_now(self, statement: Sql, *values: Value) -> list[Row]:
        """The same at this moment."""
        return await self.rows(statement, self._clock.now_us(), *values)

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
        try:
            result = self._driven(work)
            self._timed_commit()
        except BaseException as error:
            self._undo(error)
            raise
        return result

    async def _transact(self, work: Work[T]) -> T:
        """The same with all its waits: for its turn, for another process, for the disk."""
        async with self._lock:
            await self._begin()
            try:
                result = self._driven(work)
                if self._commits_here:
                    self._timed_commit()
                else:
                    await self._commit_apart()
            except BaseException as error:
                self._undo(error)
                raise
            return result

    async def _commit_apart(self) -> None:
        """Commit in the thread. Whatever happens meanwhile, nobody touches the connection before it has done so."""
        committing = self._commits.submit(self._timed_commit)
        try:
            await asyncio.shield(asyncio.wrap_future(committing))
        finally:
            committing.result()

    def _driven(self, work: Work[T]) -> T:
        with TransactionMark():
            return drive(work(SqliteTx(self._writer, self._clock.now_us())))

    def _undo(self, why: BaseException) -> None:
        """Roll back what does not come to its end. Raises DatabaseUnavailable where the database refused."""
        if self._writer.in_transaction:
            self._writer.execute("ROLLBACK")
        if isinstance(why, REFUSALS):
            raise DatabaseUnavailable(f"the database refused: {why}") from why

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
        except apsw.BusyError:
            return False
        except REFUSALS as error:
            raise DatabaseUnavailable(f"the database cannot be written: {error}") from error
        return True

    def _snapshot(self, connection: Connection, work: Work[T]) -> T:
        connection.execute("BEGIN")
        try:
            return drive(work(SqliteTx(connection, self._clock.now_us())))
        except REFUSALS as error:
            raise DatabaseUnavailable(f"the database refused: {error}") from error
        finally:
            connection.execute("COMMIT")

    def _read_alone(self, work: Work[T]) -> T:
        try:
            connection = connect_reading(self._path)
        except REFUSALS as error:
            raise DatabaseUnavailable(f"the database cannot be opened for reading: {error}") from error
        try:
            return self._snapshot(connection, work)
        finally:
            connection.close()


class SqliteTx:
    """Statements on a connection that is inside BEGIN."""

    def __init__(self, connection: Connection, now_us: int) -> None:
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
        self._connection.execute(*asked(statement, values))
        return self._connection.changes()

    async def many(self, statement: Sql, rows: Sequence[Sequence[Value]]) -> None:
        """Run once for each row of values."""
        if not rows:
            return
        together = 0
        if len(rows) >= ROWS_AT_ONCE:
            for text, values in inserted_together(statement, rows):
                self._connection.execute(text, values)
                together += ROWS_AT_ONCE
        self._connection.executemany(statement.sqlite, rows[together:])  # pyright: ignore[reportArgumentType] - driver values


def drive(work: Any) -> Any:
    """Run a coroutine to its end without an event loop. Raises RuntimeError if it waits for anything."""
    coroutine: Coroutine[Any, Any, Any] = work
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    coroutine.close()
    raise RuntimeError("a transaction waited for something other than the database")
