"""What every offer costs us is what the vendor's list says, for each combination of what it depends on.

`golden_costs.yaml` is written by hand in the vendors' own units, offer by offer. The parameters are those that the
catalogue's offers name, so that an offer, or a further parameter of one, without its golden line fails.
"""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import msgspec.yaml
import pytest
from msgspec import Struct

from apiinone.catalog.conditions import offers_for
from apiinone.catalog.costs import Cost, CostTable, TokenCost, cost_of
from apiinone.catalog.entry import Choice
from apiinone.catalog.offer import Offer
from apiinone.catalog.price_rules import Tokens
from apiinone.catalog.prices import every_price
from catalog.catalogue_for_tests import CATALOGUE

Lines = dict[str, dict[str, list[str]]]
"""By upstream name, then by sub-model: each cost of such offers, in words."""


class Golden(Struct, forbid_unknown_fields=True):
    """One vendor's costs: `unit` is what its lists count in, in US dollars."""

    unit: Decimal
    listed: Lines = {}
    """As price lists of the vendor, or copies of its pages, say."""
    noted: Lines = {}
    """As others note it, or as estimated; not to be relied on before it was tried."""

    @property
    def lines(self) -> Lines:
        assert not self.listed.keys() & self.noted.keys()
        return self.listed | self.noted


GOLDEN = msgspec.yaml.decode((Path(__file__).parent / "golden_costs.yaml").read_bytes(), type=dict[str, Golden])


def offers() -> Iterator[tuple[str, Offer]]:
    for entry in CATALOGUE.entries:
        for sub in entry.sub_models:
            yield from ((sub.id, offer) for offer in sub.offers)


@pytest.mark.parametrize("provider", sorted({offer.provider for _, offer in offers()}))
def test_every_cost_is_the_vendors(provider: str) -> None:
    golden = GOLDEN[provider]
    found: dict[str, dict[str, set[str]]] = {}
    for sub, offer in offers():
        if offer.provider == provider:
            told = found.setdefault(offer.upstream_model, {}).setdefault(sub, set())
            told.add(said(offer.cost_micro_usd, golden.unit))
    expected = {name: {sub: set(costs) for sub, costs in subs.items()} for name, subs in golden.lines.items()}
    assert found == expected


def test_every_golden_vendor_is_one_of_the_catalogue() -> None:
    assert GOLDEN.keys() == {offer.provider for _, offer in offers()}


@pytest.mark.parametrize("sub", [sub.id for entry in CATALOGUE.entries for sub in entry.sub_models])
def test_every_combination_that_has_a_price_has_a_cost_at_each_offer_that_serves_it(sub: str) -> None:
    choice = CATALOGUE.choices[sub]
    if isinstance(choice.sub_model.price, Tokens):
        return  # its usage decides
    for fields, _ in every_price(Choice(choice.entry, choice.sub_model)):
        for offer in offers_for(choice.sub_model, fields):
            assert cost_of(offer.cost_micro_usd, {"dialogue": [{"text": "x"}], **fields}) > 0


def said(cost: Cost, unit: Decimal) -> str:
    """A cost in words: amounts in the vendor's unit, then what they are for."""
    match cost:
        case int():
            return _amount(cost, unit)
        case TokenCost():
            return f"{_amount(cost.input_micro_usd, unit)} in, {_amount(cost.output_micro_usd, unit)} out, a million"
        case CostTable():
            each = [f"{key} {_amount(amount, unit)}".strip() for key, amount in cost.micro_usd.items()]
            by = f" by {'/'.join(cost.fields)}" if cost.fields else ""
            of = f" of {cost.count_field}" if cost.count_field else ""
            return f"{', '.join(each)}: each {cost.per}{of}{by}"


def _amount(micro_usd: int, unit: Decimal) -> str:
    return f"{(Decimal(micro_usd) / (unit * 1_000_000)).normalize():f}"
