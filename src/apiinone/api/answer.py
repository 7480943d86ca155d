"""What a route answers, before the pipeline adds what every response carries."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Final, Protocol

import msgspec
from msgspec import Struct

Header = tuple[bytes, bytes]
JSON: Final = b"application/json"
WHOLE_RESPONSE: Final = "apiinone.whole_response"
"""An ASGI extension, in a scope's `extensions`: takes status, headers (the length among them) and body of a whole
response and writes it; False where it must be sent in messages."""
WriteWhole = Callable[[int, Iterable[Header], bytes], bool]
PIECES: Final = "apiinone.pieces"
"""An ASGI extension likewise: takes one more piece of a body of unknown length, of a response begun in messages, and
writes it; False where it must be sent as a message, which has to be over before the next piece comes this way."""
WritePiece = Callable[[bytes], bool]
WHOLE_REQUEST: Final = "apiinone.whole_request"
"""An ASGI extension likewise: gives the request's whole body, once, where all of it has come; else None, and it must be
received in messages."""
TakeWhole = Callable[[], bytes | None]
encode: Final = msgspec.json.Encoder(decimal_format="number").encode
"""JSON of any value; amounts are exact decimal numbers."""


class Answer(Struct, frozen=True):
    """A whole response."""

    status: int
    body: bytes
    headers: tuple[Header, ...] = ()
    content_type: bytes = JSON


class BrokenOff(Exception):
    """A response cannot be sent to its end: the connection is closed, so that the client notices."""


class Streamed(Struct, frozen=True):
    """A response whose body comes in pieces, `length` bytes in all; None: it is not known before."""

    status: int
    pieces: AsyncIterator[bytes]
    length: int | None
    headers: tuple[Header, ...]
    content_type: bytes
    unread_s_max: float | None = None
    """How long one piece may wait for a client that does not read; None: for ever."""
    straight: Callable[[WritePiece], None] | None = None
    """Takes what writes pieces, where a server offers it: what comes while `pieces` is waited for may go there."""


class Feed(Protocol):
    """Gives the pieces of a response whose end nobody knows."""

    def begin(self, write: Callable[[bytes | None], Awaitable[None]]) -> None:
        """Write pieces from now on; None is the end."""
        ...

    def close(self) -> None:
        """There is nobody to write to any more. Called once for each feed, begun or not."""
        ...


class Pushed(Struct, frozen=True):
    """A response whose body comes piece by piece, as long as the feed goes on and the client stays."""

    status: int
    feed: Feed
    headers: tuple[Header, ...]
    content_type: bytes


Reply = Answer | Streamed | Pushed


def success(data: object, headers: tuple[Header, ...] = ()) -> Answer:
    """The envelope of every success: ``{"code":200,"message":"success","data":…}``."""
    return Answer(200, b'{"code":200,"message":"success","data":%b}' % encode(data), headers)


def page(data: object, next_cursor: str | None) -> Answer:
    """A page of a list; `next_cursor` is null on the last one."""
    body = b'{"code":200,"message":"success","data":%b,"next_cursor":%b}' % (encode(data), encode(next_cursor))
    return Answer(200, body)
