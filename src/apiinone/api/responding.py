"""How an answer gets to the client: in one piece, in pieces, or pushed as things happen."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final, assert_never, cast

from starlette.types import Receive, Scope, Send

from apiinone.api.answer import (
    PIECES,
    WHOLE_RESPONSE,
    Answer,
    BrokenOff,
    Header,
    Pushed,
    Reply,
    Streamed,
    WritePiece,
    WriteWhole,
)

_NO_EXTENSIONS: Final[Mapping[str, None]] = {}


async def respond(reply: Reply, common: list[Header], asgi: tuple[Scope, Receive, Send]) -> None:
    """Send a reply with the headers that every response has; to HEAD without its body.

    Raises BrokenOff for a response that was begun and cannot be sent to its end.
    """
    scope, receive, send = asgi
    with_body = scope["method"] != "HEAD"
    match reply:
        case Answer():
            write: WriteWhole | None = offered(scope, WHOLE_RESPONSE)
            headers = _headers(reply, len(reply.body), common)
            if write is None or not write(reply.status, headers, reply.body):
                await send({"type": "http.response.start", "status": reply.status, "headers": headers})
                await send({"type": "http.response.body", "body": reply.body if with_body else b""})
        case Streamed():
            await _stream(reply, common, send, offered(scope, PIECES), with_body=with_body)
        case Pushed():
            await _push(reply, common, receive, send, with_body=with_body)
        case _:
            assert_never(reply)


def offered(scope: Scope, extension: str) -> Any:
    """What the server offers under the name of an ASGI extension, None where it does not; the name says what it is."""
    return scope.get("extensions", _NO_EXTENSIONS).get(extension)


async def _stream(
    reply: Streamed, common: list[Header], send: Send, write: WritePiece | None, *, with_body: bool
) -> None:
    headers = _headers(reply, reply.length, common)
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    try:
        if with_body:
            if write is not None and reply.straight is not None:
                reply.straight(write)
            await _send_pieces(reply, send)
    finally:
        if isinstance(reply.pieces, AsyncGenerator):
            await cast("AsyncGenerator[bytes]", reply.pieces).aclose()
    await send({"type": "http.response.body", "body": b""})


async def _send_pieces(reply: Streamed, send: Send) -> None:
    patience = _Patience(reply.unread_s_max)
    try:
        async for piece in reply.pieces:
            patience.begin()
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            patience.end()
    except asyncio.CancelledError:
        if not patience.is_over():
            raise
        raise BrokenOff from None
    finally:
        patience.leave()


class _Patience:
    """Cuts off who takes nothing for so long; one alarm for a whole stream, as one a piece costs too much."""

    def __init__(self, most_s: float | None) -> None:
        self._most_s = most_s
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        self._since_s: float | None = None
        self._over = False
        self._alarm = None if most_s is None else self._loop.call_later(most_s, self._look)

    def begin(self) -> None:
        """A piece is on its way."""
        self._since_s = self._loop.time()

    def end(self) -> None:
        """It was taken."""
        self._since_s = None

    def is_over(self) -> bool:
        """Whether the task was cancelled because of this; then it is no longer."""
        if self._over and self._task is not None:
            self._task.uncancel()
        return self._over

    def leave(self) -> None:
        """There is nothing more to wait for."""
        if self._alarm is not None:
            self._alarm.cancel()

    def _look(self) -> None:
        if self._most_s is None or self._task is None:
            return
        now_s = self._loop.time()
        due_s = now_s + self._most_s if self._since_s is None else self._since_s + self._most_s
        if now_s >= due_s:
            self._over = True
            self._task.cancel()
        else:
            self._alarm = self._loop.call_at(due_s, self._look)


async def _push(reply: Pushed, common: list[Header], receive: Receive, send: Send, *, with_body: bool) -> None:
    """Let the feed write until it ends or the client goes; this coroutine only waits for either."""

    async def write(piece: bytes | None) -> None:
        await send({"type": "http.response.body", "body": piece or b"", "more_body": piece is not None})

    try:
        headers = [*common, *reply.headers, (b"content-type", reply.content_type)]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        if not with_body:
            await write(None)
            return
        reply.feed.begin(write)
        while (await receive())["type"] != "http.disconnect":  # ASGI: also once the response is whole
            pass
    finally:
        reply.feed.close()


def _headers(reply: Answer | Streamed, length: int | None, common: list[Header]) -> list[Header]:
    headers = [*common, *reply.headers]
    if length is not None:
        headers.insert(0, (b"content-length", b"%d" % length))
    if length != 0:
        headers.append((b"content-type", reply.content_type))
    return headers
