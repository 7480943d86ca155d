"""uvicorn's HTTP/1.1 protocol, with whole responses written in one piece, and those of one turn written together.

Parsing, keeping connections, pipelining, back pressure and shutdown are uvicorn's; how a request begins and its body is
gathered is written anew, for less. An application takes a body that has come by the ASGI extension `WHOLE_REQUEST`, and
gives a whole response to `WHOLE_RESPONSE` instead of sending two messages, for which uvicorn looks at each header with
two regular expressions and writes twice (ADR 0010). It leaves with the others of this turn of the event loop: code that
runs many times in a row stays in the processor's caches (ADR 0019). So do pieces of streams, by `PIECES` (ADR 0025).
"""

import asyncio
import urllib.parse
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, ClassVar, Final, cast

import httptools
from starlette.types import ASGIApp
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from apiinone.api.answer import PIECES, WHOLE_REQUEST, WHOLE_RESPONSE, Header
from apiinone.cli.http_limits import LimitedConnection, Looks
from apiinone.core.departures import Departures

LEAVING_BYTES_MAX: Final = 64 * 1024
"""So much of one stream leaves in one turn; what is more waits until the client takes it."""
_NO_BODY: Final = frozenset({204, 304})


def whole_responses() -> "type[WholeResponses]":
    """What a server of uvicorn's makes its connections of."""

    class OfOneServer(WholeResponses):
        departures = Departures()
        looks = Looks()

    return OfOneServer


