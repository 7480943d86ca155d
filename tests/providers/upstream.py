"""What an adapter's tests share: an answer, an order as the catalogue makes it, and what its offers cost."""

import json
from collections.abc import Iterator

from apiinone.catalog.conditions import offers_for
from apiinone.catalog.costs import cost_of
from apiinone.catalog.fields import upstream_fields
from apiinone.catalog.offer import Offer
from apiinone.core.exchange import Response
from apiinone.providers.provider import Order
from catalog.catalogue_for_tests import CATALOGUE, chosen, parsed


def answered(body: object, status: int = 200, **headers: str) -> Response:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, data)


def order_of(provider: str, model: str, **fields: object) -> Order | None:
    """The order of this request to this provider; None where no offer of it serves such a request."""
    found = offer_of(provider, model, **fields)
    if found is None:
        return None
    body = upstream_fields(found, parsed(model, **fields).fields)
    return Order("attempt", found.upstream_model, body, 1)


def cost_at(provider: str, model: str, **fields: object) -> int | None:
    """What this request costs there, in millionths of a dollar; None where no offer of it serves such a request."""
    found = offer_of(provider, model, **fields)
    return None if found is None else cost_of(found.cost_micro_usd, parsed(model, **fields).fields)


def offer_of(provider: str, model: str, **fields: object) -> Offer | None:
    offers = offers_for(chosen(model).sub_model, parsed(model, **fields).fields)
    return next((offer for offer in offers if offer.provider == provider), None)


def served_by(provider: str) -> Iterator[str]:
    """The sub-models that a provider has an offer for."""
    for entry in CATALOGUE.entries:
        yield from (sub.id for sub in entry.sub_models if any(offer.provider == provider for offer in sub.offers))
