"""One HTTP/1.1 connection: a request is written, its answer read by the parser that also reads for our server.

It is ours because the large clients cost five times as much CPU for what we use of them (ADR 0017): one exchange at a
time, no redirect, no cookie, no proxy, no second try. Whatever goes wrong ends the connection, and so does every byte
that comes while nobody has asked.
"""

import asyncio
import select
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final

from httptools import HttpParserError, HttpResponseParser

from apiinone.core.departures import Departures
from apiinone.outbound.bodies import BodyMalformed

HEADERS_MAX: Final = 128
HEADER_BYTES_MAX: Final = 8190
HEAD_BYTES_MAX: Final = 256 * 1024
"""What is read of an answer that does not come to the end of its head."""
BUFFERED_BYTES_MAX: Final = 256 * 1024
"""Where so much waits for its reader, no more is read from the connection."""
PART_BYTES: Final = 256 * 1024
"""Larger request bodies are written in such parts, so that one does not hold up the others."""
IDLE_LOOK_S_MAX: Final = 1.0
"""How often a silence is looked at that the reader's slowness has interrupted."""
INFORMATIONAL: Final = range(100, 200)


class Truncated(Exception):
    """The connection ended in the middle of the answer's body."""


class Wire(asyncio.Protocol):
    """The connection. `head` and `piece` raise what ended it."""

    def __init__(self, gone: Callable[["Wire"], None], departures: Departures) -> None:
        """Take whom to tell when it is closed, and with which other requests its own leave."""
        self._gone = gone
        self._departures = departures
        self._parser = HttpResponseParser(self)
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._poll: select.poll | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._rings_s = self._ends_s = 0.0
        self._idle_s: float | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._lost = asyncio.Event()
        self._asked = self._spoilt = False
        self._begin()

    def _begin(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self._fields = 0
        self._head_bytes = 0
        self._head_read = self._whole = False
        self._pieces: deque[bytes] = deque()
        self._buffered = 0
        self._paused = False
        self._failure: BaseException | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._heard_s = 0.0

    @property
    def open(self) -> bool:
        """Whether it can take a request: nothing came unasked, and the other side has not closed it."""
        transport = self._transport
        if transport is None or transport.is_closing() or self._asked or self._spoilt:
            return False
        return self._poll is None or not self._poll.poll(0)

    async def ask(self, head: bytes, body: bytes, *, timeout_s: float, idle_s: float | None) -> None:
        """Write the request. From here on something of it may have arrived."""
        self._begin()
        self._asked = True
        self._limit(timeout_s, idle_s)
        if len(body) <= PART_BYTES:
            self._departures.add(partial(self._write, head + body))
            return
        self._write(head)
        for start in range(0, len(body), PART_BYTES):
            await self._writable.wait()
            if self._whole or self._failure is not None:
                self._spoilt = True  # answered, or lost, before it was all written
                return
            self._write(body[start : start + PART_BYTES])

    async def head(self) -> None:
        """Wait for status and headers."""
        while not self._head_read:
            await self._wait()

    async def piece(self) -> bytes:
        """More of the body as it came; empty at its end."""
        while not self._pieces:
            if self._whole and self._failure is None:
                return b""
            await self._wait()
        pieces = self._pieces
        piece = pieces.popleft() if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self._buffered = 0
        if self._paused and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()
        return piece

    def rest(self, bytes_max: int) -> bytes | None:
        """What was not read yet of a body that has come to its end; None where it has not, or is too long for that."""
        if not self._whole or self._failure is not None or self._paused or self._buffered > bytes_max:
            return None
        rest = b"".join(self._pieces)
        self._pieces.clear()
        self._buffered = 0
        return rest

    def done(self) -> bool:
        """End the exchange. True where the connection is good for another one; else it is closed."""
        kept = self._whole and not self._spoilt and self._failure is None
        self._asked = False
        if not kept:
            self.close()
        return kept

    def close(self) -> None:
        """Close it at once."""
        self._spoilt = True
        if self._transport is not None:
            self._transport.abort()

    async def closed(self) -> None:
        """Wait until it is."""
        await self._lost.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio's."""
        self._transport = transport  # pyright: ignore[reportAttributeAccessIssue] - uvloop's own class
        if hasattr(select, "poll"):
            self._poll = select.poll()
            self._poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN | select.POLLHUP)

    def data_received(self, data: bytes) -> None:
        """Asyncio's."""
        if not self._asked or self._spoilt:
            self.close()
            return
        self._heard_s = self._loop.time()
        try:
            self._parser.feed_data(data)
        except HttpParserError:
            self._lied()
            return
        if not self._head_read:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES_MAX:
                self._broken(BodyMalformed())
                return
        if self._buffered > BUFFERED_BYTES_MAX and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        """Asyncio's. The other side says no more, and nor do we."""
        self._ended()

    def connection_lost(self, exc: Exception | None) -> None:
        """Asyncio's."""
        self._poll = self._transport = None
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        self._ended(exc)
        self._writable.set()
        self._lost.set()
        self._gone(self)

    def pause_writing(self) -> None:
        """Asyncio's."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Asyncio's."""
        self._writable.set()

    def on_message_begin(self) -> None:
        """The parser's: an answer begins, and where one is over already nobody asked for it."""
        self._spoilt = self._spoilt or self._whole

    def on_header(self, name: bytes, value: bytes) -> None:
        """The parser's. Of several headers with one name the last one counts."""
        self._fields += 1
        if self._fields > HEADERS_MAX or len(name) + len(value) > HEADER_BYTES_MAX:
            raise ValueError
        if not self._whole:
            self.headers[name.decode("latin-1").lower()] = value.decode(errors="surrogateescape")

    def on_headers_complete(self) -> None:
        """The parser's."""
        if self._whole:
            return
        self.status = self._parser.get_status_code()
        self._head_read = self.status not in INFORMATIONAL

    def on_body(self, body: bytes) -> None:
        """The parser's."""
        if not self._whole:
            self._pieces.append(body)
            self._buffered += len(body)

    def on_message_complete(self) -> None:
        """The parser's. What only says that the answer will come is no answer."""
        if self._whole:
            return
        if self._head_read:
            self._whole = True
            self._spoilt = self._spoilt or not self._parser.should_keep_alive()
        else:
            self.headers = {}
            self._fields = 0

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def _ended(self, exc: Exception | None = None) -> None:
        """Nothing more comes; some answers have no other end."""
        if self._head_read and not self._whole and exc is None and self._ends_with_connection():
            self._whole = self._spoilt = True
            self._wake()
        elif not self._whole:
            self._broken(Truncated() if self._head_read else ConnectionResetError())

    def _ends_with_connection(self) -> bool:
        coding = self.headers.get("transfer-encoding", "").lower()
        return "content-length" not in self.headers and not coding.endswith("chunked")

    def _broken(self, failure: BaseException) -> None:
        """The answer is lost, unless it was whole."""
        if not self._whole:
            self._failure = self._failure or failure
        self._give_up()

    def _lied(self) -> None:
        """What comes is no HTTP. After a whole answer its length was a lie, and what was cut there is none."""
        self._failure = self._failure or BodyMalformed()
        self._give_up()

    def _give_up(self) -> None:
        self.close()
        self._writable.set()
        self._wake()

    async def _wait(self) -> None:
        if self._failure is not None:
            raise self._failure
        self._waiter = self._loop.create_future()
        await self._waiter

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def _limit(self, timeout_s: float, idle_s: float | None) -> None:
        """End the exchange after so long in all, or after so long a silence."""
        self._heard_s = self._loop.time()
        self._ends_s, self._idle_s = self._heard_s + timeout_s, idle_s
        self._look_at(self._ends_s if idle_s is None else min(self._ends_s, self._heard_s + idle_s))

    def _look_at(self, moment_s: float) -> None:
        """An alarm of an earlier exchange that rings before is left: to look in vain is cheaper than to set another."""
        if self._alarm is not None:
            if self._rings_s <= moment_s:
                return
            self._alarm.cancel()
        self._rings_s = moment_s
        self._alarm = self._loop.call_at(moment_s, self._look)

    def _look(self) -> None:
        self._alarm = None
        if not self._asked:
            return
        now_s, ends_s = self._loop.time(), self._ends_s
        reading = self._idle_s is not None and not self._paused  # who does not read is not waiting for the other side
        due_s = min(ends_s, self._heard_s + (self._idle_s or 0.0)) if reading else ends_s
        if now_s >= due_s:
            self._broken(TimeoutError())
        else:
            wait_s = IDLE_LOOK_S_MAX if self._paused else due_s - now_s
            self._look_at(min(ends_s, now_s + wait_s))
