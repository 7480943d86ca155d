"""What is bound to a statement on SQLite: lists and rows in the form that costs least (ADR 0024). Pure."""

from collections.abc import Iterator, Sequence
from itertools import chain
from types import NoneType
from typing import Any

import msgspec

from apiinone.db import Sql, Value

ROWS_AT_ONCE = 8
"""Rows that one statement inserts: its text is looked up once for them, its table and indexes are opened once."""
_FEW = 3
"""Members that a list has at most to be given one by one; each length is a statement of its own."""
_BINDABLE = frozenset({str, int, bool, bytes, NoneType})
"""What the driver takes as it is."""
_encode_list = msgspec.json.Encoder().encode


def asked(statement: Sql, values: Sequence[Value]) -> tuple[str, Any]:
    """The text to run and what is bound to it."""
    for value in values:
        if type(value) not in _BINDABLE:
            return _with_lists(statement, values)
    return statement.sqlite, values


def inserted_together(statement: Sql, rows: Sequence[Sequence[Value]]) -> Iterator[tuple[str, tuple[Value, ...]]]:
    """What to run and to bind for the first rows, as far as they go in whole parts; what only inserts can do so."""
    text = statement.sqlite_of_rows(ROWS_AT_ONCE) if len(rows) >= ROWS_AT_ONCE else None
    if text is not None:
        for end in range(ROWS_AT_ONCE, len(rows) + 1, ROWS_AT_ONCE):
            yield text, tuple(chain.from_iterable(rows[end - ROWS_AT_ONCE : end]))


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
