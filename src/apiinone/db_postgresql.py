"""PostgreSQL through asyncpg: a small pool, READ COMMITTED, time limits on everything."""

import asyncio
import random
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import asyncpg  # pyright: ignore[reportMissingTypeStubs] - the driver ships no types

from apiinone.core.boundary import TransactionMark
from apiinone.core.errors import DatabaseUnavailable
from apiinone.db import CommitInDoubt, Row, Sql, Value, Work

T = TypeVar("T")
_TRIES_MAX = 6
_CONNECTIONS_MAX = 12
_ACQUIRE_TIMEOUT_S = 5.0
_SERVER_SETTINGS = {
    "application_name": "apiinone",
    "lock_timeout": "10000",
    "statement_timeout": "30000",
    "idle_in_transaction_session_timeout": "5000",  # a process that froze keeps its locks no longer
    "jit": "off",
}
_BEGIN_WRITE = "BEGIN ISOLATION LEVEL READ COMMITTED"
_BEGIN_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_CHANNEL = "apiinone"
_NOW = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
_NOW_AND_XID = _NOW + ", pg_current_xact_id()::text"
_DOUBT_TRIES_MAX = 40
_DOUBT_PAUSE_S = 0.25
_LOST = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, ConnectionError, OSError, TimeoutError)
_UNABLE = (
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,
)
"""What the server will not do now: a time limit, a shutdown, a full disk, a standby. No fault of any statement."""
_AGAIN = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError)


class _CommitLost(Exception):
    """COMMIT was sent and not answered. The transaction's id tells later whether it happened."""

    def __init__(self, xid: str, result: Any) -> None:
        super().__init__("the commit was not answered")
        self.xid = xid
        self.result = result


async def open_postgresql(url: str) -> "PostgresDatabase":
    """Open a pool. Raises DatabaseUnavailable where the server does not answer or refuses."""
    try:
        pool: Any = await asyncpg.create_pool(  # pyright: ignore[reportUnknownMemberType]
            url,
            min_size=1,
            max_size=_CONNECTIONS_MAX,
            statement_cache_size=512,
            command_timeout=35,
            timeout=_ACQUIRE_TIMEOUT_S,
            server_settings=_SERVER_SETTINGS,
            reset=_nothing_to_reset,
        )
    except asyncpg.InvalidCatalogNameError as error:
        raise DatabaseUnavailable("the database server has no database of that name") from error
    except asyncpg.InvalidAuthorizationSpecificationError as error:
        raise DatabaseUnavailable("the database server does not let this user in with this password") from error
    except (*_LOST, asyncpg.PostgresError, ValueError) as error:
        raise DatabaseUnavailable(f"the database does not answer: {type(error).__name__}") from error
    return PostgresDatabase(pool)


async def _nothing_to_reset(_connection: Any) -> None:
    """Statements leave nothing in their session but the transaction, and the pool itself ends one that was left open.

    By itself it asks the server each time to undo whatever a session may have set: one exchange in five.
    """


