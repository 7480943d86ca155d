"""A server on loopback that speaks exactly the bytes a test wants, and the sender that may reach it."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

from apiinone.core.exchange import Request
from apiinone.outbound import Outbound

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
USER_AGENT = "apiinone-tests/1"


class Loopback:
    """A raw TCP server that counts connections and keeps every request it was sent."""

    def __init__(
        self, handler: Handler | None = None, *, greeting: bytes = b"", tls: ssl.SSLContext | None = None
    ) -> None:
        self.netloc = ""
        self._greeting = greeting
        self._tls = tls
        self.requests: list[bytes] = []
        self.connections = 0
        self.asked = asyncio.Event()
        self._handler = handler
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=self._tls)
        self.netloc = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        return f"http://{self.netloc}"

    @property
    def port(self) -> str:
        return self.netloc.rpartition(":")[2]

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.write(self._greeting)
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await read_request(reader)) is not None:
                self.requests.append(request)
                self.asked.set()
                if self._handler is None:
                    writer.write(answer(b"{}"))
                else:
                    await self._handler(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def read_request(reader: asyncio.StreamReader) -> bytes | None:
    """Head and body of one request, or None where the client has gone."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    return head + await reader.readexactly(length)


def answer(body: bytes, *headers: str, status: int = 200, length: int | None = None) -> bytes:
    """A response, whose Content-Length need not be true."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def always(response: bytes, *, closing: bool = False) -> Handler:
    """The same answer to every request."""

    async def handler(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(response)
        await writer.drain()
        if closing:
            writer.close()

    return handler


async def silent(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Never answers."""
    await asyncio.sleep(60)


def names(known: dict[str, Sequence[str]]) -> Callable[[str, int], Awaitable[Sequence[str]]]:
    """A name service that knows these names only."""

    async def lookup(host: str, _port: int) -> Sequence[str]:
        if host not in known:
            raise OSError(-2, "Name or service not known")
        return known[host]

    return lookup


@asynccontextmanager
async def sender(*netlocs: str, connections_max: int = 10, **known: Sequence[str]) -> AsyncGenerator[Outbound]:
    """A sender that may reach these places on loopback; `known` are the names of its name service."""
    outbound = Outbound(
        allowed_private=frozenset(netlocs),
        connections_max=connections_max,
        user_agent=USER_AGENT,
        lookup=names({name.replace("_", "."): addresses for name, addresses in known.items()}),
    )
    try:
        yield outbound
    finally:
        await outbound.aclose()


def post(url: str, *, timeout_s: float = 5.0, body_bytes_max: int = 1_000_000) -> Request:
    return Request("POST", url, auth="bearer", json={"prompt": "x"}, timeout_s=timeout_s, body_bytes_max=body_bytes_max)
