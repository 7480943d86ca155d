"""What a catalogue request becomes at one vendor: the orders of the offers that serve it, and what they cost us."""

from apiinone.catalog.conditions import offers_for
from apiinone.catalog.costs import cost_of
from apiinone.catalog.fields import file_fields, upstream_fields
from apiinone.providers.provider import Order
from catalog.catalogue_for_tests import chosen, parsed


def offered(provider: str, model: str, **fields: object) -> tuple[Order, int] | None:
    """The order for such a request, without its files, and its cost; None where this vendor does not serve it."""
    read = parsed(model, **fields).fields
    offers = [offer for offer in offers_for(chosen(model).sub_model, read) if offer.provider == provider]
    assert len(offers) <= 1
    for offer in offers:
        order = Order("attempt", offer.upstream_model, upstream_fields(offer, read), outputs=1)
        return order, cost_of(offer.cost_micro_usd, read)
    return None


def files_of(provider: str, model: str, **fields: object) -> dict[str, str]:
    """Our fields whose bytes travel to this vendor, with its names for them."""
    read = parsed(model, **fields).fields
    offers = [offer for offer in offers_for(chosen(model).sub_model, read) if offer.provider == provider]
    return file_fields(offers[0], read)