class PostgresDatabase:
    """A pool of connections; every transaction takes one."""

    engine = "postgresql"

    def __init__(self, pool: Any) -> None:
        """Take the pool."""
        self._pool = pool
        self._name = secrets.token_hex(8)
        self._listeners: list[Callable[[str], None]] = []
        self._ear: Any = None

    async def transact(self, work: Work[T]) -> T:
        """Run a use case and commit. The commit is not undone by a cancelled caller."""
        return await asyncio.shield(asyncio.ensure_future(self._transact(work)))

    async def rows(self, statement: Sql, *values: Value) -> list[Row]:
        """The rows of one statement, in one exchange with the server."""
        return await self._fetched(statement.postgresql, values)

    async def rows_now(self, statement: Sql, *values: Value) -> list[Row]:
        """The same; the server puts its time in by itself."""
        return await self._fetched(statement.postgresql_by_now(), values)

    async def read(self, work: Work[T]) -> T:
        """Run reads on one snapshot."""
        return await self._once(work, _BEGIN_READ)

    async def read_long(self, work: Work[T]) -> T:
        """The server does the work; nothing of ours is held up."""
        return await self.read(work)

    async def hint(self, words: str) -> None:
        """Tell this process's listeners at once, and the others by NOTIFY."""
        for hear in self._listeners:
            hear(words)
        try:
            await self._pool.execute("SELECT pg_notify($1, $2)", _CHANNEL, f"{self._name} {words}")
        except (*_LOST, asyncpg.PostgresError):
            return

    async def listen(self, hear: Callable[[str], None]) -> None:
        """Call `hear` with every hint from now on. Where the connection is lost, hints stop; polls go on."""
        self._listeners.append(hear)
        if self._ear is None:
            self._ear = await self._pool.acquire()
            await self._ear.add_listener(_CHANNEL, self._heard)

    def _heard(self, *words: str) -> None:
        sender, _, rest = str(words[-1]).partition(" ")
        if sender != self._name:
            for hear in self._listeners:
                hear(rest)

    async def close(self) -> None:
        """Close the pool once its connections are free."""
        if self._ear is not None:
            await self._ear.remove_listener(_CHANNEL, self._heard)
            await self._pool.release(self._ear)
        await self._pool.close()

    async def _transact(self, work: Work[T]) -> T:
        for attempt in range(1, _TRIES_MAX + 1):
            try:
                return await self._once(work, _BEGIN_WRITE)
            except _CommitLost as lost:
                if await self._committed(lost.xid):
                    return lost.result
            except _AGAIN as error:
                if attempt == _TRIES_MAX:
                    raise DatabaseUnavailable(f"the database gave up: {type(error).__name__}") from error
                await asyncio.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - jitter
        raise DatabaseUnavailable("the database connection was lost again and again while committing")

    async def _committed(self, xid: str) -> bool:
        """Ask the server what became of a transaction whose COMMIT was not answered. Raises CommitInDoubt."""
        for _ in range(_DOUBT_TRIES_MAX):
            try:
                status = await self._pool.fetchval("SELECT pg_xact_status($1::text::xid8)", xid)
            except (*_LOST, asyncpg.PostgresError):
                status = None
            if status in {"committed", "aborted"}:
                return status == "committed"
            await asyncio.sleep(_DOUBT_PAUSE_S)
        raise CommitInDoubt("the connection was lost while committing, and the database does not say what became of it")

    async def _once(self, work: Work[T], begin: str) -> T:
        connection = await self._acquire()
        try:
            return await _run(connection, work, begin)
        finally:
            await self._pool.release(connection)

    async def _fetched(self, text: str, values: Sequence[Value]) -> list[Row]:
        connection = await self._acquire()
        try:
            return await connection.fetch(text, *values)
        except (*_LOST, *_UNABLE) as error:
            raise DatabaseUnavailable(f"the database does not answer: {type(error).__name__}") from error
        finally:
            await self._pool.release(connection)

    async def _acquire(self) -> Any:
        try:
            return await self._pool.acquire(timeout=_ACQUIRE_TIMEOUT_S)
        except (*_LOST, asyncpg.PostgresError) as error:
            raise DatabaseUnavailable(f"the database does not answer: {type(error).__name__}") from error


async def _run(connection: Any, work: Work[T], begin: str) -> T:
    try:
        await connection.execute(begin)
        writes = begin == _BEGIN_WRITE
        now = await connection.fetchrow(_NOW_AND_XID if writes else _NOW)
        with TransactionMark():
            result = await work(PostgresTx(connection, now[0]))
    except _LOST as error:
        raise DatabaseUnavailable(f"the database connection was lost: {type(error).__name__}") from error
    except _UNABLE as error:
        await _roll_back(connection)
        raise DatabaseUnavailable(f"the database cannot do this now: {type(error).__name__}") from error
    except BaseException:
        await _roll_back(connection)
        raise
    try:
        await connection.execute("COMMIT")
    except (*_LOST, *_UNABLE) as error:
        if not writes:
            return result
        raise _CommitLost(now[1], result) from error
    return result


async def _roll_back(connection: Any) -> None:
    """Leave the transaction; where that fails the connection is lost, and the transaction with it."""
    with suppress(*_LOST, asyncpg.PostgresError):
        if not connection.is_closed():
            await connection.execute("ROLLBACK")


class PostgresTx:
    """Statements on a connection that is inside BEGIN."""

    def __init__(self, connection: Any, now_us: int) -> None:
        """Take the connection and the server's time."""
        self._connection = connection
        self.now_us = now_us

    async def rows(self, statement: Sql, *values: Value) -> list[Row]:
        """All rows."""
        return await self._connection.fetch(statement.postgresql, *values)

    async def row(self, statement: Sql, *values: Value) -> Row | None:
        """The first row, or None."""
        return await self._connection.fetchrow(statement.postgresql, *values)

    async def run(self, statement: Sql, *values: Value) -> int:
        """How many rows it changed."""
        status = await self._connection.execute(statement.postgresql, *values)
        return int(status.rsplit(" ", 1)[-1])

    async def many(self, statement: Sql, rows: Sequence[Sequence[Value]]) -> None:
        """Run once for each row of values, in one exchange."""
        if rows:
            await self._connection.executemany(statement.postgresql, rows)
