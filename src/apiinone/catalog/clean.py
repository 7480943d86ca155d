"""Refuses values that a JSON body can carry but no database or upstream can.

NUL, lone surrogates, numbers beyond 64 bits, NaN (hazard 7). Runs before the schema, so that nothing odd reaches it.
"""

import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import reduce
from typing import cast

from apiinone.core.errors import BadRequest

DEPTH_MAX = 32
INT64_MAX = 2**63 - 1
_Place = tuple[str | int, ...]
"""The keys and positions on the way to a value; they become a pointer only where it is refused."""


def refuse_unclean(body: Mapping[str, object]) -> None:
    """Raise BadRequest naming the field, at any depth of the body."""
    _refuse_in_mapping(body, (), 1)


def pointer_to(parent: str, key: str | int) -> str:
    """The JSON pointer (RFC 6901) of a member, in characters that can be shown."""
    return f"{parent}/{shown(str(key)).replace('~', '~0').replace('/', '~1')}"


def shown(text: str) -> str:
    """A client's text as a message may repeat it: short, printable, encodable."""
    short = text if len(text) <= 64 else text[:64] + "…"  # noqa: PLR2004
    return short if short.isprintable() else short.encode("unicode_escape").decode()


def _are_clean_texts(values: Iterable[object]) -> bool:
    """Whether all are texts, and nothing is to be refused in any: looked at together, for less than one by one."""
    try:
        whole = "".join(cast("Iterable[str]", values))
        whole.encode()
    except (TypeError, UnicodeEncodeError):
        return False
    return "\0" not in whole


def _refuse_in_mapping(mapping: Mapping[str, object], place: _Place, depth: int) -> None:
    if _are_clean_texts((*mapping, *mapping.values())):  # as in most bodies, and in messages of chats
        return
    for key, value in mapping.items():
        if not key.isascii() or "\0" in key:
            _refuse_text(key, (*place, key))
        if type(value) is str and value.isascii() and "\0" not in value:
            continue
        _refuse(value, (*place, key), depth)


def _refuse(value: object, place: _Place, depth: int) -> None:
    match value:
        case str():
            _refuse_text(value, place)
        case None | bool():
            pass
        case int() | float() | Decimal():
            _refuse_number(value, place)
        case dict() | list() if depth >= DEPTH_MAX:
            raise _refused(f"The body is nested more than {DEPTH_MAX} levels deep.", place)
        case dict():
            _refuse_in_mapping(cast("dict[str, object]", value), place, depth + 1)
        case list():
            for position, item in enumerate(cast("list[object]", value)):
                _refuse(item, (*place, position), depth + 1)
        case _:
            raise _refused("The body holds a value that JSON does not have.", place)


def _refuse_text(text: str, place: _Place) -> None:
    if "\0" in text:
        raise _refused("The character NUL is not allowed in texts.", place)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise _refused("A text holds half of a surrogate pair.", place) from error


def _refuse_number(number: float | Decimal, place: _Place) -> None:
    if isinstance(number, int):
        if not -INT64_MAX - 1 <= number <= INT64_MAX:
            raise _refused("A whole number is beyond 64 bits.", place)
    elif not math.isfinite(number):
        raise _refused("A number is not finite.", place)


def _refused(sentence: str, place: _Place) -> BadRequest:
    return BadRequest(sentence, param=reduce(pointer_to, place, ""))
