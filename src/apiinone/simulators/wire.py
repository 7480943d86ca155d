"""Below HTTP: the connections themselves, for faults that no well-behaved server could produce."""

import asyncio
import socket
import struct
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)
"""SO_LINGER of no time: closing then sends a reset instead of an orderly end."""


class Wire:
    """One connection to a client."""

    def __init__(self, transport: asyncio.Transport) -> None:
        """Take the connection."""
        self._transport = transport

    def reset(self) -> None:
        """Cut it: the client sees "connection reset by peer"."""
        self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self._transport.abort()

    def answer(self, body: bytes, *, announced: int, closing: bool) -> None:
        """Write a 200 whose Content-Length need not be true."""
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {announced}\r\n\r\n"
        self._transport.write(head.encode() + body)
        if closing:
            self._transport.close()


class Wires:
    """The open connections of one server, by the client's address."""

    def __init__(self) -> None:
        """Start with none."""
        self._open: dict[tuple[str, int], Wire] = {}

    def of(self, request: Request) -> Wire:
        """The connection that a request came on. Raises KeyError under a server that does not use `protocol`."""
        client = request.client
        return self._open[(client.host, client.port) if client else ("", 0)]

    def close(self) -> None:
        """Cut all."""
        for wire in list(self._open.values()):
            wire.reset()

    def protocol(self) -> type[asyncio.Protocol]:
        """The server's own HTTP protocol, which notes its connections here."""
        opened = self._open

        class NotedProtocol(HttpToolsProtocol):
            """Notes a connection while it is open."""

            def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]  # as uvicorn's own
                super().connection_made(transport)
                self._noted: Any = transport.get_extra_info("peername")[:2]
                opened[self._noted] = Wire(transport)

            def connection_lost(self, exc: Exception | None) -> None:
                super().connection_lost(exc)
                opened.pop(self._noted, None)

        return NotedProtocol


class Silence(Response):
    """No answer: the connection has been dealt with below HTTP."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait until the client is gone, so that the server sends nothing of its own."""
        del scope, send
        while (await receive())["type"] != "http.disconnect":
            pass
