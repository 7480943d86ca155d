"""What a vendor asks at most for what an amount of the price list pays for. Pure."""

from collections.abc import Iterator, Mapping
from typing import cast

from msgspec import Struct

from apiinone.catalog.check_money import MICRO_USD_PER_CREDIT, sold_by
from apiinone.catalog.costs import TokenCost, cost_of
from apiinone.catalog.entry import Entry, SubModel
from apiinone.catalog.figures import figure_for
from apiinone.catalog.offer import Offer
from apiinone.catalog.price_rules import Fixed, PerSecond
from apiinone.catalog.set_prices import Priced
from apiinone.core.credits import MICRO_PER_CREDIT, Credits

_MICRO_PER_MICRO_USD = MICRO_PER_CREDIT // MICRO_USD_PER_CREDIT


class Dearest(Struct, frozen=True):
    """The cost of what one unit of the amount pays for, as an amount that would just cover it; rounded upward."""

    cost: Credits
    offer: Offer


def dearest_of(entry: Entry, priced: Priced) -> Mapping[str, Dearest]:
    """By the figure's name; what no vendor's offer costs anything for is left out."""
    found: dict[str, Dearest] = {}
    for name, one in _costs(entry, priced):
        if name not in found or one.cost > found[name].cost:
            found[name] = one
    return found


def _costs(entry: Entry, priced: Priced) -> Iterator[tuple[str, Dearest]]:
    for sub in entry.sub_models:
        for offer in sub.offers:
            if priced.operation:
                if entry.id == priced.model and offer.operation == priced.operation:
                    yield from _of_route(entry, sub, offer)
            elif sub.id == priced.model:
                yield from _of_sub_model(entry, sub, offer)


def _of_route(entry: Entry, sub: SubModel, offer: Offer) -> Iterator[tuple[str, Dearest]]:
    for fields, _ in sold_by(entry, sub, offer):
        yield "fixed", _dearest(offer, cost_of(offer.cost_micro_usd, fields), 1)


def _of_sub_model(entry: Entry, sub: SubModel, offer: Offer) -> Iterator[tuple[str, Dearest]]:
    route = entry.route_of(offer.operation)
    if route is not None and isinstance(route.price, Fixed):
        return
    if isinstance(offer.cost_micro_usd, TokenCost):
        yield "tokens.input_per_million", _dearest(offer, offer.cost_micro_usd.input_micro_usd, 1)
        yield "tokens.output_per_million", _dearest(offer, offer.cost_micro_usd.output_micro_usd, 1)
        return
    for fields, _ in sold_by(entry, sub, offer):
        name = figure_for(sub.price, fields)
        count = int(cast("int | str", fields[sub.price.field])) if isinstance(sub.price, PerSecond) else 1
        if name is not None:
            yield name, _dearest(offer, cost_of(offer.cost_micro_usd, fields), count)


def _dearest(offer: Offer, micro_usd: int, count: int) -> Dearest:
    return Dearest(Credits(-(-micro_usd * _MICRO_PER_MICRO_USD // count)), offer)
