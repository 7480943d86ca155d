"""Hints to workers that no answer waits for: what is asked for while one is on its way goes together, once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from apiinone.core.errors import Refusal

_LOG: Final = logging.getLogger(__name__)


class Hints:
    """Sends hints in the background. One that gets lost does no harm: workers look by themselves."""

    def __init__(self, send: Callable[[str], Awaitable[None]]) -> None:
        """Take what carries a hint to all processes."""
        self._send = send
        self._waiting: dict[str, None] = {}
        self._sender: asyncio.Task[None] | None = None

    def soon(self, words: str) -> None:
        """Have it sent; the same words twice are sent once."""
        self._waiting[words] = None
        if self._sender is None or self._sender.done():
            self._sender = asyncio.create_task(self._send_all())

    async def _send_all(self) -> None:
        while self._waiting:
            words = next(iter(self._waiting))
            del self._waiting[words]
            try:
                await self._send(words)
            except Refusal as error:
                _LOG.warning("a hint was lost", extra={"reason": error.type})
