"""Prices that operators have set while the product runs, put over those of the catalogue's files. Pure.

What comes out is a catalogue like any other, with a version of its own, so that whatever follows from a price follows
from these as well. What does not fit the files any more is left out, and said.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from apiinone.catalog.check_money import losses, prices_wrong
from apiinone.catalog.entry import Entry, Route, SubModel
from apiinone.catalog.figures import Figure, figures_of, route_price_with, rule_with
from apiinone.catalog.load import Catalogue, catalogue_of
from apiinone.catalog.offer import Offer
from apiinone.catalog.price_rules import OfModel
from apiinone.core.credits import Credits, shown, whole

CREDITS_MAX: Final = whole(1_000_000)
"""The most that an amount of the list can be set to."""


class Priced(Struct, frozen=True):
    """What has prices of its own: a sub-model, or (with `operation`) a further route of a model."""

    model: str
    operation: str = ""


class SetPrice(Struct, frozen=True):
    """An amount in place of the catalogue's."""

    amount: Credits
    below_cost: bool = False
    """Whether the operator said that it is meant where it does not cover what a vendor asks."""


SetPrices = Mapping[Priced, Mapping[str, SetPrice]]
"""By what is priced and by the figure's name (`figures.py`)."""


class Unfit(Struct, frozen=True):
    """A set price that is not used, and why."""

    priced: Priced
    figure: str
    amount: Credits
    why: str


class Repriced(Struct, frozen=True):
    """A catalogue with set prices, and those of them that it has no use for."""

    catalogue: Catalogue
    unfit: tuple[Unfit, ...] = ()


def with_set_prices(listed: Catalogue, prices: SetPrices) -> Repriced:
    """The catalogue of the files with these prices in it. Never raises: what does not fit is left out."""
    left = {priced: dict(figures) for priced, figures in prices.items()}
    unfit: list[Unfit] = []
    entries = [_entry_with(entry, left, unfit) for entry in listed.every_entry()] if prices else []
    for priced, figures in left.items():
        unfit += _unfit(priced, figures, "there is nothing of this name to be priced")
    if all(new is old for new, old in zip(entries, listed.every_entry(), strict=False)):
        return Repriced(listed, tuple(unfit))
    return Repriced(catalogue_of(entries), tuple(unfit))


def priced_in(entry: Entry) -> Iterator[tuple[Priced, tuple[Figure, ...]]]:
    """Everything of a model that has prices, with its figures."""
    for sub in entry.sub_models:
        yield Priced(sub.id), figures_of(sub.price)
    for route in entry.routes:
        if route.price is not None and (figures := figures_of(route.price)):
            yield Priced(entry.id, route.operation), figures


def sold_below_cost(entry: Entry, priced: Priced) -> tuple[tuple[Offer, str], ...]:
    """The offers that sell what is priced for less than they cost, unless the catalogue says it is meant; and how."""
    return tuple(
        (offer, why)
        for sub in entry.sub_models
        for offer in sub.offers
        if _concerns(entry, sub, offer, priced)
        for why in losses(entry, sub, offer)
    )


def repriced(entry: Entry, priced: Priced, figures: Mapping[str, SetPrice]) -> Entry:
    """The model with these amounts in place of its own; names that it does not know change nothing."""
    amounts = {name: _credits(price.amount) for name, price in figures.items()}
    meant = any(price.below_cost for price in figures.values())
    subs = [_meant(entry, sub, priced) if meant else sub for sub in entry.sub_models]
    if priced.operation:
        routes = tuple(_route(one, priced, amounts) for one in entry.routes)
        return replace(entry, sub_models=tuple(subs), routes=routes)
    named = (replace(one, price=rule_with(one.price, amounts)) if one.id == priced.model else one for one in subs)
    return replace(entry, sub_models=tuple(named))


def _entry_with(entry: Entry, left: dict[Priced, dict[str, SetPrice]], unfit: list[Unfit]) -> Entry:
    """The model with what is set for it, which is taken out of `left`."""
    wrong_before = set(prices_wrong(entry))
    for priced, known in priced_in(entry):
        names = {figure.name for figure in known}
        figures = left.pop(priced, None)
        if not figures:
            continue
        fitting = {name: price for name, price in figures.items() if name in names}
        others = {name: price for name, price in figures.items() if name not in names}
        unfit += _unfit(priced, others, "its price has no such amount any more")
        candidate = repriced(entry, priced, fitting)
        if fitting and (wrong := [what for what in prices_wrong(candidate) if what not in wrong_before]):
            unfit += _unfit(priced, fitting, wrong[0][1])
        elif fitting:
            entry = candidate
    return entry


def _unfit(priced: Priced, figures: Mapping[str, SetPrice], why: str) -> list[Unfit]:
    return [Unfit(priced, name, price.amount, why) for name, price in figures.items()]


def _route(route: Route, priced: Priced, amounts: Mapping[str, Decimal]) -> Route:
    if route.price is None or route.operation != priced.operation:
        return route
    return replace(route, price=route_price_with(route.price, amounts))


def _meant(entry: Entry, sub: SubModel, priced: Priced) -> SubModel:
    """As a data file says that selling below cost is meant: on each offer that serves what is priced."""
    offers = (
        replace(offer, sells_below_cost=True) if _concerns(entry, sub, offer, priced) else offer for offer in sub.offers
    )
    return replace(sub, offers=tuple(offers))


def _concerns(entry: Entry, sub: SubModel, offer: Offer, priced: Priced) -> bool:
    """Whether what is priced is what the offer sells."""
    if priced.operation:
        return offer.operation == priced.operation and entry.id == priced.model
    route = entry.route_of(offer.operation)
    return sub.id == priced.model and (route is None or isinstance(route.price, OfModel))


def _credits(amount: Credits) -> Decimal:
    return Decimal(shown(amount))  # as a file would write it, so that one price has one version
