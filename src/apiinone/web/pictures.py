"""The picture on a model's card: its own example, drawn by the built-in engine when it is first asked for."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import Final

from msgspec import Struct

from apiinone.catalog.entry import Entry

WIDTH, HEIGHT = 640, 400
PROMPT_FIELDS: Final = ("prompt", "gpt_description_prompt", "lyrics")
Draw = Callable[["Motif"], Awaitable[bytes]]


class Motif(Struct, frozen=True):
    """What to draw."""

    words: str
    width: int
    height: int
    seed: int


class Pictures:
    """Draws one at a time and keeps what it drew."""

    def __init__(self, draw: Draw) -> None:
        """Take what draws a WebP."""
        self._draw = draw
        self._drawn: dict[str, bytes] = {}
        self._turn = asyncio.Lock()

    async def of(self, entry: Entry) -> bytes:
        """The model's picture."""
        async with self._turn:
            if entry.id not in self._drawn:
                self._drawn[entry.id] = await self._draw(_motif(entry))
            return self._drawn[entry.id]


def _motif(entry: Entry) -> Motif:
    told = next((str(entry.example[name]) for name in PROMPT_FIELDS if entry.example.get(name)), entry.summary)
    seed = int.from_bytes(hashlib.sha256(entry.id.encode()).digest()[:4], "big")
    return Motif(told, WIDTH, HEIGHT, seed)
