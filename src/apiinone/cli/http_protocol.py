"""uvicorn's HTTP/1.1 protocol, with whole responses written in one piece.

Reading requests, keeping connections, pipelining, back pressure and shutdown are uvicorn's. An application that has its
whole response at hand may give it to the ASGI extension `WHOLE_RESPONSE` instead of sending two messages, for which
uvicorn looks at each header with two regular expressions and writes twice (ADR 0010).
"""

import asyncio
import urllib.parse
from collections.abc import Iterable
from typing import Any, Final, cast

import httptools
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from apiinone.api.answer import WHOLE_RESPONSE, Header

_NO_BODY: Final = frozenset({204, 304})


class WholeResponses(HttpToolsProtocol):
    """One connection."""

    def on_headers_complete(self) -> None:
        """Begin the exchange, as uvicorn does; it knows no WebSocket and no limit of connections here."""
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
        self.cycle = cycle = _Exchange(
            scope=scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=version != "1.0" and parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        offered: Any = {WHOLE_RESPONSE: cycle.answer}
        scope["extensions"] = offered
        if before is None or before.response_complete:  # pyright: ignore[reportUnnecessaryComparison] - None at first
            self._start_asgi_task(cycle, application)  # pyright: ignore[reportArgumentType] - Starlette's name for it
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, application))  # pyright: ignore[reportArgumentType] - as above


class _Exchange(RequestResponseCycle):
    """A request and its response."""

    async def run_asgi(self, app: Any) -> None:
        """Let the application answer, then let go of the scope's hold on this exchange.

        Else each would wait for the garbage collector, which stopped the server for up to 80 ms at a time.
        """
        try:
            await super().run_asgi(app)
        finally:
            self.scope.pop("extensions", None)

    def answer(self, status: int, headers: Iterable[Header], body: bytes) -> bool:
        """Write the whole response; `headers` name its length. False where it must be sent the ordinary way.

        Raises ValueError where a header would break out of its line.
        """
        if self.response_started or self.disconnected or self.flow.write_paused:
            return False
        lines = [*self.default_headers, *headers]
        if not self.keep_alive:
            lines.append((b"connection", b"close"))
        head = b"".join([part for name, value in lines for part in (name, b": ", value, b"\r\n")])
        if head.count(b"\n") != len(lines) or head.count(b"\r") != len(lines) or b"\0" in head:
            raise ValueError("a header breaks out of its line")
        bare = status in _NO_BODY or self.scope["method"] == "HEAD"
        self.response_started = self.response_complete = True
        self.waiting_for_100_continue = False
        self.transport.write(b"".join((STATUS_LINE[status], head, b"\r\n", b"" if bare else body)))
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()
        return True
