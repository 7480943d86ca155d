"""A request's body that has come is given at once, and else received as from any server."""

import asyncio
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from apiinone.api.answer import WHOLE_REQUEST
from apiinone.api.call import Call
from apiinone.core.errors import PayloadTooLarge
from cli.test_http_protocol import Application, said, served
from scripted_worker import until

HEAD = b"POST /short HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 6\r\n%b\r\n"
EXPECTING = HEAD % b"Expect: 100-continue\r\n"


class Reading(Application):
    """Asks for the body at hand, receives what it does not get that way, and answers."""

    def __init__(self) -> None:
        super().__init__(whole=True)
        self.given: list[bytes | None] = []
        self.received: list[Any] = []
        self.goes_on = asyncio.Event()
        self.goes_on.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.goes_on.wait()
        self.given.append(scope["extensions"][WHOLE_REQUEST]())
        if self.given[-1] is None:
            self.received.append(await receive())
            while self.received[-1].get("more_body"):
                self.received.append(await receive())
        await super().__call__(scope, receive, send)


@pytest.fixture
def reading() -> Reading:
    return Reading()


async def test_a_body_that_has_come_may_be_no_larger_than_any_other() -> None:
    async def never() -> Any:
        raise AssertionError("nothing is to be received")

    def call(body: bytes) -> Call:
        return Call("POST", {}, b"", "", "", never, lambda: body)

    assert await call(b"abcdef").body(6) == b"abcdef"
    with pytest.raises(PayloadTooLarge):
        await call(b"abcdefg").body(6)


async def test_a_body_that_has_come_is_given_at_once(reading: Reading) -> None:
    assert (await said(reading, HEAD % b"" + b"abcdef")).endswith(b"yes")
    assert (reading.given, reading.received) == ([b"abcdef"], [])


async def test_of_a_body_that_has_not_come_whole_nothing_is_given_and_all_received(reading: Reading) -> None:
    async with served(reading) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD % b"" + b"abc")
        await until(lambda: bool(reading.given))
        writer.write(b"def")
        assert (await reader.read()).endswith(b"yes")
        writer.close()
    assert reading.given == [None]
    assert b"".join(message["body"] for message in reading.received) == b"abcdef"


async def test_a_client_that_waits_to_be_asked_for_its_body_is_asked(reading: Reading) -> None:
    answer = await said(reading, EXPECTING + b"abcdef")
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert answer.endswith(b"yes")
    assert (reading.given, reading.received[0]["body"]) == ([None], b"abcdef")


async def test_a_body_is_given_once_and_what_follows_it_is_that_the_client_went(reading: Reading) -> None:
    class Twice(Application):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            del send
            take = scope["extensions"][WHOLE_REQUEST]
            reading.given += [take(), take()]
            reading.received.append(await receive())

    async with served(Twice()) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD % b"" + b"abcdef")
        await until(lambda: bool(reading.given))
        await asyncio.sleep(0.01)
        assert (reading.given, reading.received) == ([b"abcdef", None], [])
        writer.close()
        await until(lambda: bool(reading.received))
    assert reading.received == [{"type": "http.disconnect"}]


async def test_the_body_of_a_client_that_has_gone_is_not_given(reading: Reading) -> None:
    reading.goes_on.clear()
    async with served(reading) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD % b"" + b"abcdef")
        await asyncio.sleep(0.05)
        writer.close()
        await asyncio.sleep(0.05)
        reading.goes_on.set()
        await until(lambda: bool(reading.received))
    assert (reading.given, reading.received) == ([None], [{"type": "http.disconnect"}])
