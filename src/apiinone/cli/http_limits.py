"""What a connection may send before it is a request, and for how long: limits that uvicorn's own protocol lacks.

Anybody can open a connection, long before a key is asked for. So what is read and does not yet belong to a request or
its body is counted: heads, chunk lengths, trailers. Now and then all connections of a server are looked at: which are
idle for too long, and which owe the rest of a request. An alarm for each would cost memory where many streams are open.
"""

import asyncio
import secrets
from typing import Any, ClassVar, Final

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from apiinone.api.errors import refused
from apiinone.api.request_headers import REQUEST_ID_BYTES, new_request_id
from apiinone.core.errors import BadRequest

HEAD_BYTES_MAX: Final = 64 * 1024
HEADERS_MAX: Final = 256
LOOK_S: Final = 25.0
"""A head must be whole between two looks. Of a body something must come."""
BODY_BYTES_MIN: Final = 1024
_NO_HTTP: Final = "This is no HTTP request that can be answered."
_TOO_LARGE: Final = f"The head of a request may have {HEADERS_MAX} headers and {HEAD_BYTES_MAX // 1024} KiB."


class LimitedConnection(HttpToolsProtocol):
    """A connection that must come to the point. Who reads requests from it keeps the figures below."""

    __slots__ = ("body_bytes", "idle_since_s", "owed_bytes", "unplaced_bytes")

    looks: ClassVar["Looks"]
    """At all connections of the server."""
    look_s = LOOK_S
    unplaced_bytes: int
    """What came since the last piece of a request that was whole."""
    body_bytes: int
    """What came of bodies."""
    owed_bytes: int | None
    """How much of the body had come when the last look found something missing; None: nothing was."""
    idle_since_s: float
    """When the last response was complete, or the connection made."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - as uvicorn
        """Begin to look."""
        super().connection_made(transport)
        self.unplaced_bytes = self.body_bytes = 0
        self.owed_bytes = None
        self.idle_since_s = self.loop.time()
        self.looks.go_on(self.loop, self.connections, min(self.look_s, self.timeout_keep_alive))

    def data_received(self, data: bytes) -> None:
        """Read on, within the limits."""
        self.unplaced_bytes += len(data)
        parser: Any = self.parser
        try:
            parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._unsupported_upgrade_warning()
        except httptools.HttpParserError as error:
            sentence = _TOO_LARGE if isinstance(error.__context__, HeadTooLarge) else _NO_HTTP
            self.logger.warning(sentence)
            self.send_400_response(sentence)
        else:
            if self.unplaced_bytes > HEAD_BYTES_MAX and not self.transport.is_closing():
                self.logger.warning(_TOO_LARGE)
                self.send_400_response(_TOO_LARGE)

    def head_is_whole(self) -> None:
        """Judge a head that has come; headers after it are trailers, and nobody's. Raises HeadTooLarge."""
        headers = self.headers
        if len(headers) > HEADERS_MAX:
            raise HeadTooLarge
        if self.unplaced_bytes > HEAD_BYTES_MAX:
            size = len(self.url) + sum(len(name) + len(value) for name, value in headers)
            if size > HEAD_BYTES_MAX:
                raise HeadTooLarge
        self.headers = _NOBODYS
        self.unplaced_bytes = 0
        self.owed_bytes = None

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request, as all refusals are told."""
        request_id = new_request_id(secrets.token_bytes(REQUEST_ID_BYTES))
        answer = refused(BadRequest(msg), request_id)
        lines = [
            *self.server_state.default_headers,
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(answer.body)),
            (b"x-request-id", request_id.encode()),
            (b"connection", b"close"),
        ]
        head = b"\r\n".join(map(b": ".join, lines))
        self.transport.write(b"".join((STATUS_LINE[answer.status], head, b"\r\n\r\n", answer.body)))
        self.transport.close()

    def _unset_keepalive_if_required(self) -> None:
        """Leave the alarm as it is: setting one for each response costs more than some looks in vain each minute."""

    def look(self, now_s: float) -> None:
        """Close it where it was idle for too long, or where what was missing at the last look has not come."""
        cycle = self.cycle
        idle = cycle is None or cycle.response_complete  # pyright: ignore[reportUnnecessaryComparison] - None at first
        if idle and not self.unplaced_bytes:
            if now_s - self.idle_since_s >= self.timeout_keep_alive:
                self.transport.close()
            return
        missing = idle or (cycle.more_body and not self.flow.read_paused)
        if missing and self.owed_bytes is not None and self.body_bytes - self.owed_bytes < BODY_BYTES_MIN:
            self.transport.close()
        self.owed_bytes = self.body_bytes if missing else None


class Looks:
    """Looks at connections for as long as there are any."""

    def __init__(self) -> None:
        """Begin with none."""
        self._under_way = False

    def go_on(self, loop: asyncio.AbstractEventLoop, connections: set[Any], every_s: float) -> None:
        """Look after that time, and again each time, until there is nothing to look at."""
        if not self._under_way:
            self._under_way = True
            loop.call_later(every_s, self._look, loop, connections, every_s)

    def _look(self, loop: asyncio.AbstractEventLoop, connections: set[Any], every_s: float) -> None:
        self._under_way = False
        if connections:
            self.go_on(loop, connections, every_s)
        now_s = loop.time()
        for one in tuple(connections):
            one.look(now_s)


class _Nobodys(list[tuple[bytes, bytes]]):
    """Where trailers go: one for all connections, and always empty."""

    def append(self, _header: tuple[bytes, bytes], /) -> None:
        """Forget it."""


_NOBODYS: Final = _Nobodys()


class HeadTooLarge(Exception):
    """More headers, or more bytes of them, than anybody needs."""
