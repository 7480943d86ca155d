"""The internal address as an application: it speaks while it is heard, and lets go of the vendor when it is not."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, cast

from apiinone.api.node_door import BODY_BYTES_MAX, NodeDoor
from apiinone.core.clock import SystemClock
from apiinone.providers.chat import ChatEvent, ChatOrder, Said
from apiinone.tasks.live_lyrics import LiveLyrics
from apiinone.tasks.node_wire import CHAT_PATH, Signed, sign, write_line, write_order
from apiinone.tasks.scenario import Scenario

KEY = b"k" * 32
NOBODY = cast("LiveLyrics", None)
"""Chats alone are tried here."""


class Slow:
    """Says one word and then nothing, until it is let go of."""

    def __init__(self) -> None:
        self.asked = 0
        self.let_go = asyncio.Event()

    async def answer(self, order: ChatOrder, scenario: Scenario) -> AsyncGenerator[ChatEvent]:
        del order, scenario
        self.asked += 1
        try:
            yield Said("one")
            await asyncio.sleep(60)
        finally:
            self.let_go.set()


class Client:
    """The other end of one request."""

    def __init__(self, body: bytes) -> None:
        self.sent: list[Any] = []
        self.gone = asyncio.Event()
        self._body: bytes | None = body

    async def receive(self) -> Any:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.sent.append(message)


async def _ask(source: Slow, client: Client, body: bytes) -> None:
    now_s = SystemClock().now_us() // 1_000_000
    signed = sign(KEY, Signed("POST", CHAT_PATH, body), now_s, "n1")
    headers = [(name.encode(), value.encode()) for name, value in signed.items()]
    scope = {"type": "http", "method": "POST", "path": CHAT_PATH, "headers": headers}
    await NodeDoor(source, NOBODY, KEY, SystemClock())(scope, client.receive, client.send)


async def test_the_vendor_is_let_go_of_when_nobody_hears_any_more() -> None:
    body = write_order(ChatOrder("a1", "m", {}, 1, streams=True, provider="google"))
    source, client = Slow(), Client(body)
    asking = asyncio.create_task(_ask(source, client, body))
    async with asyncio.timeout(20):
        while len(client.sent) < 2:  # noqa: ASYNC110 - the ASGI calls are all there is to see
            await asyncio.sleep(0.01)
        assert client.sent[1]["body"] == write_line(Said("one")), "each word goes at once"
        assert not source.let_go.is_set()
        client.gone.set()
        await source.let_go.wait()
        await asking
    assert client.sent[-1].get("more_body") is not False, "an answer that was not whole is not ended as if it were"


async def test_a_body_that_is_too_large_is_not_taken() -> None:
    source, client = Slow(), Client(bytes(BODY_BYTES_MAX + 1))
    await _ask(source, client, b"")
    assert (client.sent[0]["status"], source.asked) == (413, 0)
