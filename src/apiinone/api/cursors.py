"""Cursors of lists: opaque to clients, checked when they come back."""

import base64
import binascii
from typing import Final, Literal

import msgspec

from apiinone.core.errors import BadRequest

Kind = Literal["tasks", "entries", "usage", "deliveries", "orders", "documents"]
_CHARACTERS_MAX: Final = 512
_decode = msgspec.json.Decoder(tuple[str, ...]).decode


def write_cursor(kind: Kind, *parts: str) -> str:
    """A cursor that stands after the row with this key."""
    return base64.urlsafe_b64encode(msgspec.json.encode((kind, *parts))).rstrip(b"=").decode()


def read_cursor(kind: Kind, text: str, count: int) -> tuple[str, ...]:
    """The key that a cursor of this kind of list stands for, in `count` parts. Raises BadRequest."""
    try:
        parts = _decode(
            base64.b64decode(text[:_CHARACTERS_MAX] + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        )
    except (ValueError, binascii.Error):
        raise _bad() from None
    if len(parts) != count + 1 or parts[0] != kind or any("\0" in part for part in parts):
        raise _bad()
    return parts[1:]


def _bad() -> BadRequest:
    return BadRequest("This is not a cursor of this list; take it from `next_cursor`.", param="cursor")
