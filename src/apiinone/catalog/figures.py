"""The figures of a price: each amount that a rule holds, by a name that says what it is an amount of. Pure.

A name spells the rule out, as in `per_second(duration).by_fields(mode,sound):pro/true`. So an amount that was set for a
name can never be taken for the price of anything else: where the rule changes, the name is gone.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal, assert_never

from msgspec import Struct
from msgspec.structs import replace

from apiinone.catalog.price_rules import (
    ByFields,
    Fixed,
    OfModel,
    PerOutput,
    PerSecond,
    PerThousandCharacters,
    PriceRule,
    RoutePrice,
    Tokens,
    UnitRule,
)
from apiinone.catalog.pricing import word

Per = Literal["price", "output", "second", "thousand_characters", "hold", "million_tokens_in", "million_tokens_out"]
"""What an amount pays for. `price`: whatever one price of the model pays for. `hold`: nothing, it is held at least."""


class Figure(Struct, frozen=True):
    """One amount of a rule, in credits."""

    name: str
    amount: Decimal
    per: Per
    when: tuple[tuple[str, str], ...] = ()
    """The values of the fields for which it is this amount."""


def figures_of(rule: PriceRule | RoutePrice) -> tuple[Figure, ...]:
    """All amounts of a rule in the order of its data file; none where the price is the model's."""
    match rule:
        case Fixed() | ByFields():
            return _of_unit(rule, "", "price")
        case PerOutput():
            return _of_unit(rule.unit, _before(rule), "output")
        case PerSecond():
            return _of_unit(rule.unit, _before(rule), "second")
        case PerThousandCharacters():
            return (Figure(_characters(rule), rule.credits, "thousand_characters"),)
        case Tokens():
            return (
                Figure("tokens.hold", rule.hold, "hold"),
                Figure("tokens.input_per_million", rule.input_per_million, "million_tokens_in"),
                Figure("tokens.output_per_million", rule.output_per_million, "million_tokens_out"),
            )
        case OfModel():
            return ()
        case _:
            assert_never(rule)


def rule_with(rule: PriceRule, amounts: Mapping[str, Decimal]) -> PriceRule:
    """The rule with these amounts in place of its own, by name; names that it does not know change nothing."""
    match rule:
        case Fixed() | ByFields():
            return _unit_with(rule, "", amounts)
        case PerOutput() | PerSecond():
            return replace(rule, unit=_unit_with(rule.unit, _before(rule), amounts))
        case PerThousandCharacters():
            return replace(rule, credits=amounts.get(_characters(rule), rule.credits))
        case Tokens():
            return replace(
                rule,
                hold=amounts.get("tokens.hold", rule.hold),
                input_per_million=amounts.get("tokens.input_per_million", rule.input_per_million),
                output_per_million=amounts.get("tokens.output_per_million", rule.output_per_million),
            )
        case _:
            assert_never(rule)


def route_price_with(rule: RoutePrice, amounts: Mapping[str, Decimal]) -> RoutePrice:
    """The same for a further route."""
    match rule:
        case Fixed():
            return replace(rule, credits=amounts.get("fixed", rule.credits))
        case OfModel():
            return rule
        case _:
            assert_never(rule)


def figure_for(rule: PriceRule, fields: Mapping[str, object]) -> str | None:
    """The name of the amount that a request with these fields is priced by; None for a chat, which has several."""
    match rule:
        case Fixed() | ByFields():
            return _unit_for(rule, "", fields)
        case PerOutput() | PerSecond():
            return _unit_for(rule.unit, _before(rule), fields)
        case PerThousandCharacters():
            return _characters(rule)
        case Tokens():
            return None
        case _:
            assert_never(rule)


def _of_unit(rule: UnitRule, before: str, per: Per) -> tuple[Figure, ...]:
    match rule:
        case Fixed():
            return (Figure(f"{before}fixed", rule.credits, per),)
        case ByFields():
            values = {key: tuple(zip(rule.fields, key.split("/"), strict=False)) for key in rule.credits}
            return tuple(
                Figure(_by_fields(rule, before, key), amount, per, values[key]) for key, amount in rule.credits.items()
            )


def _unit_with(rule: UnitRule, before: str, amounts: Mapping[str, Decimal]) -> UnitRule:
    match rule:
        case Fixed():
            return replace(rule, credits=amounts.get(f"{before}fixed", rule.credits))
        case ByFields():
            found = {key: amounts.get(_by_fields(rule, before, key), own) for key, own in rule.credits.items()}
            return replace(rule, credits=found)


def _unit_for(rule: UnitRule, before: str, fields: Mapping[str, object]) -> str:
    match rule:
        case Fixed():
            return f"{before}fixed"
        case ByFields():
            return _by_fields(rule, before, "/".join(word(fields[name]) for name in rule.fields))


def _before(rule: PerOutput | PerSecond) -> str:
    kind = "per_output" if isinstance(rule, PerOutput) else "per_second"
    return f"{kind}({rule.field})."


def _by_fields(rule: ByFields, before: str, key: str) -> str:
    return f"{before}by_fields({','.join(rule.fields)}):{key}"


def _characters(rule: PerThousandCharacters) -> str:
    return f"per_1000_characters({rule.field})"
