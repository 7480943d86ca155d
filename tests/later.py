"""A database whose time the test moves, and that the test takes away for a while."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from apiinone.core.clock import US_PER_S
from apiinone.core.errors import DatabaseUnavailable
from apiinone.db import CommitInDoubt, Database, Row, Sql, Tx, Value, Work

T = TypeVar("T")


class LaterDatabase:
    """Passes everything on to a real database, and shifts what it says about the time.

    While `away` nothing is done; the next `doubts` transactions are done and their answer is lost.
    """

    def __init__(self, real: Database) -> None:
        self.real = real
        self.engine = real.engine
        self.later_us = 0
        self.away = False
        self.doubts = 0

    def let_pass(self, seconds: float) -> None:
        """Let time pass."""
        self.later_us += int(seconds * US_PER_S)

    def come_back(self) -> None:
        """Answer again."""
        self.away = False

    async def transact(self, work: Work[T]) -> T:
        """As the real one."""
        self._refuse()
        done = await self.real.transact(self._later(work))
        if self.doubts:
            self.doubts -= 1
            raise CommitInDoubt("the answer is lost")
        return done

    async def rows(self, statement: Sql, *values: Value) -> list[Row]:
        """As the real one."""
        self._refuse()
        return await self.real.rows(statement, *values)

    async def rows_now(self, statement: Sql, *values: Value) -> list[Row]:
        """As the real one, later."""

        async def look(tx: Tx) -> list[Row]:
            return await tx.rows(statement, tx.now_us, *values)

        return await self.read(look) if self.later_us else await self.real.rows_now(statement, *values)

    async def read(self, work: Work[T]) -> T:
        """As the real one."""
        self._refuse()
        return await self.real.read(self._later(work))

    async def read_long(self, work: Work[T]) -> T:
        """As the real one."""
        return await self.real.read_long(self._later(work))

    async def hint(self, words: str) -> None:
        """As the real one."""
        await self.real.hint(words)

    async def listen(self, hear: Callable[[str], None]) -> None:
        """As the real one."""
        await self.real.listen(hear)

    async def close(self) -> None:
        """As the real one."""
        await self.real.close()

    def _refuse(self) -> None:
        if self.away:
            raise DatabaseUnavailable("away")

    def _later(self, work: Work[T]) -> Work[T]:
        async def later(tx: Tx) -> T:
            return await work(LaterTx(tx, self.later_us))

        return later


class LaterTx:
    """A transaction that believes it is later."""

    def __init__(self, real: Tx, later_us: int) -> None:
        self._real = real
        self.now_us = real.now_us + later_us

    async def rows(self, statement: Sql, *values: Value) -> list[Row]:
        """As the real one."""
        return await self._real.rows(statement, *values)

    async def row(self, statement: Sql, *values: Value) -> Row | None:
        """As the real one."""
        return await self._real.row(statement, *values)

    async def run(self, statement: Sql, *values: Value) -> int:
        """As the real one."""
        return await self._real.run(statement, *values)

    async def many(self, statement: Sql, rows: Sequence[Sequence[Value]]) -> None:
        """As the real one."""
        await self._real.many(statement, rows)
