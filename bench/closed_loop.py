"""A closed loop of HTTP/1.1 connections: each sends its next request when the answer to the last one is whole.

Nothing is parsed that need not be, so that one core can load a server on another to its limit.
"""

import asyncio
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable

from msgspec import Struct

HOST = "127.0.0.1"
CONNECTIONS = 64
ANSWER_WITHIN_S = 60
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_HEAD_END = b"\r\n\r\n"


class Stop(Struct, frozen=True):
    """When to send no more: after so many seconds, or so many requests, or once told to, whichever is first."""

    seconds: float = float("inf")
    requests: float = float("inf")
    told: asyncio.Event | None = None


class Driven(Struct, frozen=True):
    """What a closed loop saw, from the first request to the last answer."""

    requests: int
    seconds: float
    statuses: dict[int, int]
    p50_ms: float
    p99_ms: float
    last_body: bytes

    @property
    def per_s(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds

    def all_good(self) -> "Driven":
        """The same. Raises AssertionError where any answer was not a 200."""
        assert set(self.statuses) == {200}, (self.statuses, self.last_body)
        return self


async def drive(
    port: int,
    next_request: Callable[[], bytes],
    stop: Stop,
    *,
    connections: int = CONNECTIONS,
    keep: Callable[[bytes], None] | None = None,
) -> Driven:
    """Keep so many connections busy until told to stop; `keep` is given each answer's body. Raises TimeoutError."""
    loop = asyncio.get_running_loop()
    shared = _Shared(next_request, stop, keep)
    opened = [await loop.create_connection(lambda: _Connection(shared), HOST, port) for _ in range(connections)]
    shared.began_s = time.perf_counter()
    for _, connection in opened:
        connection.begin()
    for _, connection in opened:
        async with asyncio.timeout(min(stop.seconds, 600) + ANSWER_WITHIN_S):
            await connection.ended
    seconds = shared.last_s - shared.began_s
    for transport, _ in opened:
        transport.close()
    times = shared.times_s
    cuts = statistics.quantiles(times, n=100) if len(times) > 1 else times * 99
    return Driven(len(times), seconds, dict(shared.statuses), cuts[49] * 1000, cuts[98] * 1000, shared.last_body)


def request(method: str, path: str, *, key: str, body: bytes = b"", more: str = "") -> bytes:
    """One request as it goes over the wire."""
    head = f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {key}\r\n{more}"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}\r\n".encode() + body


class _Shared:
    def __init__(self, next_request: Callable[[], bytes], stop: Stop, keep: Callable[[bytes], None] | None) -> None:
        self._next_request = next_request
        self._stop = stop
        self._sent = 0
        self.keep = keep
        self.began_s = self.last_s = time.perf_counter()
        self.times_s: list[float] = []
        self.statuses: Counter[int] = Counter()
        self.last_body = b""

    def next(self, now_s: float) -> bytes | None:
        stop = self._stop
        told = stop.told is not None and stop.told.is_set()
        if told or self._sent >= stop.requests or now_s - self.began_s >= stop.seconds:
            return None
        self._sent += 1
        return self._next_request()


class _Connection(asyncio.Protocol):
    def __init__(self, shared: _Shared) -> None:
        self._shared = shared
        self._transport: asyncio.Transport | None = None
        self._sent_s = 0.0
        self._received = b""
        self._whole = 0
        self.ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport) or hasattr(transport, "write")
        self._transport = transport  # pyright: ignore[reportAttributeAccessIssue] - uvloop's own class

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(exc or ConnectionError("the server hung up"))

    def begin(self) -> None:
        self._send(time.perf_counter())

    def data_received(self, data: bytes) -> None:
        self._received = self._received + data if self._received else data
        if not self._whole:
            head = self._received.find(_HEAD_END)
            if head < 0:
                return
            length = _LENGTH.search(self._received, 0, head + 2)
            self._whole = head + len(_HEAD_END) + (int(length[1]) if length else 0)
        if len(self._received) < self._whole:
            return
        now_s = time.perf_counter()
        shared = self._shared
        shared.times_s.append(now_s - self._sent_s)
        shared.statuses[int(self._received[9:12])] += 1
        shared.last_body = self._received
        shared.last_s = now_s
        if shared.keep is not None:
            shared.keep(self._received.partition(_HEAD_END)[2])
        self._received, self._whole = b"", 0
        self._send(now_s)

    def _send(self, now_s: float) -> None:
        wanted = self._shared.next(now_s)
        if wanted is None:
            if not self.ended.done():
                self.ended.set_result(None)
            return
        self._sent_s = now_s
        assert self._transport is not None
        self._transport.write(wanted)
