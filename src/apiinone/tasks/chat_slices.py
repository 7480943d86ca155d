"""A long stream is held slice by slice: how much at first, how much more at a time, and how far that goes. Pure.

Its first hold covers the input and one slice of output. The next slice is asked for when half a slice is left by our
own count of what was said; where no more is covered, the stream goes on until what is held is used up, and ends there.
"""

from typing import Final

from msgspec import Struct

from apiinone.catalog.price_rules import Tokens as Rates
from apiinone.catalog.price_rules import exact
from apiinone.catalog.pricing import MILLION, Price
from apiinone.core.credits import ZERO, Credits
from apiinone.providers.chat import BYTES_PER_TOKEN

SLICES_MAX: Final = 8
"""The most slices that one stream's output may take: each is a transaction."""
_TEXTS: Final = 3
"""Answer, reasoning and calls are counted apart, and each is rounded up to whole tokens."""


class Slices(Struct, frozen=True):
    """How the hold of one stream grows."""

    first: Credits
    """What is held before anything is sent."""
    step: Credits
    """How much more at a time."""
    most: Credits
    """The price: the most that the stream can cost, and what is held in all at most."""

    def go_on_after(self, held: Credits) -> bool:
        """Whether there is a further slice."""
        return held < self.most

    def next_level(self, held: Credits) -> Credits:
        """What is to be held in all once the next slice is added."""
        return Credits(min(self.most, held + self.step))


WHOLE: Final = Slices(ZERO, ZERO, ZERO)
"""What is held is all there is to hold."""


def slices_of(rates: Rates, price: Price, *, streams: bool) -> Slices:
    """How a chat of this price is held: whole, unless it is a stream that one slice does not cover.

    A slice is the model's own hold, or an eighth of the output where that is more.
    """
    of_input, of_output = price.lines
    step = Credits(max(exact(rates.hold), -(-of_output.total // SLICES_MAX)))
    first = min(price.total, of_input.total + step) if streams else price.total
    return Slices(Credits(first), step, price.total)


def bytes_covered(rates: Rates, prompt_tokens: int, amount: int) -> int:
    """How many bytes of an answer so much certainly pays for, by our own count."""
    tokens = (amount * MILLION - exact(rates.input_per_million) * prompt_tokens) // exact(rates.output_per_million)
    return max(0, tokens * BYTES_PER_TOKEN - _TEXTS * (BYTES_PER_TOKEN - 1))
