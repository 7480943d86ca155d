"""Writes to sockets, kept until all of this turn of the event loop can be done one after the other (ADR 0019).

Writing runs much of the kernel and throws our code out of the processor's caches; many writes in a row do so once.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

TOGETHER_MAX: Final = 64
"""So many leave before the turn is over: the first does not wait for hundreds of others."""


class Departures:
    """What leaves together, in its order, once what runs in this turn of the event loop has run."""

    def __init__(self) -> None:
        """Start with none."""
        self._waiting: deque[Callable[[], None]] = deque()

    def add(self, leave: Callable[[], None]) -> None:
        """Have one more leave with the others."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self.leave)
        self._waiting.append(leave)
        if len(self._waiting) >= TOGETHER_MAX:
            self.leave()

    def leave(self) -> None:
        """Let all leave now. One that fails does not keep those behind it."""
        try:
            while self._waiting:
                self._waiting.popleft()()
        finally:
            if self._waiting:
                asyncio.get_running_loop().call_soon(self.leave)
