"""Where connections may go: names are looked up once, judged, and the judged addresses are the ones connected to.

This file and `connections` import aiohttp, which costs time and memory; `sender` imports them with its first request.
"""

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from typing import Any, Final

from aiohttp import ClientConnectionError, ClientRequest, ClientTimeout, TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

from apiinone.addresses import is_public

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives the numeric addresses of a name (and port). Raises OSError where there are none."""

KEEPALIVE_S: Final = 4.0
"""Shorter than the idle limit of common servers (5 s and more): a connection that the other side is about to close is
a connection on which a paid request gets lost."""
NAME_CACHE_S: Final = 10
ADDRESSES_MAX: Final = 16


class GuardRefused(OSError):
    """The address that a name stands for, or that a socket is about to connect to, is not public."""

    def __init__(self) -> None:
        """Say nothing of the address."""
        super().__init__(errno.EACCES, "not public")


class Progress:
    """How far one exchange has come."""

    __slots__ = ("connected",)

    def __init__(self) -> None:
        """Start before anything was written."""
        self.connected = False


progress: Final[ContextVar[Progress]] = ContextVar("progress")
"""The exchange that the running code performs."""


class GuardedConnector(TCPConnector):
    """A pool that reaches public addresses only, or, where not `judging`, the hosts that the operator allows by name.

    It marks the moment from which bytes may be written, and gives one exchange one connection, once.
    """

    def __init__(self, lookup: Lookup, *, judging: bool, connections_max: int) -> None:
        """Open nothing yet. Needs a running loop."""
        super().__init__(  # pyright: ignore[reportUnknownMemberType]  # an open tuple in aiohttp's own annotations
            resolver=PinningResolver(lookup, judging=judging),
            socket_factory=public_socket if judging else plain_socket,
            limit=connections_max,
            keepalive_timeout=KEEPALIVE_S,
            ttl_dns_cache=NAME_CACHE_S,
        )

    async def connect(self, req: ClientRequest, traces: list[Trace], timeout: ClientTimeout) -> Connection:  # noqa: ASYNC109 - aiohttp's signature
        """A clean connection. Raises ClientConnectionError where this exchange has had one before (aiohttp resends)."""
        mine = progress.get()
        if mine.connected:
            raise ClientConnectionError("nothing is sent twice")
        connection = await super().connect(req, traces, timeout)
        # Bytes that came while nobody asked would be read as the answer to this request.
        while connection.protocol is None or connection.protocol.should_close:
            connection.close()
            connection = await super().connect(req, traces, timeout)
        mine.connected = True
        return connection


class PinningResolver(AbstractResolver):
    """Looks a name up and, where judging, refuses it unless every address it stands for is public."""

    def __init__(self, lookup: Lookup, *, judging: bool) -> None:
        """Take the function that asks the name service."""
        self._lookup = lookup
        self._judging = judging

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of the name, of either family. Raises OSError, GuardRefused."""
        del family
        found = list(dict.fromkeys(await self._lookup(host, port)))[:ADDRESSES_MAX]
        if not found:
            raise OSError(errno.ENOENT, "no address")
        if self._judging and not all(is_public(address) for address in found):
            raise GuardRefused
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in found
        ]

    async def close(self) -> None:
        """Nothing is kept open."""


AddressInfo = tuple[int, int, int, str, tuple[Any, ...]]
"""What `getaddrinfo` gives: family, kind, protocol, canonical name, socket address."""


def public_socket(info: AddressInfo) -> socket.socket:
    """The last look, at the numeric address itself: aiohttp asks no resolver for a literal. Raises GuardRefused."""
    numeric = str(info[4][0])
    if not is_public(numeric) or is_ours(numeric):
        raise GuardRefused
    return plain_socket(info)


def plain_socket(info: AddressInfo) -> socket.socket:
    """A socket for this address, unjudged."""
    family, kind, protocol, *_ = info
    return socket.socket(family, kind, protocol)


def is_ours(numeric: str) -> bool:
    """Whether the address belongs to this host: the system would then answer it from the same address.

    Connecting a datagram socket sends nothing; it only asks the routing table.
    """
    family = socket.AF_INET6 if ":" in numeric else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((numeric, 9))
            return bool(probe.getsockname()[0] == numeric)
    except OSError:
        return False


async def look_up(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver, in a thread. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(sockaddr[0]) for *_, sockaddr in found]
