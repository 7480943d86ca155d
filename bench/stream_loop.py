"""A closed loop of streamed chats: each connection asks again when its stream has come to its end."""

import asyncio
import time

from chat_upstream import CHUNKS, WORD
from closed_loop import ANSWER_WITHIN_S, HOST, Stop

END = b"data: [DONE]"
CLOSED = b"0\r\n\r\n"
PIECE_BYTES = 64 * 1024


async def drive_streams(port: int, post: bytes, stop: Stop, *, connections: int) -> tuple[int, float]:
    """Keep so many streams going; how many ended, in how many seconds. Raises AssertionError, TimeoutError."""
    began_s = time.perf_counter()
    left = [stop.requests]
    async with asyncio.timeout(min(stop.seconds, 600) + ANSWER_WITHIN_S):
        counts = await asyncio.gather(
            *[_connection(port, post, stop.seconds + began_s, left) for _ in range(connections)]
        )
    return sum(counts), time.perf_counter() - began_s


async def _connection(port: int, post: bytes, until_s: float, left: list[float]) -> int:
    reader, writer = await asyncio.open_connection(HOST, port)
    streams = 0
    try:
        while time.perf_counter() < until_s and left[0] > 0:
            left[0] -= 1
            writer.write(post)
            await _read_stream(reader)
            streams += 1
    finally:
        writer.close()
    return streams


async def _read_stream(reader: asyncio.StreamReader) -> None:
    """To its end. Raises AssertionError where it is no stream, has no end or lacks a word."""
    received = b""
    while not (END in received and received.endswith(CLOSED)):
        piece = await reader.read(PIECE_BYTES)
        assert piece, f"the stream broke off: {received[-300:]!r}"
        received += piece
    assert received.startswith(b"HTTP/1.1 200"), received[:300]
    assert received.count(WORD.encode()) == CHUNKS, received.count(WORD.encode())
