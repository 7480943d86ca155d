"""The upstream of chat.py: it answers every chat with the same bytes, so that what stands before it is measured.

A streamed answer comes as `CHUNKS` chunks, each in a write of its own with a pause after it: what relays them gets them
one by one, as from a model.
"""

import argparse
import asyncio
import contextlib
import json
import re

import uvloop

CHUNKS = 100
PAUSE_S = 0.002
WORD = " word"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_USAGE = {"prompt_tokens": 12, "completion_tokens": CHUNKS, "total_tokens": 12 + CHUNKS}


def whole() -> bytes:
    """A response with a whole completion."""
    message = {"role": "assistant", "content": WORD * CHUNKS}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    body = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    return _response("application/json", json.dumps({**body, "usage": _USAGE}).encode())


def head() -> bytes:
    """What a streamed response begins with."""
    return b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def chunks() -> list[bytes]:
    """A streamed answer's pieces, as they go over the wire."""
    said = [_event({"content": WORD}, None) for _ in range(CHUNKS)]
    last = json.dumps({**_envelope(), "choices": [], "usage": _USAGE})
    end = _event({}, "stop") + _chunked(f"data: {last}\n\n".encode()) + _chunked(b"data: [DONE]\n\n") + b"0\r\n\r\n"
    return [*said, end]


def _envelope() -> dict[str, object]:
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}


def _event(delta: dict[str, str], reason: str | None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}
    return _chunked(f"data: {json.dumps({**_envelope(), 'choices': [choice]})}\n\n".encode())


def _chunked(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _response(kind: str, body: bytes) -> bytes:
    return f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body


class _Connection(asyncio.Protocol):
    """Reads requests, whose bodies have a length, and answers each."""

    def __init__(self) -> None:
        self._received = b""
        self._speaking: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # pyright: ignore[reportAttributeAccessIssue] - uvloop's own class

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if self._speaking is not None:
            self._speaking.cancel()

    def data_received(self, data: bytes) -> None:
        self._received += data
        edge = self._received.find(b"\r\n\r\n")
        if edge < 0:
            return
        length = _LENGTH.search(self._received, 0, edge + 2)
        size = edge + 4 + (int(length[1]) if length else 0)
        if len(self._received) < size:
            return
        asked, self._received = self._received[:size], self._received[size:]
        if asked.startswith(b"GET"):
            self._transport.write(_response("text/plain", b"ready"))
        elif re.search(rb'"stream": ?true', asked):
            self._speaking = asyncio.create_task(self._speak())
        else:
            self._transport.write(WHOLE)

    async def _speak(self) -> None:
        self._transport.write(HEAD)
        for piece in PIECES:
            self._transport.write(piece)
            await asyncio.sleep(PAUSE_S)


WHOLE, HEAD, PIECES = whole(), head(), chunks()


async def _serve(host: str, port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Connection, host, port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(_serve("127.0.0.1", parser.parse_args().port))
