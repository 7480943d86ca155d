"""How statements are put to SQLite: what is bound to them, and lists in the form that is found fastest (ADR 0024)."""

from collections.abc import Sequence
from types import NoneType
from typing import TYPE_CHECKING, Any

import msgspec

from apiinone.db import Row, Sql, Value

if TYPE_CHECKING:
    import sqlite3

_FEW = 3
"""Members that a list has at most to be given one by one; each length is a statement of its own."""
_BINDABLE = frozenset({str, int, bool, bytes, NoneType})
"""What the driver takes as it is."""
_encode_list = msgspec.json.Encoder().encode


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


def asked(statement: Sql, values: Sequence[Value]) -> tuple[str, Any]:
    """The text to run and what is bound to it."""
    for value in values:
        if type(value) not in _BINDABLE:
            return _with_lists(statement, values)
    return statement.sqlite, values


def _with_lists(statement: Sql, values: Sequence[Any]) -> tuple[str, list[Any]]:
    """A short list goes as its members, any other one as JSON."""
    bound, short = list(values), ()
    for number, value in enumerate(values, 1):
        if type(value) in _BINDABLE:
            continue
        if 0 < len(value) <= _FEW:
            bound[number - 1] = value[0]
            short = (*short, (number, *range(len(bound) + 1, len(bound) + len(value))))
            bound += value[1:]
        else:
            bound[number - 1] = _encode_list(value).decode()
    return statement.sqlite_of_few(short), bound
