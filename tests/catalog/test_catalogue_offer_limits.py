"""Requests that an offer cannot express are not served by it: too many items, a ratio that nobody names."""

import msgspec
import pytest

from apiinone.catalog.conditions import serves
from apiinone.catalog.entry import SubModel
from apiinone.catalog.fields import upstream_fields
from apiinone.catalog.offer import Offer

SUB_MODEL = msgspec.convert({"id": "m", "price": {"rule": "fixed", "credits": "9"}}, SubModel)
AMONG = ["1:1", "16:9"]


def offer(**send: object) -> Offer:
    facts = {"provider": "acme", "upstream_model": "m", "priority": 1, "cost_micro_usd": 1, "cost_basis": "A guess."}
    return msgspec.convert({**facts, "send": [send], "confidence": "unconfirmed", "source": "A test."}, Offer)


@pytest.mark.parametrize(("items", "served"), [(0, True), (2, True), (3, False)])
def test_a_list_of_more_items_than_the_upstream_takes_is_not_served(items: int, served: bool) -> None:  # noqa: FBT001 - a column
    assert serves(offer(field="images", items_max=2), SUB_MODEL, {"images": ["x"] * items}) == served


@pytest.mark.parametrize(("size", "ratio"), [("1024x1024", "1:1"), ("1344*768", "16:9"), ("1216x896", None)])
def test_a_size_is_written_as_the_ratio_that_it_is_near_or_is_not_served(size: str, ratio: str | None) -> None:
    made = offer(field="size", form="ratio_among", among=AMONG)
    assert serves(made, SUB_MODEL, {"size": size}) == (ratio is not None)
    if ratio is not None:
        assert upstream_fields(made, {"size": size}) == {"size": ratio}


@pytest.mark.parametrize(("value", "served"), [("x" * 9, True), ("x" * 10, False), ([{"text": "x" * 5}] * 2, False)])
def test_more_characters_than_the_upstream_takes_are_not_served(value: object, served: bool) -> None:  # noqa: FBT001 - a column
    assert serves(offer(field="lines", characters_max=9), SUB_MODEL, {"lines": value}) == served
