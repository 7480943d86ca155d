"""What a connection may send before it is a request, and for how long."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from apiinone.api.answer import WHOLE_RESPONSE
from apiinone.api.errors import ErrorBody
from apiinone.cli.http_limits import BODY_BYTES_MIN, HEAD_BYTES_MAX, HEADERS_MAX, LimitedConnection
from apiinone.cli.http_protocol import whole_responses

GET = b"GET / HTTP/1.1\r\nHost: a\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
NO_REQUESTS = {
    "an unknown method": b"FOO / HTTP/1.1\r\nHost: a\r\n\r\n",
    "a length that is no number": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "length and chunks": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "no name of a header": GET + b": a\r\n\r\n",
    "a path that is no ASCII": b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
}
LONG = b"x" * (HEAD_BYTES_MAX + 1)
TOO_LARGE = {
    "one header": (GET, b"X-Long: " + LONG + b"\r\n\r\n"),
    "one that is not over": (GET, b"X-Long: " + LONG),
    "the address": (b"GET /", LONG),
    "many headers": (GET, b"X-Many: x\r\n" * HEADERS_MAX + b"\r\n"),
    "trailers": (CHUNKED + b"0\r\n", b"X-Long: " + LONG),
    "the length of a chunk": (CHUNKED, b"1;" + LONG),
}


class Application:
    """Takes the body that comes and answers with its length; what it saw of headers is kept."""

    def __init__(self) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self.gone = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del send
        length, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.gone += 1
                return
            length, more = length + len(message["body"]), message["more_body"]
        self.headers = scope["headers"]
        answer = b"%d" % length
        scope["extensions"][WHOLE_RESPONSE](200, [(b"content-length", b"%d" % len(answer))], answer)


@asynccontextmanager
async def connected(
    application: Application, **limits: Any
) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to a server with these limits, of which each stands in the protocol's class."""
    protocol: type[LimitedConnection] = whole_responses()
    keep_alive_s = limits.pop("keep_alive_s", 60)
    for name, value in limits.items():
        setattr(protocol, name, value)
    config = uvicorn.Config(
        application, port=0, http=protocol, ws="none", lifespan="off", log_config=None, timeout_keep_alive=keep_alive_s
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.servers[0].sockets[0].getsockname()[1])
    try:
        yield reader, writer
    finally:
        writer.close()
        server.should_exit = True
        await server.shutdown()


async def refused(*sent: bytes) -> ErrorBody:
    """What comes back of it, sent piece by piece, until the server closes."""
    async with connected(Application()) as (reader, writer):
        for piece in sent:
            writer.write(piece)
            await asyncio.sleep(0.05)
        head, _, body = (await asyncio.wait_for(reader.read(), 10)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    answer = msgspec.json.decode(body, type=ErrorBody)
    assert f"x-request-id: {answer.error.request_id}".encode() in head
    assert (answer.error.code, answer.error.type) == (400, "bad_request")
    return answer


@pytest.mark.parametrize("sent", NO_REQUESTS.values(), ids=list(NO_REQUESTS))
async def test_what_is_no_request_is_refused_as_all_else_is(sent: bytes) -> None:
    assert (await refused(sent)).error.message == "This is no HTTP request that can be answered."


@pytest.mark.parametrize("sent", TOO_LARGE.values(), ids=list(TOO_LARGE))
async def test_no_more_is_read_than_a_head_may_have(sent: tuple[bytes, bytes]) -> None:
    assert "64 KiB" in (await refused(*sent)).error.message


async def test_heads_and_bodies_within_the_limits_are_taken() -> None:
    async with connected(Application()) as (reader, writer):
        writer.write(GET + b"X-Long: " + b"x" * (HEAD_BYTES_MAX - 100) + b"\r\n\r\n")
        assert (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n0"), 10)).startswith(b"HTTP/1.1 200")
        writer.write(GET.replace(b"GET", b"POST") + b"Content-Length: 1000000\r\n\r\n" + b"x" * 1_000_000)
        assert b"1000000" in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n1000000"), 10)
        writer.write(CHUNKED + b"10\r\n0123456789abcdef\r\n" * 10_000 + b"0\r\n\r\n")
        assert await asyncio.wait_for(reader.readuntil(b"\r\n\r\n160000"), 10)


async def test_a_trailer_is_no_header() -> None:
    application = Application()
    async with connected(application) as (reader, writer):
        writer.write(CHUNKED + b"1\r\nx\r\n0\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n")
        assert await asyncio.wait_for(reader.readuntil(b"\r\n\r\n1"), 10)
    assert [name for name, _ in application.headers] == [b"host", b"transfer-encoding"]


@pytest.mark.parametrize("sent", [b"", b"GET / HT", GET], ids=["nothing", "a line", "a header"])
async def test_a_request_that_is_not_sent_to_its_end_is_not_waited_for(sent: bytes) -> None:
    async with connected(Application(), look_s=0.1, keep_alive_s=0.3) as (reader, writer):
        writer.write(sent)
        assert await asyncio.wait_for(reader.read(), 10) == b""


async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    application = Application()
    async with connected(application, look_s=0.1) as (reader, writer):
        writer.write(GET.replace(b"GET", b"POST") + b"Content-Length: 10\r\n\r\nx")
        assert await asyncio.wait_for(reader.read(), 10) == b""
    assert application.gone == 1


async def test_a_body_that_comes_slowly_is_waited_for() -> None:
    async with connected(Application(), look_s=0.2) as (reader, writer):
        writer.write(GET.replace(b"GET", b"POST") + b"Content-Length: %d\r\n\r\n" % (10 * BODY_BYTES_MIN))
        for _ in range(10):
            await asyncio.sleep(0.1)
            writer.write(b"x" * BODY_BYTES_MIN)
        assert await asyncio.wait_for(reader.readuntil(b"\r\n\r\n10240"), 10)
