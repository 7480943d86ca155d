"""What becomes of a chat's hold, by what was heard of its answer. Pure; `direct.py` says the rule in words."""

from collections.abc import Callable
from functools import cached_property

from msgspec import Struct, field

from apiinone.catalog.price_rules import Tokens as Rates
from apiinone.catalog.pricing import price_of_tokens
from apiinone.core.credits import Credits
from apiinone.providers.chat import FinishReason, Tally, Used
from apiinone.providers.provider import Rejected
from apiinone.tasks.chat_slices import WHOLE, Slices
from apiinone.tasks.direct import Note, Tokens

BROKE_OFF = Rejected("provider_error", "the provider's answer broke off", retryable=True)


class Terms(Struct, frozen=True, dict=True):
    """What was agreed before: rates, what is held by now, and how to count the input."""

    rates: Rates
    held: Credits
    count_input: Callable[[], int]
    streams: bool
    slices: Slices = WHOLE
    """How the hold grows."""

    @cached_property
    def prompt_tokens(self) -> int:
        """Our own count of the input. Mostly nobody asks: the provider tells its own, and all is held at once."""
        return self.count_input()


class Heard(Struct):
    """What came from the provider so far."""

    tally: Tally = field(default_factory=Tally)
    relayed: bool = False
    """Whether something may have reached the client."""
    used: Used | None = None
    ended: FinishReason | None = None
    refused: Rejected | None = None
    late: bool = False
    """Whether the deadline came first."""
    uncovered: bool = False
    """Whether we ended it, because nothing more could be held for it."""


class Charge(Struct, frozen=True):
    """So much is taken, for this use."""

    note: Note


class OutOfTime(Struct, frozen=True):
    """The deadline passed and nothing is owed."""


Reckoning = Charge | Rejected | OutOfTime


def reckoned(terms: Terms, heard: Heard) -> Reckoning:
    """What is to be done with the hold, now that nothing more will be heard."""
    if heard.used is not None:
        used = heard.used
        tokens = Tokens(used.prompt, used.completion, used.reasoning, estimated=False)
        return Charge(Note(tokens, heard.ended, owed(terms, tokens)))
    whole = heard.ended is not None and not terms.streams
    if heard.relayed or heard.uncovered or whole:
        return Charge(note_so_far(terms, heard))
    if heard.refused is not None:
        return heard.refused
    return OutOfTime() if heard.late else BROKE_OFF


def note_so_far(terms: Terms, heard: Heard) -> Note:
    """What is owed for what was said so far, by our own count."""
    tally = heard.tally
    tokens = Tokens(terms.prompt_tokens, tally.completion, tally.reasoning, estimated=True)
    return Note(tokens, heard.ended, owed(terms, tokens))


def owed(terms: Terms, tokens: Tokens) -> Credits:
    """The price of so many tokens, never more than was held."""
    return min(terms.held, price_of_tokens(terms.rates, tokens.prompt, tokens.completion))
