"""Connections that are open: so many in use at once, the others kept for a moment for whoever asks there again."""

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from apiinone.addresses import Address, is_literal
from apiinone.core.departures import Departures
from apiinone.outbound.guard import Lookup, PinningResolver, plain_socket, public_socket
from apiinone.outbound.wire import Wire

CONNECT_TIMEOUT_S: Final = 10.0
HEAD_START_S: Final = 0.25
"""How long one of several addresses is tried alone (RFC 8305)."""
KEEPALIVE_S: Final = 4.0
"""Shorter than the idle limit of common servers (5 s and more): a connection that the other side is about to close is
a connection on which a paid request gets lost."""
Place = tuple[str, str, int]


class Pool:
    """It reaches public addresses only, or, where not `judging`, the hosts that the operator allows by name."""

    def __init__(self, lookup: Lookup, *, judging: bool, connections_max: int) -> None:
        """Open nothing yet. Needs a running loop."""
        self._resolver = PinningResolver(lookup, judging=judging)
        self._socket = public_socket if judging else plain_socket
        self._max = connections_max
        self._used = 0
        self._line: deque[asyncio.Future[None]] = deque()
        self._idle: dict[Place, list[tuple[float, Wire]]] = {}
        self._wires: set[Wire] = set()
        self._places: dict[Wire, Place] = {}
        self._sweeping: asyncio.TimerHandle | None = None
        self._context: ssl.SSLContext | None = None
        self._loop = asyncio.get_running_loop()
        self._departures = Departures()

    async def take(self, address: Address, timeout_s: float) -> Wire:
        """A connection to ask there, to be given back. Raises OSError: NameUnknown, GuardRefused, TimeoutError."""
        place = (address.scheme, address.host, address.port)
        if self._used < self._max and (kept := self._kept(place)) is not None:
            self._used += 1
            return kept
        async with asyncio.timeout(timeout_s):
            await self._room()
            try:
                kept = self._kept(place)
                if kept is None:
                    async with asyncio.timeout(CONNECT_TIMEOUT_S):
                        kept = await self._connected(address)
            except BaseException:
                self._free()
                raise
        self._places[kept] = place
        return kept

    def give_back(self, wire: Wire) -> None:
        """Its exchange is over; it is kept where it is good for another one."""
        place = self._places.get(wire)
        if wire.done() and place is not None:
            self._idle.setdefault(place, []).append((self._loop.time(), wire))
            if self._sweeping is None:
                self._sweeping = self._loop.call_later(KEEPALIVE_S, self._sweep)
        self._free()

    async def aclose(self) -> None:
        """Close every connection."""
        if self._sweeping is not None:
            self._sweeping.cancel()
            self._sweeping = None
        self._idle.clear()
        self._resolver.close()
        open_ones = list(self._wires)
        for wire in open_ones:
            wire.close()
        for wire in open_ones:
            await wire.closed()

    def _kept(self, place: Place) -> Wire | None:
        idle = self._idle.get(place)
        since_s = self._loop.time() - KEEPALIVE_S
        while idle:
            left_s, wire = idle.pop()
            if left_s > since_s and wire.open:
                return wire
            wire.close()
        return None

    def _sweep(self) -> None:
        """Close what nobody has used for so long."""
        since_s = self._loop.time() - KEEPALIVE_S
        for place, idle in list(self._idle.items()):
            for left_s, wire in idle:
                if left_s <= since_s:
                    wire.close()
            self._idle[place] = [(left_s, wire) for left_s, wire in idle if left_s > since_s]
            if not self._idle[place]:
                del self._idle[place]
        self._sweeping = self._loop.call_later(KEEPALIVE_S / 4, self._sweep) if self._idle else None

    async def _room(self) -> None:
        """Wait until fewer than the most are in use; first come, first served."""
        if self._used < self._max:
            self._used += 1
            return
        turn = self._loop.create_future()
        self._line.append(turn)
        try:
            await turn
        except BaseException:
            if turn.done() and not turn.cancelled():
                self._free()
            raise

    def _free(self) -> None:
        """Hand a place in the pool on to the next in line."""
        while self._line:
            turn = self._line.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._used -= 1

    def _gone(self, wire: Wire) -> None:
        self._wires.discard(wire)
        self._places.pop(wire, None)

    async def _connected(self, address: Address) -> Wire:
        if is_literal(address.host):
            found: Sequence[str] = (address.host,)
        else:
            found = await self._resolver.resolve(address.host, address.port)
        reached = await self._reached(found, address.port)
        secure = address.scheme == "https"
        try:
            _, wire = await self._loop.create_connection(
                lambda: Wire(self._gone, self._departures),
                sock=reached,
                ssl=self._trusting() if secure else None,
                server_hostname=address.host if secure else None,
            )
        except BaseException:
            reached.close()
            raise
        if not wire.open:
            wire.close()
            raise ConnectionResetError
        self._wires.add(wire)
        return wire

    def _trusting(self) -> ssl.SSLContext:
        """The system's authorities."""
        if self._context is None:
            self._context = ssl.create_default_context()
            self._context.set_alpn_protocols(["http/1.1"])
        return self._context

    async def _reached(self, found: Sequence[str], port: int) -> socket.socket:
        """A socket connected to the first address that answers; the next is tried a moment later. Raises OSError."""
        if len(found) == 1:
            return await self._dialled(found[0], port)
        left = deque(found)
        trying: set[asyncio.Task[socket.socket]] = set()
        failure: BaseException = OSError()
        try:
            while left or trying:
                if left:
                    trying.add(asyncio.create_task(self._dialled(left.popleft(), port)))
                wait_s = HEAD_START_S if left else None
                done, _ = await asyncio.wait(trying, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
                for dialled in done:
                    trying.discard(dialled)
                    failure = dialled.exception() or failure
                    if dialled.exception() is None:
                        return dialled.result()
            raise failure
        finally:
            await _dropped(trying)

    async def _dialled(self, numeric: str, port: int) -> socket.socket:
        """Raises OSError, of which GuardRefused."""
        family = socket.AF_INET6 if ":" in numeric else socket.AF_INET
        dialling = self._socket((family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (numeric, port)))
        try:
            dialling.setblocking(False)  # noqa: FBT003 - the standard library's
            dialling.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await self._loop.sock_connect(dialling, (numeric, port))
        except BaseException:
            dialling.close()
            raise
        return dialling


async def _dropped(trying: set[asyncio.Task[socket.socket]]) -> None:
    for dialled in trying:
        dialled.cancel()
    for dialled in trying:
        with suppress(asyncio.CancelledError, OSError):
            (await dialled).close()
