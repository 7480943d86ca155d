"""A database that remembers which statements each transaction ran."""

from collections.abc import Sequence
from typing import TypeVar

from apiinone.db import Row, Sql, Tx, Value, Work
from later import LaterDatabase

T = TypeVar("T")


class SpyDatabase(LaterDatabase):
    """Passes everything on; `transactions` has the statements of each, in PostgreSQL's words."""

    def __init__(self, real: LaterDatabase) -> None:
        super().__init__(real)
        self.transactions: list[list[str]] = []

    async def transact(self, work: Work[T]) -> T:
        """As the real one."""
        statements: list[str] = []
        self.transactions.append(statements)

        async def spied(tx: Tx) -> T:
            return await work(SpyTx(tx, statements))

        return await super().transact(spied)


class SpyTx:
    """A transaction that writes down what it is asked."""

    def __init__(self, real: Tx, statements: list[str]) -> None:
        self._real = real
        self._statements = statements
        self.now_us = real.now_us

    async def rows(self, statement: Sql, *values: Value) -> list[Row]:
        """As the real one."""
        self._statements.append(statement.postgresql)
        return await self._real.rows(statement, *values)

    async def row(self, statement: Sql, *values: Value) -> Row | None:
        """As the real one."""
        self._statements.append(statement.postgresql)
        return await self._real.row(statement, *values)

    async def run(self, statement: Sql, *values: Value) -> int:
        """As the real one."""
        self._statements.append(statement.postgresql)
        return await self._real.run(statement, *values)

    async def many(self, statement: Sql, rows: Sequence[Sequence[Value]]) -> None:
        """As the real one."""
        self._statements.append(statement.postgresql)
        await self._real.many(statement, rows)
