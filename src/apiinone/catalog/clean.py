"""Refuses values that a JSON body can carry but no database or upstream can.

NUL, lone surrogates, numbers beyond 64 bits, NaN (hazard 7). Runs before the schema, so that nothing odd reaches it.
"""

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import cast

from apiinone.core.errors import BadRequest

DEPTH_MAX = 32
INT64_MAX = 2**63 - 1


def refuse_unclean(body: Mapping[str, object]) -> None:
    """Raise BadRequest naming the field, at any depth of the body."""
    _refuse_in_mapping(body, "", 1)


def pointer_to(parent: str, key: str | int) -> str:
    """The JSON pointer (RFC 6901) of a member, in characters that can be shown."""
    return f"{parent}/{shown(str(key)).replace('~', '~0').replace('/', '~1')}"


def shown(text: str) -> str:
    """A client's text as a message may repeat it: short, printable, encodable."""
    short = text if len(text) <= 64 else text[:64] + "…"  # noqa: PLR2004
    return short if short.isprintable() else short.encode("unicode_escape").decode()


def _refuse_in_mapping(mapping: Mapping[str, object], pointer: str, depth: int) -> None:
    for key, value in mapping.items():
        if not key.isascii() or "\0" in key:
            _refuse_text(key, pointer_to(pointer, key))
        if type(value) is str and value.isascii() and "\0" not in value:
            continue
        _refuse(value, pointer, key, depth)


def _refuse(value: object, parent: str, key: str | int, depth: int) -> None:
    match value:
        case str():
            _refuse_text(value, pointer_to(parent, key))
        case None | bool():
            pass
        case int() | float() | Decimal():
            _refuse_number(value, pointer_to(parent, key))
        case dict() | list() if depth >= DEPTH_MAX:
            raise BadRequest(f"The body is nested more than {DEPTH_MAX} levels deep.", param=pointer_to(parent, key))
        case dict():
            _refuse_in_mapping(cast("dict[str, object]", value), pointer_to(parent, key), depth + 1)
        case list():
            pointer = pointer_to(parent, key)
            for position, item in enumerate(cast("list[object]", value)):
                _refuse(item, pointer, position, depth + 1)
        case _:
            raise BadRequest("The body holds a value that JSON does not have.", param=pointer_to(parent, key))


def _refuse_text(text: str, pointer: str) -> None:
    if "\0" in text:
        raise BadRequest("The character NUL is not allowed in texts.", param=pointer)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise BadRequest("A text holds half of a surrogate pair.", param=pointer) from error


def _refuse_number(number: float | Decimal, pointer: str) -> None:
    if isinstance(number, int):
        if not -INT64_MAX - 1 <= number <= INT64_MAX:
            raise BadRequest("A whole number is beyond 64 bits.", param=pointer)
    elif not math.isfinite(number):
        raise BadRequest("A number is not finite.", param=pointer)
