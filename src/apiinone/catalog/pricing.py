"""What a request costs. Pure: one request at one catalogue version has one price. Amounts are Credits."""

from collections.abc import Mapping
from typing import assert_never, cast

import msgspec
from msgspec import Struct

from apiinone.catalog.costs import characters
from apiinone.catalog.entry import Choice, Route
from apiinone.catalog.price_rules import (
    ByFields,
    Fixed,
    OfModel,
    PerOutput,
    PerSecond,
    PerThousandCharacters,
    PriceRule,
    Tokens,
    UnitRule,
    exact,
)
from apiinone.core.credits import MICRO_PER_CREDIT, Credits

MILLION = 1_000_000


class Line(Struct, frozen=True):
    """One line of a quote: `units` times `unit` makes `total`, before rounding."""

    label: str
    units: int
    unit: Credits
    total: Credits


class Price(Struct, frozen=True):
    """`unit` for each of `units` outputs; `total` is what a quote promises and a hold reserves."""

    unit: Credits
    units: int
    total: Credits
    lines: tuple[Line, ...]


def price(choice: Choice, fields: Mapping[str, object]) -> Price:
    """The price of a request whose fields were parsed, their defaults written in.

    Media prices are whole credits, rounded upward once. For chat it is the most that the request can cost, exact, and
    never less than the model's own hold. Raises KeyError for a combination that the rule does not know; `check` proves
    that there is none.
    """
    rule = choice.sub_model.price
    label = choice.sub_model.id
    match rule:
        case Fixed() | ByFields():
            return _outputs(label, _unit(rule, fields), 1)
        case PerOutput():
            return _outputs(label, _unit(rule.unit, fields), _count(fields, rule.field))
        case PerSecond():
            unit, seconds = _unit(rule.unit, fields), _count(fields, rule.field)
            return _one(Line(f"{label}, per second", seconds, unit, Credits(unit * seconds)))
        case PerThousandCharacters():
            count = characters(fields.get(rule.field))
            unit = exact(rule.credits)
            total = Credits(-(-unit * count // 1000))
            return _one(Line(f"{label}, {count} characters, per 1,000", -(-count // 1000), unit, total))
        case Tokens():
            return _most(label, rule, fields)
        case _:
            assert_never(rule)


def price_of_tokens(rule: Tokens, tokens_in: int, tokens_out: int) -> Credits:
    """What a chat that used so many tokens costs: exact, rounded once, upward, to a micro-credit."""
    exact_total = exact(rule.input_per_million) * tokens_in + exact(rule.output_per_million) * tokens_out
    return Credits(-(-exact_total // MILLION))


def route_price(choice: Choice, route: Route, fields: Mapping[str, object]) -> Price:
    """The price of a request to a further route of this model. Raises ValueError where the route is free."""
    match route.price:
        case None:
            raise ValueError(f"{route.path} is free")
        case Fixed(credits=amount):
            return _outputs(f"{choice.entry.id}, {route.operation or route.path}", exact(amount), 1)
        case OfModel():
            return price(choice, fields)
        case _:
            assert_never(route.price)


def price_fields(rule: PriceRule) -> tuple[str, ...]:
    """The fields that a price depends on."""
    match rule:
        case Fixed():
            return ()
        case ByFields():
            return rule.fields
        case PerOutput() | PerSecond():
            return (*price_fields(rule.unit), rule.field)
        case PerThousandCharacters():
            return (rule.field,)
        case Tokens():
            return (*rule.input_fields, rule.output_limit_field)


def word(value: object) -> str:
    """A field's value as the key of a price table spells it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _unit(rule: UnitRule, fields: Mapping[str, object]) -> Credits:
    match rule:
        case Fixed():
            return exact(rule.credits)
        case ByFields():
            return exact(rule.credits["/".join(word(fields[name]) for name in rule.fields)])


def _count(fields: Mapping[str, object], name: str) -> int:
    return int(cast("int | str", fields[name]))


def _whole(amount: int) -> Credits:
    """Rounded upward to whole credits, at least one."""
    return Credits(max(1, -(-amount // MICRO_PER_CREDIT)) * MICRO_PER_CREDIT)


def _outputs(label: str, unit: Credits, count: int) -> Price:
    whole = _whole(unit)
    total = Credits(whole * count)
    return Price(whole, count, total, (Line(label, count, whole, total),))


def _one(line: Line) -> Price:
    """One output whose price comes from a length."""
    total = _whole(line.total)
    return Price(total, 1, total, (line,))


def _most(label: str, rule: Tokens, fields: Mapping[str, object]) -> Price:
    """The most that a chat can cost: no upstream makes more tokens of a text than it has bytes."""
    given = [fields[name] for name in rule.input_fields if name in fields]
    tokens_in = len(msgspec.json.encode(given))
    tokens_out = _count(fields, rule.output_limit_field)
    lines = (
        _tokens(f"{label}, input tokens at most", tokens_in, exact(rule.input_per_million)),
        _tokens(f"{label}, output tokens at most", tokens_out, exact(rule.output_per_million)),
    )
    total = Credits(max(exact(rule.hold), sum(line.total for line in lines)))
    return Price(total, 1, total, lines)


def _tokens(label: str, tokens: int, per_million: Credits) -> Line:
    return Line(label, tokens, Credits(-(-per_million // MILLION)), Credits(-(-per_million * tokens // MILLION)))
