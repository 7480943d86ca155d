"""Prices at a percentage of the list, for every combination of every model."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from apiinone.catalog.entry import Choice
from apiinone.catalog.own_prices import choice_at, route_at, rule_at
from apiinone.catalog.price_rules import PerThousandCharacters, Tokens
from apiinone.catalog.prices import every_price
from apiinone.catalog.pricing import Price, price, route_price
from apiinone.core.credits import MICRO_PER_CREDIT
from catalog.catalogue_for_tests import CATALOGUE

CHOICES = [Choice(entry, sub) for entry in CATALOGUE.entries for sub in entry.sub_models]
PERCENTS = (1, 33, 50, 80, 99, 100, 101, 150, 333, 1000)


def pairs(choice: Choice, percent: int) -> Iterator[tuple[Price, Price, int]]:
    """The list's price, the account's own, and how many outputs share a unit."""
    entry = choice.entry
    for fields, listed in every_price(choice):
        yield listed, price(choice_at(choice, percent), fields), entry.makes("")[1]
    for route in entry.routes:
        if route.price is not None:
            fields = next(iter(every_price(choice)))[0]
            own = route_price(choice_at(choice, percent), route_at(route, percent), fields)
            yield route_price(choice, route, fields), own, entry.makes(route.operation)[1]


@pytest.mark.parametrize("percent", PERCENTS)
def test_each_is_so_much_of_the_list_rounded_upward_once(percent: int) -> None:
    for choice in CHOICES:
        whole = not isinstance(choice.sub_model.price, Tokens)
        for listed, own, outputs in pairs(choice, percent):
            step = MICRO_PER_CREDIT if whole else len(own.lines)
            assert own.total == own.unit * own.units
            assert own.units == listed.units
            assert own.unit % outputs == 0, choice.sub_model.id
            assert own.unit >= (listed.unit - step) * percent // 100, choice.sub_model.id
            assert own.unit <= max(step, listed.unit * percent // 100 + step), choice.sub_model.id
            assert own == listed or percent != 100
            assert not whole or (own.unit % MICRO_PER_CREDIT == 0 and own.unit > 0)


def test_not_even_a_millionth_of_a_credit_is_given_away() -> None:
    rule = PerThousandCharacters(field="text", credits=Decimal("0.000003"))
    scaled = rule_at(rule, 50)
    assert isinstance(scaled, PerThousandCharacters)
    assert scaled.credits == Decimal("0.000002")
