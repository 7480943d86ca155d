"""The instant maker: takes the drawing engine's place where the product around it is measured."""

from collections.abc import Mapping

from apiinone.catalog.entry import Choice
from apiinone.providers.provider import Inline
from apiinone.simulators.pictures import TINY_PNG


class InstantMaker:
    """Gives one pixel, at once."""

    async def make(
        self, choice: Choice, fields: Mapping[str, object], outputs: int, operation: str = ""
    ) -> tuple[Inline, ...]:
        """So many times the same constant PNG."""
        del choice, fields, operation
        return tuple(Inline(TINY_PNG) for _ in range(outputs))
