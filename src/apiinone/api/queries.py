"""Query parameters: each route names a type for them; what it does not name is refused."""

from functools import cache
from typing import Annotated, Final, TypeVar
from urllib.parse import parse_qsl

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from apiinone.catalog.clean import shown
from apiinone.core.clock import parse_iso
from apiinone.core.errors import BadRequest

FIELDS_MAX: Final = 40
LABEL: Final = "metadata"
T = TypeVar("T")
Query = TypeVar("Query", bound=Struct)
Limit = Annotated[int, Meta(ge=1, le=100, description="How many rows a page has at most.")]
Cursor = Annotated[str, Meta(max_length=512, description="Where the page begins: `next_cursor` of the page before.")]


class NoQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """The route takes no query parameters."""


def read_query(query_string: bytes, kind: type[Query]) -> Query:
    """The parameters, typed. `metadata[name]=value` fills the field `metadata`. Raises BadRequest naming one."""
    if not query_string:
        return _empty(kind)
    values: dict[str, str | dict[str, str]] = {}
    labels: dict[str, str] = {}
    for name, value in _pairs(query_string):
        label = name.removeprefix(f"{LABEL}[")
        is_label = label != name and label.endswith("]")
        target: dict[str, str] | dict[str, str | dict[str, str]] = labels if is_label else values
        key = label[:-1] if is_label else name
        if key in target or name == LABEL:
            raise BadRequest("A query parameter stands twice or is not written as it must be.", param=shown(name))
        target[key] = value
    if labels:
        values[LABEL] = labels
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise _explained(error) from None


def given(value: T | UnsetType) -> T | None:
    """A parameter's value; None where it was not sent. A type that took None would read the word `null` as one."""
    return None if value is UNSET else value


def read_moment(text: str, param: str) -> int:
    """An ISO 8601 date or moment as microseconds. Raises BadRequest."""
    try:
        return parse_iso(text)
    except (ValueError, OverflowError):
        raise BadRequest("This is not a moment such as 2026-11-23T01:02:03Z.", param=param) from None


@cache
def _empty(kind: type[Query]) -> Query:
    try:
        return kind()
    except TypeError:
        raise BadRequest("A query parameter is missing.", param=kind.__struct_fields__[0]) from None


def _pairs(query_string: bytes) -> list[tuple[str, str]]:
    try:
        text = query_string.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MAX)
    except ValueError:  # of which UnicodeDecodeError is one
        raise BadRequest("The query string cannot be read.", param="") from None
    for name, value in pairs:
        if "\0" in name or "\0" in value:
            raise BadRequest("The character NUL is not allowed in a query.", param=shown(name))
    return pairs


def _explained(error: msgspec.ValidationError) -> BadRequest:
    """The sentence of msgspec, with the parameter apart: ``Expected `int` <= 100 - at `$.limit```."""
    sentence, _, path = str(error).partition(" - at `$")
    name = path.rstrip("`").lstrip(".")
    if not name:
        quoted = sentence.partition("`")[2].rpartition("`")[0]
        return BadRequest("There is no such query parameter, or one is missing.", param=shown(quoted))
    return BadRequest(f"{sentence}.", param=shown(name))
