"""Between a provider that speaks and a client that reads: a bounded buffer, and an end to patience.

A client that reads slowly holds the provider up, but for so long in all and no longer: then it is cut off, and the rest
of the answer goes unheard. One that has left holds nothing up. While the reader only waits for the next piece, it may
go to the client without waking the reader: a turn of the event loop less for each word (ADR 0025).
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable

from apiinone.core.clock import Clock
from apiinone.providers.chat import ChatPiece, piece_bytes

PIECE_BYTES = 256
"""What a piece weighs beside its text, on its way to the client."""


class CutOff(Exception):
    """The reader was too slow; it gets nothing more."""


class Relay:
    """One answer on its way to one client."""

    def __init__(self, clock: Clock, *, bytes_max: int, patience_s: float) -> None:
        """Take how much may wait for the reader, and for how long in all it may hold the provider up."""
        self._clock = clock
        self._bytes_max = bytes_max
        self._patience_s = patience_s
        self._waiting: deque[tuple[ChatPiece, int]] = deque()
        self._bytes = 0
        self._filled = asyncio.Event()
        self._drained = asyncio.Event()
        self._ended = False
        self._cut = False
        self._awaited = False
        """Whether the reader has everything and waits for more."""
        self._take: Callable[[ChatPiece], bool] | None = None
        self.left = False
        """Whether nobody reads any more."""

    def straight_to(self, take: Callable[[ChatPiece], bool]) -> None:
        """From now on give each piece that the reader waits for to `take` instead; False: it does not take it."""
        self._take = take

    async def put(self, piece: ChatPiece) -> None:
        """Hand a piece on, once there is room for it; where nobody reads, drop it."""
        if self._awaited and not self._waiting and self._take is not None and self._take(piece):
            return
        while self._bytes >= self._bytes_max and not self.left:
            await self._wait_for_room()
        if self.left:
            return
        size = piece_bytes(piece) + PIECE_BYTES
        self._waiting.append((piece, size))
        self._bytes += size
        self._filled.set()

    def end(self) -> None:
        """No more pieces come."""
        self._ended = True
        self._filled.set()

    def leave(self) -> None:
        """The reader is gone."""
        self.left = True
        self._waiting.clear()
        self._bytes = 0
        self._take = None
        self._drained.set()

    async def ready(self) -> bool:
        """Wait until there is something to read, or nothing will be. True where there is."""
        while not self._waiting and not self._ended:
            self._filled.clear()
            self._awaited = True
            try:
                await self._filled.wait()
            finally:
                self._awaited = False
        return bool(self._waiting)

    async def pieces(self) -> AsyncIterator[ChatPiece]:
        """The pieces as they come. Raises CutOff. Whoever stops iterating says so with `leave`."""
        while await self.ready():
            piece, size = self._waiting.popleft()
            self._bytes -= size
            self._drained.set()
            yield piece
        if self._cut:
            raise CutOff

    async def _wait_for_room(self) -> None:
        began_s = self._clock.monotonic_s()
        self._drained.clear()
        try:
            async with asyncio.timeout(self._patience_s):
                await self._drained.wait()
        except TimeoutError:
            self._cut = True
            self.leave()
            self.end()
        self._patience_s = max(0.0, self._patience_s - (self._clock.monotonic_s() - began_s))