class WholeResponses(LimitedConnection):
    """One connection."""

    departures: ClassVar[Departures]
    """Those of all connections of the server."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - as uvicorn
        """Begin a connection, and work out what the scopes of its requests have in common."""
        super().connection_made(transport)
        self._scope: Any = {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": "1.1",
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "root_path": "",
        }

    def on_message_begin(self) -> None:
        """Begin a request."""
        self.url = b""
        self.expect_100_continue = False
        self.headers = []
        scope: Any = {**self._scope, "headers": self.headers}
        self.scope = scope

    def on_headers_complete(self) -> None:
        """Begin the exchange, as uvicorn does; it knows no WebSocket and no limit of connections here."""
        self.head_is_whole()
        parser: Any = self.parser
        application = cast("ASGIApp", self.app)  # pyright: ignore[reportUnknownMemberType] - uvicorn's open types
        version: str = parser.get_http_version()
        scope = self.scope
        scope["method"] = parser.get_method().decode("ascii")
        if version != "1.1":
            scope["http_version"] = version
        url = httptools.parse_url(self.url)
        path = url.path.decode("ascii")
        scope["path"] = urllib.parse.unquote(path) if "%" in path else path
        scope["raw_path"] = url.path
        scope["query_string"] = url.query or b""
        before = self.cycle
        self.cycle = cycle = _Exchange(self, keep_alive=version != "1.0" and parser.should_keep_alive())
        offered: Any = {WHOLE_REQUEST: cycle.take_body, WHOLE_RESPONSE: cycle.answer, PIECES: cycle.write_piece}
        scope["extensions"] = offered
        if before is None or before.response_complete:  # pyright: ignore[reportUnnecessaryComparison] - None at first
            self._start_asgi_task(cycle, application)  # pyright: ignore[reportArgumentType] - Starlette's name for it
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, application))  # pyright: ignore[reportArgumentType] - as above

    def on_body(self, body: bytes) -> None:
        """Add to the request's body."""
        self.unplaced_bytes = 0
        self.body_bytes += len(body)
        cycle: Any = self.cycle
        if cycle.response_complete:
            return
        cycle.body += body
        if len(cycle.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
        if cycle.waited_by is not None:
            cycle.waited_by.set()

    def on_message_complete(self) -> None:
        """Let the request be whole."""
        self.unplaced_bytes = 0
        self.owed_bytes = None
        cycle: Any = self.cycle
        if not cycle.response_complete:
            cycle.more_body = False
            if cycle.waited_by is not None:
                cycle.waited_by.set()

    def on_response_complete(self) -> None:
        """Go on with what was sent meanwhile, else note since when the connection is idle."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        self.idle_since_s = self.loop.time()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        task = self.loop.create_task(cycle.run_asgi(app))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    def shutdown(self) -> None:
        """Close when what is under way is answered; what was answered leaves first."""
        self.departures.leave()
        super().shutdown()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, after the answers to what was."""
        self.departures.leave()
        super().send_400_response(msg)


class _Exchange(RequestResponseCycle):
    """A request and its response."""

    access_log = False
    body = b""
    disconnected = False
    more_body = True
    response_started = False
    response_complete = False
    chunked_encoding = None
    expected_content_length = 0
    waited_by: asyncio.Event | None = None
    """What whoever receives waits by. Most never wait; it is there too once the client has gone."""
    _taken = False
    _leaving: list[bytes] | None = None
    """Pieces of a stream that leave at the end of this turn."""
    _leaving_bytes = 0

    def __init__(self, connection: WholeResponses, *, keep_alive: bool) -> None:  # pyright: ignore[reportMissingSuperCall] - one call for many
        """Take what uvicorn's own takes one by one, and begin as it does."""
        self.scope = connection.scope
        self.transport = connection.transport
        self.flow = connection.flow
        self.logger = connection.logger
        self.default_headers = connection.server_state.default_headers
        self.on_response = connection.on_response_complete
        self.keep_alive = keep_alive
        self.waiting_for_100_continue = connection.expect_100_continue
        self.departures = connection.departures

    @property
    def message_event(self) -> asyncio.Event:  # pyright: ignore[reportIncompatibleVariableOverride] - made when it is asked for
        """The same under uvicorn's name; set while something is to be received."""
        if self.waited_by is None:
            self.waited_by = asyncio.Event()
            if not self._taken and (self.body or not self.more_body):
                self.waited_by.set()
        return self.waited_by

    async def run_asgi(self, app: Any) -> None:
        """Let the application answer, then let go of what holds this exchange: its scope and its connection.

        Else each would wait for the garbage collector, which stopped the server for up to 80 ms at a time. Of an
        application that fails or does not answer uvicorn takes care.
        """
        try:
            await app(self.scope, self.receive, self.send)
        except BaseException as error:  # noqa: BLE001 - as uvicorn does
            await super().run_asgi(_raising(error))
        else:
            if not self.response_complete:
                await super().run_asgi(_add_nothing)
        finally:
            self.scope.pop("extensions", None)
            self.on_response = _nobody_waits

    def take_body(self) -> bytes | None:
        """The whole body, once. None where it must be received: more is to come, was told to wait, or never comes."""
        if self._taken or self.waited_by is not None or self.more_body or self.waiting_for_100_continue:
            return None
        self.flow.resume_reading()
        self._taken = True
        body, self.body = self.body, b""
        return body

    def answer(self, status: int, headers: Iterable[Header], body: bytes) -> bool:
        """Have the whole response written; `headers` name its length. False where it must be sent the ordinary way.

        Raises ValueError where a header would break out of its line.
        """
        if self.response_started or self.disconnected or self.flow.write_paused:
            return False
        lines = [*self.default_headers, *headers]
        if not self.keep_alive:
            lines.append((b"connection", b"close"))
        head = b"\r\n".join(map(b": ".join, lines))
        breaks = len(lines) - 1
        if head.count(b"\n") != breaks or head.count(b"\r") != breaks or b"\0" in head:
            raise ValueError("a header breaks out of its line")
        bare = status in _NO_BODY or self.scope["method"] == "HEAD"
        self.response_started = self.response_complete = True
        self.waiting_for_100_continue = False
        response = b"".join((STATUS_LINE[status], head, b"\r\n\r\n", b"" if bare else body))
        self.departures.add(partial(self._leave, response, self.on_response))
        return True

    def write_piece(self, piece: bytes) -> bool:
        """Have one more piece written of a body whose length nobody knows. False where it must be sent as a message."""
        begun = self.response_started and not self.response_complete
        if not (begun and self.chunked_encoding) or self.flow.write_paused or self.scope["method"] == "HEAD":
            return False
        if self._leaving_bytes >= LEAVING_BYTES_MAX:
            return False
        chunk = b"%x\r\n%b\r\n" % (len(piece), piece)
        self._leaving_bytes += len(piece)
        if self._leaving is None:
            self._leaving = [chunk]
            self.departures.add(self._pieces_leave)  # which lets it leave at once where many others wait
        else:
            self._leaving.append(chunk)
        return True

    async def send(self, message: Any) -> None:
        """What follows comes after the pieces that were to leave before it."""
        if self._leaving:
            self.departures.leave()
        await super().send(message)

    def _pieces_leave(self) -> None:
        pieces, self._leaving = self._leaving or (), None
        if not self.transport.is_closing():
            self.transport.write(b"".join(pieces))
        self._leaving_bytes = 0

    def _leave(self, response: bytes, then: Callable[[], None]) -> None:
        if not self.transport.is_closing():
            self.transport.write(response)
        if self.waited_by is not None:
            self.waited_by.set()
        if not self.keep_alive:
            self.transport.close()
        then()


def _raising(error: BaseException) -> Any:
    """What fails with it."""

    async def fail(*_: object) -> None:
        raise error

    return fail


async def _add_nothing(*_: object) -> None:
    """What was said is all; uvicorn deals with what is missing."""


def _nobody_waits() -> None:
    """The exchange is over."""
