"""All prices of a model: every combination that has one, the range, the base price and the words for them. Pure."""

from collections.abc import Iterator
from itertools import product
from typing import Literal

from msgspec import UNSET, Struct

from apiinone.catalog.conditions import excluded
from apiinone.catalog.entry import Choice, Entry, Route, SubModel
from apiinone.catalog.parameters import Flag, OneOf, OneOfNumbers, Parameter, Records, Text, Whole, default_of
from apiinone.catalog.price_rules import PerThousandCharacters, Tokens, exact
from apiinone.catalog.pricing import Price, price, price_fields, route_price
from apiinone.core.credits import Credits, usd, whole
from apiinone.core.credits import shown as credits_shown

Fields = dict[str, object]
ChargedBy = Literal["output", "length", "tokens"]
"""What a price follows: `output`: the fields; `length`: how long the text is, so that without one it is the least;
`tokens`: those used, so that what is told is what is held."""
_TO = "\N{EN DASH}"
COUNT_MAX = 100
"""Whole numbers with a longer range than this are priced at its ends only."""


class PriceRange(Struct, frozen=True):
    """What one output of a model costs: with every default, at least, and at most."""

    base: Credits
    low: Credits
    high: Credits | None
    """None: no field limits it."""


class PriceSaid(Struct, frozen=True):
    """A price as people are told of it, in the words of no language yet but for its unit's name."""

    low: Credits
    high: Credits
    unit: str
    """What is paid for, such as `image`."""
    by_token: bool = False
    """Whether this is what is held, and what is charged depends on the tokens used."""

    @property
    def dollars(self) -> str:
        """The same in dollars."""
        return _dollars(self.low) if self.low == self.high else f"{_dollars(self.low)}{_TO}{_dollars(self.high)}"


def price_range(entry: Entry) -> PriceRange:
    """The model's prices for one output. The base is the default sub-model with every default."""
    ends = [price_ends(Choice(entry, sub)) for sub in entry.sub_models]
    highest = [high for _, high in ends if high is not None]
    default = Choice(entry, entry.default_sub_model)
    return PriceRange(
        base=price(default, defaults(default)).unit,
        low=min(low for low, _ in ends),
        high=max(highest) if len(highest) == len(ends) else None,
    )


def price_ends(choice: Choice) -> tuple[Credits, Credits | None]:
    """What one output costs at least and at most; None: no field limits it."""
    units = [found.unit for _, found in every_price(choice)]
    low, rule = Credits(min(units)), choice.sub_model.price
    match rule:
        case PerThousandCharacters():
            spoken = next(field for field in choice.entry.parameters if field.name == rule.field)
            longest = "x" * _characters_max(spoken)
            return low, price(choice, {**defaults(choice), rule.field: longest}).unit
        case Tokens():
            return low, None
        case _:
            return low, Credits(max(units))


def charged_by(sub_model: SubModel) -> ChargedBy:
    """What the price of this variant follows."""
    match sub_model.price:
        case PerThousandCharacters():
            return "length"
        case Tokens():
            return "tokens"
        case _:
            return "output"


def route_range(entry: Entry, route: Route) -> tuple[Credits, Credits]:
    """What a request to a further route of the model costs at least and at most; nothing where it is free."""
    if route.price is None:
        return Credits(0), Credits(0)
    totals = [route_price(Choice(entry, sub), route, {}).total for sub in entry.sub_models]
    return Credits(min(totals)), Credits(max(totals))


def defaults(choice: Choice) -> Fields:
    """The fields of the least request: every default, and nothing where there is none."""
    return {field.name: default_of(field) for field in choice.entry.parameters if default_of(field) is not UNSET}


def every_price(choice: Choice) -> Iterator[tuple[Fields, Price]]:
    """Each combination of the fields that the price depends on, with its price; excluded combinations are left out."""
    priced = price_fields(choice.sub_model.price)
    varied = [field for field in choice.entry.parameters if field.name in priced]
    for values in product(*(_values(field) for field in varied)):
        fields = defaults(choice) | {
            field.name: value for field, value in zip(varied, values, strict=True) if value is not UNSET
        }
        if not excluded(choice.entry.exclusions, choice.sub_model, fields):
            yield fields, price(choice, fields)


def price_said(entry: Entry) -> PriceSaid:
    """What a page says of a model's price."""
    rule = entry.default_sub_model.price
    if isinstance(rule, PerThousandCharacters):
        return PriceSaid(exact(rule.credits), exact(rule.credits), "1,000 characters")
    if isinstance(rule, Tokens):
        return PriceSaid(exact(rule.hold), exact(rule.hold), entry.billed_per, by_token=True)
    units = [found.unit for sub in entry.sub_models for _, found in every_price(Choice(entry, sub))]
    return PriceSaid(Credits(min(units)), Credits(max(units)), entry.billed_per)


def price_text(entry: Entry) -> str:
    """The range of prices in words, ``10 to 70 credits per image`` with a dash for "to", and the same in dollars."""
    said = price_said(entry)
    charged = " held, charged by token" if said.by_token else ""
    return f"{_amount(said.low, said.high)} per {said.unit} ({said.dollars}){charged}"


def sub_models_text(entry: Entry) -> str:
    """What `model` may say and what each choice costs."""
    if len(entry.sub_models) == 1:
        return f"Always {entry.id} or another name of it."
    parts: list[str] = []
    for sub in entry.sub_models:
        low, high = price_ends(Choice(entry, sub))
        parts.append(f"{sub.id} ({_amount(low, high)})")
    return f"Which variant: {', '.join(parts)}; {entry.id} means {entry.default_sub_model.id}."


def _amount(low: Credits, high: Credits | None) -> str:
    if high is None or low == high:
        least = "" if high is not None else "from "
        return f"{least}{credits_shown(low):,} credit{'' if low == whole(1) else 's'}"
    return f"{credits_shown(low):,}{_TO}{credits_shown(high):,} credits"


def _dollars(amount: Credits) -> str:
    return f"${usd(amount):,.2f}"


def _characters_max(field: Parameter) -> int:
    """How many characters a field of texts may hold, as the price counts them."""
    match field:
        case Text():
            return field.length_max
        case Records():
            return field.items_max * sum(_characters_max(inner) for inner in field.fields if inner.name == "text")
        case _:
            return 0


def _values(field: Parameter) -> tuple[object, ...]:
    """All values that a price can depend on; for texts, only that none is given."""
    match field:
        case OneOf() | OneOfNumbers():
            return field.values
        case Flag():
            return (True, False)
        case Whole() if field.max - field.min < COUNT_MAX:
            return tuple(range(field.min, field.max + 1))
        case Whole():
            return (field.min, field.max)
        case _:
            return (default_of(field),)
