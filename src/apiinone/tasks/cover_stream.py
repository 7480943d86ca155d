"""What is held for one stream, looked after while it is heard: more is held in time, or the stream ends where it must.

The pieces are counted against one number of bytes, so that a piece costs one comparison; what follows is rare. A
database that is away is asked again each time half of what is left is used up. What holds more comes with each call:
kept here, it would be a circle through the whole chat, which only the garbage collector would free.
"""

from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from apiinone.catalog.pricing import price_of_tokens
from apiinone.core.credits import Credits
from apiinone.providers.chat import ChatPiece, Used
from apiinone.tasks.chat_reckoning import Heard, Terms
from apiinone.tasks.chat_slices import bytes_covered

HoldUpTo = Callable[[Credits], Awaitable[Credits | None]]
"""Has so much held in all, as far as that is covered; what is held then, None where it cannot be said."""


class Cover:
    """The hold of one stream. `terms` tell what is held by now; beyond `room_bytes` more has to be seen to."""

    def __init__(self, terms: Terms, *, bytes_max: int) -> None:
        """Take what was agreed, and the longest answer that is read."""
        self.terms = terms
        self._bytes_max = bytes_max
        self._grows = terms.slices.go_on_after(terms.held)
        self.room_bytes = self._room_bytes()

    async def makes_room(self, heard: Heard, piece: ChatPiece, hold: HoldUpTo) -> bool:
        """Whether the piece just counted may be handed on; else the answer ends before it."""
        size = heard.tally.bytes
        if size > self._bytes_max:
            return False
        while self._grows and self.room_bytes < size:
            if not await self._takes_next(size, hold):
                break
        if size <= self._covered_bytes():
            return True
        heard.tally.drop(piece)
        heard.ended, heard.uncovered = "length", True
        return False

    async def reach(self, used: Used, hold: HoldUpTo) -> None:
        """Hold what the provider's own count costs, where that is more than ours let expect."""
        terms = self.terms
        cost = price_of_tokens(terms.rates, used.prompt, used.completion)
        if terms.slices.go_on_after(terms.held) and cost > terms.held:
            self._holds(await hold(cost))

    async def _takes_next(self, size: int, hold: HoldUpTo) -> bool:
        """False where the database is away: then what is held has to do for now."""
        terms = self.terms
        level = terms.slices.next_level(terms.held)
        held = await hold(level)
        self._holds(held)
        if held is None:
            self.room_bytes = (size + max(size, self._covered_bytes())) // 2
            return False
        self._grows = level <= held < terms.slices.most
        self.room_bytes = self._room_bytes()
        return True

    def _holds(self, held: Credits | None) -> None:
        if held is not None:
            self.terms = replace(self.terms, held=held)

    def _room_bytes(self) -> int:
        """Up to where nothing needs to be done: half a slice before the end of what is held, while it grows."""
        return self._covered_bytes(self.terms.slices.step // 2 if self._grows else 0)

    def _covered_bytes(self, spare: int = 0) -> int:
        """How long the answer may become. What is held whole covers all that the provider was allowed to say."""
        terms = self.terms
        if not terms.slices.go_on_after(terms.held):
            return self._bytes_max
        return min(self._bytes_max, bytes_covered(terms.rates, terms.prompt_tokens, terms.held - spare))
