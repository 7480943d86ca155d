"""Prices at a percentage of the list: what an account pays that an operator gave prices of its own. Pure.

Rules are scaled rather than amounts, so that everything that follows from a price follows: rounding, lines, a chat's
rates. A rule's amounts are rounded upward to a micro-credit; media prices then to whole credits, as always.
"""

from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from typing import Final

from msgspec.structs import replace

from apiinone.catalog.entry import Choice, Route
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

LIST: Final = 100
"""The list's own price, in percent."""
PERCENT_MAX: Final = 1_000
_MICRO: Final = Decimal("0.000001")


def choice_at(choice: Choice, percent: int) -> Choice:
    """The same sub-model, priced at so much of the list."""
    if percent == LIST:
        return choice
    return Choice(choice.entry, replace(choice.sub_model, price=rule_at(choice.sub_model.price, percent)))


def route_at(route: Route, percent: int) -> Route:
    """The same for a further route."""
    return route if route.price is None else replace(route, price=_route_rule(route.price, percent))


def rule_at(rule: PriceRule, percent: int) -> PriceRule:
    """The rule with each of its amounts at so much of the list."""
    if percent == LIST:
        return rule
    match rule:
        case Fixed() | ByFields():
            return _unit(rule, percent)
        case PerOutput() | PerSecond():
            return replace(rule, unit=_unit(rule.unit, percent))
        case PerThousandCharacters():
            return replace(rule, credits=_part(rule.credits, percent))
        case Tokens():
            return replace(
                rule,
                hold=_part(rule.hold, percent),
                input_per_million=_part(rule.input_per_million, percent),
                output_per_million=_part(rule.output_per_million, percent),
            )


def _route_rule(rule: RoutePrice, percent: int) -> RoutePrice:
    match rule:
        case Fixed():
            return replace(rule, credits=_part(rule.credits, percent))
        case OfModel():
            return rule  # its sub-model's, which is scaled itself


def _unit(rule: UnitRule, percent: int) -> UnitRule:
    match rule:
        case Fixed():
            return replace(rule, credits=_part(rule.credits, percent))
        case ByFields():
            return replace(rule, credits={key: _part(amount, percent) for key, amount in rule.credits.items()})


@lru_cache(maxsize=4096)
def _part(amount: Decimal, percent: int) -> Decimal:
    return (amount * percent / LIST).quantize(_MICRO, rounding=ROUND_CEILING)
