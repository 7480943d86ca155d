"""Whole responses, written in one piece, read like those that uvicorn writes in two."""

import asyncio
import gc
import logging
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from apiinone.api.answer import PIECES, WHOLE_RESPONSE
from apiinone.cli.http_protocol import whole_responses
from apiinone.cli.serving import on_fast_loop
from apiinone.core import departures

BODIES = {"/short": b"yes", "/empty": b"", "/long": b"x" * 300_000}
ORDERS = {
    "plain": b"GET /short HTTP/1.1\r\nHost: a\r\n\r\n",
    "posted": b"POST /short HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody",
    "head": b"HEAD /short HTTP/1.1\r\nHost: a\r\n\r\n",
    "empty": b"GET /empty HTTP/1.1\r\nHost: a\r\n\r\n",
    "long": b"GET /long HTTP/1.1\r\nHost: a\r\n\r\n",
    "to be closed": b"GET /short HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "of an old client": b"GET /short HTTP/1.0\r\nHost: a\r\n\r\n",
    "encoded": b"GET /sh%6Frt?a=1 HTTP/1.1\r\nHost: a\r\n\r\n",
    "expecting": b"POST /short HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n",
}
LAST = b"GET /short HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


class Application:
    """Answers in one piece where that is offered and wanted."""

    def __init__(self, *, whole: bool = True, header: bytes = b"plain", takes_s: float = 0) -> None:
        self.whole = whole
        self.header = header
        self.takes_s = takes_s
        self.refused: ValueError | None = None
        self.begins: Callable[[], object] = lambda: None
        self.answered: Callable[[], object] = lambda: None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        self.begins()
        if self.takes_s:
            await asyncio.sleep(self.takes_s)
        body = BODIES[scope["path"]]
        length = (b"content-length", b"%d" % len(body))
        headers = [length, (b"x-note", self.header), (b"x-query", scope["query_string"])]
        if self.whole:
            try:
                assert scope["extensions"][WHOLE_RESPONSE](200, headers, body)
            except ValueError as error:
                self.refused = error
                headers = [length]
            else:
                self.answered()
                return
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def server_of(application: Application, **options: Any) -> uvicorn.Server:
    protocol: Any = whole_responses() if application.whole else "httptools"
    config = uvicorn.Config(
        application, port=0, http=protocol, ws="none", lifespan="off", log_config=None, date_header=False, **options
    )
    return uvicorn.Server(config)


@asynccontextmanager
async def served(application: Application, server: uvicorn.Server | None = None) -> AsyncGenerator[int]:
    server = server or server_of(application)
    config = server.config
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await server.shutdown()


async def said(application: Application, sent: bytes, server: uvicorn.Server | None = None) -> bytes:
    """All that comes back until the server closes."""
    async with served(application, server) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        return answer


@pytest.mark.parametrize("order", ORDERS.values(), ids=list(ORDERS))
async def test_a_whole_response_reads_as_uvicorn_writes_it(order: bytes) -> None:
    closing = b"close" in order or b"HTTP/1.0" in order
    sent = order if closing else order + LAST
    whole, plain = await said(Application(whole=True), sent), await said(Application(whole=False), sent)
    assert whole == plain.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")


class Streaming(Application):
    """Sends a body of unknown length in pieces, straight where that is offered and wanted."""

    def __init__(self, pieces: list[bytes], *, whole: bool = True, announced: bool = False) -> None:
        super().__init__(whole=whole)
        self.pieces = pieces
        self.announced = announced
        self.taken: list[bool] = []
        self.wrote: Callable[[], object] = lambda: None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        length = [(b"content-length", b"%d" % len(b"".join(self.pieces)))] if self.announced else []
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-note", b"a"), *length]})
        for piece in self.pieces:
            self.taken.append(self.whole and scope["extensions"][PIECES](piece))
            if not self.taken[-1]:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            if self.takes_s:
                await asyncio.sleep(self.takes_s)
        self.wrote()
        await send({"type": "http.response.body", "body": b""})


@pytest.mark.parametrize("announced", [False, True], ids=["of unknown length", "of known length"])
@pytest.mark.parametrize("order", ORDERS.values(), ids=list(ORDERS))
async def test_a_stream_in_pieces_reads_as_uvicorn_writes_it(order: bytes, *, announced: bool) -> None:
    pieces = [b"one", b"two" * 100, b"three"]
    closing = b"close" in order or b"HTTP/1.0" in order
    sent = order if closing else order + LAST
    straight, plain = (Streaming(pieces, whole=whole, announced=announced) for whole in (True, False))
    answers = await said(straight, sent), await said(plain, sent)
    assert answers[0] == answers[1].removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert all(straight.taken[:3]) == (not announced and not order.startswith(b"HEAD"))


async def test_pieces_of_one_turn_leave_in_one_write() -> None:
    application = Streaming([b"one", b"two", b"three"])
    server = server_of(application)
    leaving: list[int] = []

    def count() -> None:
        connections: Any = server.server_state.connections
        leaving.extend(len(connection.departures._waiting) for connection in connections)  # noqa: SLF001

    application.wrote = count
    assert b"three" in await said(application, LAST, server)
    assert leaving == [1]


