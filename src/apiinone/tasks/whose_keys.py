"""Whose credentials a task may be made with, and what an account pays for work done with its own. Pure."""

from typing import Literal

from msgspec import Struct

from apiinone.catalog.pricing import Line, Price
from apiinone.core.credits import MICRO_PER_CREDIT, Credits

WhoseKeys = Literal["house", "own", "own_then_house"]
"""Decided when the task is accepted, and never widened: `own` stays so whatever becomes of the key."""
PERCENT = 100


class OwnKeyTerms(Struct, frozen=True):
    """How a request is made and paid for. `fee`: its price where the account's own key makes it, if that may be."""

    whose: WhoseKeys = "house"
    fee: Price | None = None


HOUSE_TERMS = OwnKeyTerms()


def own_key_price(full: Price, percent: int) -> Price:
    """What work with the account's own key costs: a percentage of each unit's price, rounded up to whole credits."""
    credits_of_unit = -(-full.unit * percent // (PERCENT * MICRO_PER_CREDIT))
    unit = Credits(max(1, credits_of_unit) * MICRO_PER_CREDIT)
    total = Credits(unit * full.units)
    label = f"{full.lines[0].label}, with your own key: {percent} % of the price"
    return Price(unit, full.units, total, (Line(label, full.units, unit, total),))
