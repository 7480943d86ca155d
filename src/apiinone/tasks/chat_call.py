"""A chat that was accepted, the ways to have it answered, and how it may end: values alone."""

from collections.abc import Callable

from msgspec import Struct

from apiinone.catalog.costs import TokenCost
from apiinone.ledger.ledger import Owner
from apiinone.providers.chat import ChatOrder
from apiinone.tasks.chat_reckoning import Terms
from apiinone.tasks.direct import Note
from apiinone.tasks.moves import NewAttempt
from apiinone.tasks.scenario import Scenario
from apiinone.tasks.spoken import Spoken


class Answered(Struct, frozen=True):
    """It is settled; `body` is the whole answer as rendered, None for a stream. `cut`: it broke off."""

    note: Note
    body: str | None
    cut: bool


class Failed(Struct, frozen=True):
    """It failed and cost nothing; `kind` is the error's type, the message is for the client."""

    kind: str
    message: str


class Unsettled(Struct, frozen=True):
    """Its end could not be written down; the sweeper will end it, and nobody may say how."""


ChatOutcome = Answered | Failed | Unsettled
LOST = Failed("provider_error", "this call was ended by somebody else")


class Try(Struct, frozen=True):
    """One way to have a chat answered: an attempt on an offer, what is asked there, and what a token costs us."""

    attempt: NewAttempt
    order: ChatOrder
    cost: TokenCost | None = None


class Chat(Struct, frozen=True):
    """One call that was accepted and held."""

    task_id: str
    owner: Owner
    order: ChatOrder
    terms: Terms
    scenario: Scenario
    deadline_s: float
    render: Callable[[Spoken, Note], str]
    """Makes the whole answer, for a chat that is not streamed."""
    keep_answer: bool
    """Whether the answer may be replayed, and so is kept for a while."""
    cost: TokenCost | None = None
    """What a token costs us on the offer that `order` is for; None: nothing, or it is not known."""
    others: tuple[Try, ...] = ()
    """What is tried next where a provider certainly refuses before it said anything."""
