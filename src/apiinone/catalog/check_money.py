"""What can be wrong with prices and offers: a body without a price, a field that is lost, a price below cost. Pure."""

from collections.abc import Iterator

from msgspec import UNSET

from apiinone.catalog.conditions import offers_for
from apiinone.catalog.entry import Choice, Entry, SubModel
from apiinone.catalog.offer import Offer
from apiinone.catalog.parameters import default_of
from apiinone.catalog.price_rules import ByFields, PerOutput, PerSecond, PriceRule
from apiinone.catalog.prices import every_price
from apiinone.catalog.pricing import price_fields, word
from apiinone.catalog.sizes import read_ratio
from apiinone.core.credits import MICRO_PER_CREDIT

MICRO_USD_PER_CREDIT = 10_000


def prices_wrong(entry: Entry) -> Iterator[tuple[str, str]]:
    """Bodies that have no price, and entries of price tables that no body reaches."""
    always = {field.name for field in entry.parameters if field.required or default_of(field) is not UNSET}
    for position, sub in enumerate(entry.sub_models):
        where = f"sub_models[{position}].price"
        missing = [name for name in _needed(sub.price) if name not in always]
        for name in missing:
            yield where, f"depends on {name}, which a body may leave out"
        if not missing:
            yield from ((where, what) for what in _combinations(entry, sub))


def offers_wrong(entry: Entry) -> Iterator[tuple[str, str]]:
    """Fields that an offer neither sends nor drops, and offers that cost more than they bring."""
    names = {field.name for field in entry.parameters}
    for position, sub in enumerate(entry.sub_models):
        for number, offer in enumerate(sub.offers):
            where = f"sub_models[{position}].offers[{number}]"
            told = [*(send.field for send in offer.send), *offer.drop]
            yield from ((where, f"{name} is neither sent nor dropped") for name in sorted(names - set(told)))
            yield from ((where, f"{name} is not a field of this model") for name in sorted(set(told) - names))
            yield from ((where, f"{name} is named twice") for name in sorted({n for n in told if told.count(n) > 1}))
            yield from ((where, what) for what in _upstream_names(offer))
            yield from ((where, what) for what in _loss(entry, sub, offer))


def _needed(rule: PriceRule) -> tuple[str, ...]:
    match rule:
        case ByFields() | PerOutput() | PerSecond():
            return price_fields(rule)
        case _:
            return ()


def _combinations(entry: Entry, sub: SubModel) -> Iterator[str]:
    table = sub.price.unit if isinstance(sub.price, PerOutput | PerSecond) else sub.price
    reached: set[str] = set()
    try:
        for fields, found in every_price(Choice(entry, sub)):
            if isinstance(table, ByFields):
                reached.add("/".join(word(fields[name]) for name in table.fields))
            if found.total <= 0 or found.unit * found.units != found.total:
                yield f"{fields} has the price {found.total}"
            if found.unit % entry.outputs_per_task:
                yield f"the price {found.unit} has no {entry.outputs_per_task} equal parts"
    except (KeyError, ValueError) as error:
        yield f"no price: {error}"
        return
    if isinstance(table, ByFields):
        yield from (f"no body reaches {key}" for key in table.credits if key not in reached)


def _upstream_names(offer: Offer) -> Iterator[str]:
    names = [send.name or send.field for send in offer.send] + list(offer.constants)
    yield from (f"two values for the upstream's {name}" for name in sorted({n for n in names if names.count(n) > 1}))
    for name in (name for send in offer.send for name in send.among):
        try:
            read_ratio(name)
        except ValueError:
            yield f"{name} is not a ratio"


def _loss(entry: Entry, sub: SubModel, offer: Offer) -> Iterator[str]:
    if offer.sells_below_cost:
        return
    try:
        served = [found.unit for fields, found in every_price(Choice(entry, sub)) if offer in offers_for(sub, fields)]
    except (KeyError, ValueError):
        return
    if served and min(served) * MICRO_USD_PER_CREDIT < offer.cost_micro_usd * MICRO_PER_CREDIT:
        yield f"costs {offer.cost_micro_usd} millionths of a dollar, more than the price of {min(served)} micro-credits"
