"""What is bound to a statement on SQLite: lists in the form that is found fastest (ADR 0024). Pure."""

from collections.abc import Sequence
from types import NoneType
from typing import Any

import msgspec

from apiinone.db import Sql, Value

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
