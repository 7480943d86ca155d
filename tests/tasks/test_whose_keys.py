"""What an account pays where its own provider key does the work."""

import pytest

from apiinone.catalog.pricing import Line, Price
from apiinone.core.credits import MICRO_PER_CREDIT, whole
from apiinone.tasks.whose_keys import own_key_price
from catalog.catalogue_for_tests import CATALOGUE


def full(unit: int, units: int = 1) -> Price:
    amounts = (whole(unit), units, whole(unit * units))
    return Price(*amounts, (Line("a model", units, amounts[0], amounts[2]),))


@pytest.mark.parametrize(
    ("unit", "percent", "fee"), [(10, 10, 1), (11, 10, 2), (1, 10, 1), (1, 1, 1), (150, 10, 15), (10, 100, 10)]
)
def test_the_fee_is_rounded_up_to_whole_credits(unit: int, percent: int, fee: int) -> None:
    found = own_key_price(full(unit, 3), percent)
    assert (found.unit, found.units, found.total) == (whole(fee), 3, whole(fee * 3))
    assert found.lines[0].label == f"a model, with your own key: {percent} % of the price"


def test_a_fee_can_be_shared_among_the_outputs_of_every_model() -> None:
    outputs = {
        entry.makes(operation)[1]
        for entry in CATALOGUE.entries
        for operation in ("", *(route.operation for route in entry.routes))
    }
    assert {count for count in outputs if MICRO_PER_CREDIT % count} == set()
