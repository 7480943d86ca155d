"""The internal address: another process of the installation asks this one, which holds a credential, to chat or time.

It is an application of its own on a listener of its own: nothing of it can be reached where clients come in, and
nothing else can be reached here. `tasks/node_wire.py` says how requests are signed.
"""

import asyncio
import logging
from contextlib import aclosing
from typing import Any, Final

from starlette.types import Message, Receive, Scope, Send

from apiinone.core.clock import US_PER_S, Clock
from apiinone.providers.chat import ChatOrder, ChatRefused
from apiinone.tasks.live_lyrics import LiveLyrics
from apiinone.tasks.local_chat import ChatSpeaker
from apiinone.tasks.node_wire import (
    CHAT_PATH,
    LYRICS_PATH,
    Gate,
    Refused,
    Signed,
    read_lyrics_order,
    read_order,
    write_line,
    write_timed,
)
from apiinone.tasks.scenario import PLAIN

BODY_BYTES_MAX: Final = 32 * 1024 * 1024
LINES: Final = b"application/x-ndjson"
_log = logging.getLogger("apiinone.node_door")


class NodeDoor:
    """The ASGI application."""

    def __init__(self, source: ChatSpeaker, lyrics: LiveLyrics, key: bytes, clock: Clock) -> None:
        """Take who answers chats, who times songs, the installation's key for this, and the time."""
        self._source = source
        self._lyrics = lyrics
        self._gate = Gate(key)
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        path = scope["path"]
        if scope["method"] != "POST" or path not in (CHAT_PATH, LYRICS_PATH):
            await _turn_away(send, 404)
            return
        body = await _body(receive)
        if body is None:
            await _turn_away(send, 413)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if not self._gate.admits(headers, Signed("POST", path, body), self._clock.now_us() // US_PER_S):
            _log.warning("an unsigned request at the internal address")
            await _turn_away(send, 401)
            return
        try:
            if path == LYRICS_PATH:
                await _whole(send, write_timed(await self._lyrics.time(read_lyrics_order(body))))
                return
            order = read_order(body)
        except ValueError:
            await _turn_away(send, 400)
            return
        await self._answer_while_heard(order, receive, send)

    async def _answer_while_heard(self, order: ChatOrder, receive: Receive, send: Send) -> None:
        """Speak until the end; where the asking process goes, let go of the vendor."""
        answering = asyncio.create_task(self._answer(order, send))
        hearing = asyncio.create_task(_until_gone(receive))
        try:
            await asyncio.wait({answering, hearing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            answering.cancel()
            hearing.cancel()
            outcomes = await asyncio.gather(answering, hearing, return_exceptions=True)
        if isinstance(outcomes[0], Exception):
            raise outcomes[0]  # the response ends in the middle, and the other side takes it for lost

    async def _answer(self, order: ChatOrder, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", LINES)]})
        try:
            async with aclosing(self._source.answer(order, PLAIN)) as answer:
                async for event in answer:
                    await send(_part(write_line(event)))
        except ChatRefused as refusal:
            await send(_part(write_line(Refused(refusal.rejected))))
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _part(line: bytes) -> Message:
    return {"type": "http.response.body", "body": line, "more_body": True}


async def _whole(send: Send, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None where it is too large."""
    pieces: list[bytes] = []
    size = 0
    while True:
        message: Any = await receive()
        if message["type"] == "http.disconnect":
            return None
        piece = message.get("body", b"")
        size += len(piece)
        if size > BODY_BYTES_MAX:
            return None
        pieces.append(piece)
        if not message.get("more_body", False):
            return b"".join(pieces)


async def _turn_away(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})
