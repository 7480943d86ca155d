"""Which offer serves an attempt, and why. Pure.

Another offer is tried only after a refusal that is certain; the client's price does not move with it.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from apiinone.accounts.keys import Mode
from apiinone.catalog.conditions import offers_for
from apiinone.catalog.costs import cost_of
from apiinone.catalog.entry import SubModel
from apiinone.catalog.offer import Offer

LOCAL = "local"
"""The built-in provider's name."""


class Asked(Struct, frozen=True):
    """What a task asks for, as far as offers care."""

    fields: Mapping[str, object]
    operation: str = ""


class Route(Struct, frozen=True):
    """The offer for an attempt (None: the local provider) and the sentence that the receipt shows."""

    provider: str
    upstream_model: str
    because: str
    offer: Offer | None
    expected_cost_micro_usd: int | None


def usable_offers(
    sub_model: SubModel, fields: Mapping[str, object], configured: frozenset[str], operation: str = ""
) -> Sequence[Offer]:
    """The offers that can serve this request here, the best first: by priority, then by cost.

    `operation`: the further create route that asks, such as `music/extend`.
    """
    fitting = [offer for offer in offers_for(sub_model, fields, operation) if offer.provider in configured]
    return sorted(fitting, key=lambda offer: (offer.priority, cost_of(offer.cost_micro_usd, fields)))


def choose(
    mode: Mode, sub_model: SubModel, asked: Asked, *, configured: frozenset[str], attempts_before: int
) -> Route | None:
    """The offer for the next attempt; None where nothing configured here serves the request any more."""
    if mode == "test":
        return Route(LOCAL, sub_model.id, "test mode: the built-in local provider makes everything", None, 0)
    offers = usable_offers(sub_model, asked.fields, configured, asked.operation)
    if not offers:
        return None
    offer = offers[attempts_before % len(offers)]
    cost = cost_of(offer.cost_micro_usd, asked.fields)
    return Route(offer.provider, offer.upstream_model, _reason(offers, attempts_before), offer, cost)


def offer_named(sub_model: SubModel, asked: Asked, provider: str | None, upstream_model: str | None) -> Offer | None:
    """The offer an attempt was planned on; None where the catalogue has lost it since.

    Several offers may share a name upstream; only one of them serves such a request.
    """
    fitting = offers_for(sub_model, asked.fields, asked.operation)
    return next((o for o in fitting if o.provider == provider and o.upstream_model == upstream_model), None)


def _reason(offers: Sequence[Offer], attempts_before: int) -> str:
    if attempts_before == 0:
        return "the only configured offer" if len(offers) == 1 else f"first by priority of {len(offers)} offers"
    if len(offers) == 1:
        return f"try {attempts_before + 1} on the only configured offer, after a certain refusal"
    return f"next of {len(offers)} offers, after a certain refusal"
