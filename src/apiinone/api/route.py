"""What a route is: it states who may call it, which object ids it takes, its limits and its answers, or it is none."""

from collections.abc import Awaitable, Callable
from typing import Final, Literal

from msgspec import Struct

from apiinone.accounts.callers import Caller
from apiinone.accounts.keys import Scope
from apiinone.api.answer import Reply
from apiinone.api.call import Call
from apiinone.api.house import House
from apiinone.catalog.endpoints import CreateRoute
from apiinone.core.errors import Refusal

Handler = Callable[[House, Call], Awaitable[Reply]]
KeyHandler = Callable[[House, Call, Caller], Awaitable[Reply]]
Kind = Literal[
    "own_task",
    "own_delivery",
    "own_provider_key",
    "own_order",
    "own_endpoint",
    "own_document",
    "own_member",
    "own_saved_method",
    "model",
    "linked_task",
    "output_no",
    "provider",
    "payment_method",
]
"""What an id in a path names, and whose it must be.

`own_task`, `own_delivery` and the others that are `own_…`: of the caller's account and mode, any other is 404.
`model`: a public name of the catalogue. `linked_task`, `output_no`: what a signed link leads to.
`provider`, `payment_method`: a name that an operator has configured.
"""


class Public(Struct, frozen=True):
    """Anyone may call."""

    handle: Handler


class ByKey(Struct, frozen=True):
    """The holder of a key with this scope may call; None: of any key."""

    scope: Scope | None
    handle: KeyHandler


class BySignedLink(Struct, frozen=True):
    """Whoever holds a link that we signed may call; the route checks it against the row it leads to."""

    handle: Handler


class ByProviderSignature(Struct, frozen=True):
    """A vendor may call who signs with the secret we share; the route checks it over the body."""

    handle: Handler


class ByPaymentSignature(Struct, frozen=True):
    """Who takes money for us may call, signing with the secret we share; without that secret there is no such route."""

    handle: Handler


class ByMetricsToken(Struct, frozen=True):
    """The operator's monitoring may call; without a configured token there is no such route."""

    handle: Handler


Authority = Public | ByKey | BySignedLink | ByProviderSignature | ByPaymentSignature | ByMetricsToken


class PathId(Struct, frozen=True):
    """A name in a path, and what may stand there."""

    name: str
    kind: Kind


class NoBody(Struct, frozen=True):
    """A body is neither needed nor read."""


class CreationBody(Struct, frozen=True):
    """A JSON object that keeps the schema of this create route: of the model that it names, or of the one there is."""

    made_by: CreateRoute


ROUTE_FIELD: Final = "route"
"""In a quote's body: the path of the create route that it is for."""


class QuoteBody(Struct, frozen=True):
    """A creation's body without a quote's id; it may name its create route."""


class TypedBody(Struct, frozen=True):
    """A JSON object of this type."""

    kind: type[Struct]


class ForeignBody(Struct, frozen=True):
    """Bytes in the form of somebody else."""

    bytes_max: int


class Json(Struct, frozen=True):
    """`data` of the envelope is one of these types."""

    data: tuple[type[Struct], ...]


class Several(Struct, frozen=True):
    """`data` of the envelope is a list of this type."""

    row: type[Struct]


class Listed(Struct, frozen=True):
    """A page of rows of this type, with `next_cursor`."""

    row: type[Struct]


class Bare(Struct, frozen=True):
    """The body is this type, without envelope, with any of these statuses, or one of these other media types."""

    body: type[Struct]
    statuses: tuple[int, ...]
    also: tuple[str, ...] = ()


class Free(Struct, frozen=True):
    """A body of one of these media types that has no type of ours."""

    content_types: tuple[str, ...]
    partly: bool = False
    """Whether a part of it may be asked for (206)."""


class EventStreamOf(Struct, frozen=True):
    """Server-sent events whose `data` is of one of these types; 204 where there is nothing left to send."""

    data: tuple[type[Struct], ...]

    @property
    def statuses(self) -> tuple[int, ...]:
        """What it may answer with, if nothing is refused."""
        return (200, 204)


Answers = Json | Several | Listed | Bare | Free | EventStreamOf


class Route(Struct, frozen=True, kw_only=True):
    """One method on one path. Nothing has a default: what a route leaves out, it cannot be made without."""

    method: Literal["GET", "POST", "DELETE"]
    path: str
    name: str
    """Its name in documents and figures: a verb and a noun."""
    about: str
    authority: Authority
    ids: tuple[PathId, ...]
    query: type[Struct]
    headers: tuple[str, ...]
    """Request headers that change what it does."""
    body: NoBody | CreationBody | QuoteBody | TypedBody | ForeignBody
    answers: Answers
    refusals: tuple[type[Refusal], ...]
    """Refusals of its own, beside those of its authority, its ids and its body."""
