"""Asking the system's resolver from threads of one's own, so that names which hang hold up nobody else's."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor


def lookups_apart(threads_max: int) -> Callable[[str, int], Awaitable[Sequence[str]]]:
    """A lookup for an `Outbound`; threads begin with the first names. It raises OSError where there is no address."""
    threads = ThreadPoolExecutor(threads_max, "lookup")

    async def look_up(host: str, port: int) -> Sequence[str]:
        return await asyncio.get_running_loop().run_in_executor(threads, _addresses, host, port)

    return look_up


def _addresses(host: str, port: int) -> Sequence[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
