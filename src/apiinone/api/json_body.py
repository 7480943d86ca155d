"""Reading a JSON object from a request: what is no clean object is refused, and the field named where there is one."""

import json
from collections.abc import Iterable, Mapping
from typing import Final, cast

import msgspec

from apiinone.api.call import Call
from apiinone.catalog.clean import INT64_MAX, pointer_to, refuse_unclean
from apiinone.core.errors import BadRequest, UnsupportedMediaType

Body = dict[str, object]
SMALL_BYTES_MAX: Final = 64 * 1024
MEMBERS_MAX: Final = 200_000
"""A larger body may hold no more than so many commas and brackets: reading them takes time and memory."""
_STRUCTURE: Final = (b",", b"[", b"{")
_decode: Final = msgspec.json.Decoder(Body).decode
_DIGITS_MAX: Final = 19
_PLAIN: Final = frozenset({b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"})


async def read_object(call: Call, bytes_max: int) -> Body:
    """The body as a JSON object. Raises UnsupportedMediaType, PayloadTooLarge, BadRequest."""
    _refuse_other_types(call.headers.get(b"content-type", b""))
    return decode_object(await call.body(bytes_max))


def decode_object(data: bytes) -> Body:
    """A JSON object in which no name stands twice. Raises BadRequest."""
    if len(data) > SMALL_BYTES_MAX and sum(map(data.count, _STRUCTURE)) > MEMBERS_MAX:
        raise BadRequest("The body has too many members.", param="")
    try:
        body = _decode(data)
        names = len(body) if data.count(b"{") == 1 else _names_in(body)
        suspicious = data.count(b":") != names
    except (ValueError, RecursionError) as error:
        raise _explained(data, error) from None
    if suspicious:
        _refuse_doubles(data)
    return body


def _refuse_other_types(content_type: bytes) -> None:
    if content_type in _PLAIN:
        return
    kind, _, rest = content_type.lower().partition(b";")
    charset = rest.replace(b" ", b"").replace(b'"', b"")
    if kind.strip() != b"application/json" or charset not in (b"", b"charset=utf-8"):
        raise UnsupportedMediaType("Send `Content-Type: application/json`, in UTF-8.", param="Content-Type")


def _names_in(body: Body) -> int:
    """How many members all objects have. Each was written with one colon, so more colons may mean a name twice."""
    return len(body) + _names_below(body.values())


def _names_below(values: Iterable[object]) -> int:
    count = 0
    for value in values:
        if type(value) is dict:
            count += _names_in(cast("Body", value))
        elif type(value) is list:
            count += _names_below(cast("list[object]", value))
    return count


class _Members(list[tuple[str, object]]):
    """An object's members as they were written."""


def _refuse_doubles(data: bytes) -> None:
    _refuse_double(json.loads(data, object_pairs_hook=_Members), "")


def _refuse_double(value: object, pointer: str) -> None:
    if isinstance(value, _Members):
        names: set[str] = set()
        for name, below in value:
            here = pointer_to(pointer, name)
            if name in names:
                raise BadRequest("A field stands twice in the body.", param=here)
            names.add(name)
            _refuse_double(below, here)
    elif isinstance(value, list):
        for number, below in enumerate(cast("list[object]", value)):
            _refuse_double(below, pointer_to(pointer, number))


def _explained(data: bytes, error: ValueError | RecursionError) -> BadRequest:
    """Why the body cannot be used. A value that only a laxer reader takes is found and its field named."""
    if not data.strip():
        return BadRequest("The body is empty; send a JSON object.", param="")
    if isinstance(error, RecursionError):
        return BadRequest("The body is nested too deeply.", param="")
    try:
        text = data.decode()
    except UnicodeDecodeError as broken:
        return BadRequest(f"The body is not UTF-8 (byte {broken.start}).", param="")
    try:
        lax: object = json.loads(text, parse_int=_short_int)
        if isinstance(lax, dict):
            refuse_unclean(cast("Mapping[str, object]", lax))
    except BadRequest as named:
        return named
    except (ValueError, RecursionError):
        pass
    if isinstance(error, msgspec.ValidationError):
        return BadRequest("The body must be a JSON object.", param="")
    return BadRequest(f"The body is not valid JSON: {_cause(error)}.", param="")


def _short_int(digits: str) -> int:
    return int(digits) if len(digits) <= _DIGITS_MAX else INT64_MAX + 1


def _cause(error: ValueError) -> str:
    return str(error).removeprefix("JSON is malformed: ").replace("Input data was truncated", "it breaks off")
