"""One range of bytes of a file, as players ask for it when they seek (RFC 9110, 14). Pure."""

import re
from typing import Final

from msgspec import Struct

from apiinone.assets.storage import Part

_ONE: Final = re.compile(rb"bytes=\s*([0-9]{0,18})-([0-9]{0,18})\s*", re.IGNORECASE)


class Whole(Struct, frozen=True):
    """The whole file: nothing else was asked for, or in a form that a server may pass over."""


class OutOfRange(Struct, frozen=True):
    """No byte of the file lies in what was asked for."""


def range_asked(header: bytes, validator: bytes, entity_tag: bytes, length: int) -> Part | Whole | OutOfRange:
    """What `Range` and `If-Range` (both empty where not sent) ask of a file of so many bytes with this entity tag.

    Several ranges at once, other units and what is not well formed are passed over, as is a range that was meant for
    another version of the file.
    """
    match = _ONE.fullmatch(header)
    if match is None or (validator and validator != entity_tag):
        return Whole()
    first, last = match[1], match[2]
    if not first:
        return _last(int(last), length) if last else Whole()
    start = int(first)
    end = int(last) + 1 if last else length
    if last and end <= start:
        return Whole()
    return Part(start, min(end, length)) if start < length else OutOfRange()


def content_range(part: Part, length: int) -> bytes:
    """The header's value: which bytes of how many."""
    return b"bytes %d-%d/%d" % (part.start, part.end - 1, length)


def _last(count: int, length: int) -> Part | OutOfRange:
    return Part(max(0, length - count), length) if count and length else OutOfRange()
