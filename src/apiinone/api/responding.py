"""How an answer gets to the client: in one piece, in pieces of a known length, or pushed as things happen."""

from collections.abc import Mapping
from typing import Final, assert_never

from starlette.types import Receive, Scope, Send

from apiinone.api.answer import WHOLE_RESPONSE, Answer, Header, Pushed, Reply, Streamed, WriteWhole

_NO_EXTENSIONS: Final[Mapping[str, WriteWhole]] = {}


async def respond(reply: Reply, common: list[Header], asgi: tuple[Scope, Receive, Send]) -> None:
    """Send a reply with the headers that every response has; to HEAD without its body."""
    scope, receive, send = asgi
    with_body = scope["method"] != "HEAD"
    match reply:
        case Answer():
            extensions: Mapping[str, WriteWhole] = scope.get("extensions", _NO_EXTENSIONS)
            write = extensions.get(WHOLE_RESPONSE)
            headers = _headers(reply, len(reply.body), common)
            if write is None or not write(reply.status, headers, reply.body):
                await send({"type": "http.response.start", "status": reply.status, "headers": headers})
                await send({"type": "http.response.body", "body": reply.body if with_body else b""})
        case Streamed():
            await _stream(reply, common, send, with_body=with_body)
        case Pushed():
            await _push(reply, common, receive, send, with_body=with_body)
        case _:
            assert_never(reply)


async def _stream(reply: Streamed, common: list[Header], send: Send, *, with_body: bool) -> None:
    headers = _headers(reply, reply.length, common)
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    if with_body:
        async for piece in reply.pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


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


def _headers(reply: Answer | Streamed, length: int, common: list[Header]) -> list[Header]:
    headers = [(b"content-length", b"%d" % length), *common, *reply.headers]
    if length:
        headers.append((b"content-type", reply.content_type))
    return headers
