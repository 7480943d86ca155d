"""Where connections may go: names are looked up once, judged, and the judged addresses are the ones connected to."""

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from apiinone.addresses import is_public

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives the numeric addresses of a name (and port). Raises OSError where there are none."""

NAME_CACHE_S: Final = 10.0
NAMES_MAX: Final = 1024
ADDRESSES_MAX: Final = 16


class GuardRefused(OSError):
    """The address that a name stands for, or that a socket is about to connect to, is not public."""

    def __init__(self) -> None:
        """Say nothing of the address."""
        super().__init__(errno.EACCES, "not public")


class NameUnknown(OSError):
    """A name that stands for no address."""

    def __init__(self) -> None:
        """Say nothing of the name."""
        super().__init__(errno.ENOENT, "no address")


class PinningResolver:
    """Looks a name up and, where judging, refuses it unless every address it stands for is public."""

    def __init__(self, lookup: Lookup, *, judging: bool) -> None:
        """Take the function that asks the name service."""
        self._lookup = lookup
        self._judging = judging
        self._known: dict[str, tuple[float, tuple[str, ...]]] = {}
        self._asking: dict[str, asyncio.Task[tuple[str, ...]]] = {}

    async def resolve(self, host: str, port: int) -> tuple[str, ...]:
        """The addresses of the name, of either family. Raises NameUnknown, GuardRefused.

        What is known is good for a few seconds, and who asks while another is asking hears the same answer.
        """
        until_s, addresses = self._known.get(host, (0.0, ()))
        if asyncio.get_running_loop().time() < until_s:
            return addresses
        asking = self._asking.get(host)
        if asking is None:
            asking = self._asking[host] = asyncio.create_task(self._ask(host, port))
            asking.add_done_callback(lambda asked: self._asked(host, asked))
        return await asyncio.shield(asking)

    def close(self) -> None:
        """Ask no more."""
        for asking in self._asking.values():
            asking.cancel()

    async def _ask(self, host: str, port: int) -> tuple[str, ...]:
        try:
            found = tuple(dict.fromkeys(await self._lookup(host, port)))[:ADDRESSES_MAX]
        except OSError:
            raise NameUnknown from None
        if not found:
            raise NameUnknown
        if self._judging and not all(is_public(address) for address in found):
            raise GuardRefused
        return found

    def _asked(self, host: str, asking: asyncio.Task[tuple[str, ...]]) -> None:
        self._asking.pop(host, None)
        if not asking.cancelled() and asking.exception() is None:
            if len(self._known) >= NAMES_MAX:
                self._known.clear()
            self._known[host] = (asyncio.get_running_loop().time() + NAME_CACHE_S, asking.result())


AddressInfo = tuple[int, int, int, str, tuple[Any, ...]]
"""What `getaddrinfo` gives: family, kind, protocol, canonical name, socket address."""


def public_socket(info: AddressInfo) -> socket.socket:
    """The last look, at the numeric address itself: no resolver is asked for a literal. Raises GuardRefused."""
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
