"""Orders as the product makes them: from a client's body, through the offer of one provider."""

from collections.abc import Mapping

from apiinone.catalog.conditions import offers_for
from apiinone.catalog.costs import cost_of
from apiinone.catalog.fields import file_fields, upstream_fields
from apiinone.catalog.offer import Offer
from apiinone.core.exchange import File
from apiinone.providers.provider import Order
from catalog.catalogue_for_tests import chosen, parsed

PNG = File(b"\x89PNG", "image/png")


def offer_of(provider: str, name: str, fields: Mapping[str, object]) -> Offer | None:
    """The offer of this provider that serves such a parsed request first."""
    fit = offers_for(chosen(name).sub_model, fields)
    return next((offer for offer in fit if offer.provider == provider), None)


def ordered(
    provider: str, name: str, fields: Mapping[str, object], *, outputs: int = 1, files: tuple[File, ...] = (PNG,)
) -> Order:
    """The order; each field that travels as files brings these."""
    read = parsed(name, **fields).fields
    offer = offer_of(provider, name, read)
    assert offer is not None, f"{provider} serves no such request"
    sent = dict.fromkeys(file_fields(offer, read).values(), files)
    return Order("attempt", offer.upstream_model, upstream_fields(offer, read), outputs, None, sent)


def cost(provider: str, name: str, **fields: object) -> int:
    """What the offer says that one output costs, in millionths of a dollar."""
    read = parsed(name, **fields).fields
    offer = offer_of(provider, name, read)
    assert offer is not None, f"{provider} serves no such request"
    return cost_of(offer.cost_micro_usd, read)


def serves(provider: str, name: str, **fields: object) -> bool:
    """Whether the provider has an offer for such a request."""
    return offer_of(provider, name, parsed(name, **fields).fields) is not None
