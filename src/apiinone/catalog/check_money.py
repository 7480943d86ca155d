"""What can be wrong with prices and offers: a body without a price, a field that is lost, a price below cost. Pure."""

from collections.abc import Iterator, Mapping

from msgspec import UNSET

from apiinone.catalog.conditions import MODEL_FIELD, holds
from apiinone.catalog.costs import TokenCost, cost_of
from apiinone.catalog.entry import Choice, Entry, SubModel
from apiinone.catalog.offer import Offer
from apiinone.catalog.parameters import default_of
from apiinone.catalog.price_rules import ByFields, PerOutput, PerSecond, PerThousandCharacters, PriceRule, Tokens
from apiinone.catalog.prices import defaults, every_price
from apiinone.catalog.pricing import price, price_fields, route_price, word
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
    for position, sub in enumerate(entry.sub_models):
        for number, offer in enumerate(sub.offers):
            where = f"sub_models[{position}].offers[{number}]"
            yield from ((where, what) for what in _fields(entry, offer))
            yield from ((where, what) for what in _upstream_names(offer))
            yield from ((where, what) for what in losses(entry, sub, offer))


def losses(entry: Entry, sub: SubModel, offer: Offer) -> Iterator[str]:
    """Why an offer costs more than it brings, where that is not said to be meant; for the first such request."""
    if isinstance(offer.cost_micro_usd, TokenCost):
        yield from _loss_of_tokens(sub, offer.cost_micro_usd, meant=offer.sells_below_cost)
        return
    for fields, sold in sold_by(entry, sub, offer):
        try:
            cost = cost_of(offer.cost_micro_usd, fields)
        except (KeyError, ValueError) as error:
            yield f"no cost for {fields}: {error}"
            return
        if sold * MICRO_USD_PER_CREDIT < cost * MICRO_PER_CREDIT and not offer.sells_below_cost:
            yield f"costs {cost} millionths of a dollar, more than the price of {sold} micro-credits"
            return


def sold_by(entry: Entry, sub: SubModel, offer: Offer) -> Iterator[tuple[Mapping[str, object], int]]:
    """The requests that an offer may serve, each with the price of one output in micro-credits.

    A text that is priced by its length stands for all of them with a thousand characters.
    """
    choice = Choice(entry, sub)
    try:
        if (route := entry.route_of(offer.operation)) is not None:
            yield defaults(choice), route_price(choice, route, defaults(choice)).total
            return
        if isinstance(sub.price, PerThousandCharacters):
            fields = {**defaults(choice), sub.price.field: "x" * 1000}
            yield fields, price(choice, fields).total
            return
        yield from ((fields, found.unit) for fields, found in every_price(choice) if _may_serve(offer, sub, fields))
    except (KeyError, ValueError):
        return


def _fields(entry: Entry, offer: Offer) -> Iterator[str]:
    route = entry.route_of(offer.operation)
    if offer.operation and route is None:
        yield f"{offer.operation} is no further route of this model"
        return
    names = {field.name for field in (entry.parameters if route is None else route.parameters)}
    told = [*(send.field for send in offer.send), *offer.drop, *([offer.works_on] if offer.works_on else [])]
    yield from (f"{name} is neither sent nor dropped" for name in sorted(names - set(told)))
    yield from (f"{name} is not a field of this model" for name in sorted(set(told) - names))
    yield from (f"{name} is named twice" for name in sorted({n for n in told if told.count(n) > 1}))
    yield from (f"{name} is not a field of this model" for name in sorted({*offer.without, *offer.with_fields} - names))


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
    inside = {one for one in names for other in names if other.startswith(f"{one}.")}
    yield from (f"the upstream's {name} is both a value and an object" for name in sorted(inside))
    for name in (name for send in offer.send for name in send.among):
        try:
            read_ratio(name)
        except ValueError:
            yield f"{name} is not a ratio"


def _loss_of_tokens(sub: SubModel, cost: TokenCost, *, meant: bool) -> Iterator[str]:
    if not isinstance(sub.price, Tokens):
        yield "costs by tokens, but is not priced so"
        return
    rates = (sub.price.input_per_million, cost.input_micro_usd), (sub.price.output_per_million, cost.output_micro_usd)
    if not meant and any(sold * MICRO_USD_PER_CREDIT < paid for sold, paid in rates):
        yield "costs more for a million tokens than their price"


def _may_serve(offer: Offer, sub: SubModel, fields: Mapping[str, object]) -> bool:
    """Whether no field that the price depends on speaks against it; of the others, anything may hold."""
    priced = {MODEL_FIELD, *price_fields(sub.price)}
    return all(holds(part, sub, fields) for part in offer.when if part.field in priced)
