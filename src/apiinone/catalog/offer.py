"""An offer: one way to have a sub-model made by a provider."""

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta

from apiinone.catalog.fact import Condition, Fact, FieldName, Name, Sentence

Form = Literal["as_is", "size_star", "size_x", "ratio_of_size"]
"""How a value is written for the upstream.

`size_star`: `1024*1024`. `size_x`: `1024x1024`. `ratio_of_size`: `1:1`, the nearest of `among` where one is near.
"""


class Send(Fact, frozen=True, kw_only=True):
    """One of our fields, sent on under the upstream's name and in its form."""

    field: FieldName
    name: FieldName | None = None
    """The upstream's name; None: the same as ours."""
    form: Form = "as_is"
    among: tuple[str, ...] = ()
    """For `ratio_of_size`: the ratios that the upstream names."""
    omit_when: str | int | bool | None = None
    """Left out where the field has this value; None: always sent."""


class Offer(Fact, frozen=True, kw_only=True):
    """Provider, upstream name, cost and field names. Every parameter of the entry is sent or dropped by name."""

    provider: Name
    upstream_model: str
    priority: int
    """Smaller is tried first."""
    cost_micro_usd: Annotated[int, Meta(ge=0)]
    """What the provider charges us for one output, in millionths of a US dollar."""
    cost_basis: Sentence
    """Where that figure comes from."""
    send: tuple[Send, ...]
    drop: tuple[FieldName, ...] = ()
    constants: Mapping[FieldName, str | int | bool] = {}
    when: tuple[Condition, ...] = ()
    """The requests that this offer can serve; empty: all."""
    node: int | None = None
    """The pool of workers with the credential; None: the entry's own node."""
    sells_below_cost: bool = False
    """Says that a price under the cost is meant."""
    confidence: Literal["confirmed", "unconfirmed"]
    source: Sentence