@pytest.mark.parametrize("takes_s", [0, 0.000_001], ids=["in one turn", "in many turns"])
async def test_no_piece_is_lost_where_so_many_leave_in_a_turn_that_it_leaves_at_once(
    monkeypatch: pytest.MonkeyPatch, takes_s: float
) -> None:
    monkeypatch.setattr(departures, "TOGETHER_MAX", 1)
    straight, plain = (Streaming([b"one", b"two", b"three"], whole=whole) for whole in (True, False))
    straight.takes_s = plain.takes_s = takes_s
    assert await said(straight, LAST) == await said(plain, LAST)
    assert all(straight.taken)


@pytest.mark.parametrize("takes_s", [0, 0.000_001], ids=["in one turn", "in many turns"])
async def test_no_more_pieces_are_taken_than_the_client_reads(takes_s: float) -> None:
    application = Streaming([b"x" * 100_000] * 200)
    application.takes_s = takes_s
    async with served(application) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(LAST)
        await asyncio.sleep(0.2)
        taken = len(application.taken)
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
    assert taken < 200
    assert answer.count(b"x") >= 100_000 * 200
    assert False in application.taken


async def test_pipelined_requests_are_answered_in_their_order() -> None:
    answer = await said(Application(whole=True), ORDERS["long"] + ORDERS["plain"] * 20 + LAST)
    assert answer.count(b"HTTP/1.1 200") == 22
    assert answer.index(b"x" * 1000) < answer.index(b"yes")


@pytest.mark.parametrize("header", [b"a\r\nset-cookie: b", b"a\nb", b"a\rb", b"a\0b"])
async def test_a_header_that_would_break_out_of_its_line_is_not_written(header: bytes) -> None:
    application = Application(whole=True, header=header)
    answer = await said(application, LAST)
    assert application.refused is not None
    assert b"set-cookie" not in answer
    assert answer.endswith(b"yes")


async def test_an_exchange_that_is_over_does_not_wait_for_the_garbage_collector() -> None:
    async with served(Application(whole=True)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        gc.collect()
        gc.disable()
        try:
            for _ in range(20):
                writer.write(ORDERS["plain"])
                await asyncio.wait_for(reader.readuntil(b"yes"), 10)
            left = [each for each in gc.get_objects() if isinstance(each, RequestResponseCycle)]
        finally:
            gc.enable()
        writer.close()
    assert len(left) <= 2


async def test_a_response_leaves_before_its_connection_is_shut_down() -> None:
    application = Application()
    server = server_of(application)
    application.answered = lambda: [connection.shutdown() for connection in server.server_state.connections]
    assert (await said(application, ORDERS["plain"], server)).endswith(b"yes")


async def test_a_response_leaves_before_what_follows_it_is_refused() -> None:
    application = Application()
    server = server_of(application)
    application.answered = lambda: [
        connection.data_received(b"no HTTP\r\n\r\n") for connection in server.server_state.connections
    ]
    answer = await said(application, ORDERS["plain"], server)
    assert answer.index(b"yes") < answer.index(b"HTTP/1.1 400")


def test_a_response_to_a_client_that_has_gone_is_dropped() -> None:
    failures: list[object] = []

    async def client_goes_before_it_is_answered() -> bytes:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context))
        application = Application()
        server = server_of(application)
        application.begins = lambda: [connection.transport.abort() for connection in server.server_state.connections]
        return await said(application, ORDERS["plain"], server)

    assert on_fast_loop(client_goes_before_it_is_answered()) == b""
    assert failures == []


async def test_an_idle_connection_is_closed_when_its_time_is_over() -> None:
    application = Application()
    server = server_of(application, timeout_keep_alive=0.3)
    began_s = time.monotonic()
    answer = await said(application, ORDERS["plain"], server)
    assert answer.endswith(b"yes")
    assert 0.3 <= time.monotonic() - began_s < 3


async def test_a_connection_that_is_used_stays_open() -> None:
    application = Application()
    async with served(application, server_of(application, timeout_keep_alive=0.3)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(5):
            writer.write(ORDERS["plain"])
            await asyncio.wait_for(reader.readuntil(b"yes"), 10)
            await asyncio.sleep(0.15)
        application.takes_s = 0.7
        writer.write(ORDERS["plain"])
        await asyncio.wait_for(reader.readuntil(b"yes"), 10)
        writer.close()


class Broken(Application):
    """Fails, or leaves off, before or after its response was begun."""

    def __init__(self, *, whole: bool, begun: bool, fails: bool) -> None:
        super().__init__(whole=whole)
        self.begun = begun
        self.fails = fails

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        if self.begun:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
        if self.fails:
            raise LookupError("nothing is there")


@pytest.mark.parametrize("fails", [False, True], ids=["silent", "failing"])
@pytest.mark.parametrize("begun", [False, True], ids=["at once", "after its head"])
async def test_an_application_that_does_not_answer_is_dealt_with_as_uvicorn_does(
    caplog: pytest.LogCaptureFixture, *, begun: bool, fails: bool
) -> None:
    seen: list[tuple[bytes, list[str]]] = []
    for whole in (True, False):
        caplog.clear()
        answer = await said(Broken(whole=whole, begun=begun, fails=fails), ORDERS["plain"])
        complaints = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
        seen.append((answer, complaints))
    assert seen[0] == seen[1]
    assert (len(seen[0][1]), b"500" in seen[0][0]) == (1, not begun)
