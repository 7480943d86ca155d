"""What is bound to a statement on SQLite: lists and rows in the form that costs least (ADR 0024). Pure."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import msgspec

from apiinone.db import Sql, Value

ROWS_AT_ONCE = 8
"""Rows that one statement inserts: its text is looked up once for them, its table and indexes are opened once."""
_FEW = 3
"""Members that a list has at most to be given one by one; each length is a statement of its own."""
_encode_list = msgspec.json.Encoder().encode


def asked(statement: Sql, values: Sequence[Value]) -> tuple[str, Any]:
    """The text to run and what is bound to it. Most lists have one member where requests come one by one."""
    if not statement.lists:
        return statement.sqlite, values
    bound: list[Any] = list(values)
    for at in statement.lists:
        members = bound[at]
        if len(members) != 1:
            return _with_lists(statement, values)
        bound[at] = members[0]
    return statement.sqlite_of_ones, bound


def inserted_together(statement: Sql, rows: Sequence[Sequence[Value]]) -> Iterator[tuple[str, tuple[Value, ...]]]:
    """What to run and to bind for the first rows, as far as they go in whole parts; what only inserts can do so."""
    text = statement.sqlite_of_rows(ROWS_AT_ONCE)
    if text is not None:
        for end in range(ROWS_AT_ONCE, len(rows) + 1, ROWS_AT_ONCE):
            yield text, tuple(chain.from_iterable(rows[end - ROWS_AT_ONCE : end]))


def _with_lists(statement: Sql, values: Sequence[Any]) -> tuple[str, list[Any]]:
    """A short list goes as its members, any other one as JSON."""
    bound, lengths = list(values), ()
    for at in statement.lists:
        members = bound[at]
        if 0 < len(members) <= _FEW:
            bound[at] = members[0]
            bound += members[1:]
            lengths += (len(members),)
        else:
            bound[at] = _encode_list(members).decode()
            lengths += (0,)
    return statement.sqlite_of_few(lengths), bound
