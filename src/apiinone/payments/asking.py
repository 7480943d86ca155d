"""When an order's vendor is asked next, if no callback makes us ask before."""

from typing import Final

from apiinone.core.clock import US_PER_S
from apiinone.payments.lifecycle import UNPAID
from apiinone.payments.order_rows import Order

FIRST_S: Final = 60
LONGEST_S: Final = 3600
LATE_S: Final = 3 * 24 * 3600
"""How long after its end an unpaid order may still turn out to be paid."""
PAID_FIRST_S: Final = 24 * 3600
PAID_FOR_S: Final = 128 * 24 * 3600
"""A dispute may come within 120 days; should its callback be lost, it is seen all the same."""


def next_ask_us(order: Order, now_us: int) -> int | None:
    """The moment; None where nobody needs to be asked any more."""
    if order.state in UNPAID:
        if now_us >= order.expires_us + LATE_S * US_PER_S:
            return None
        return now_us + min(FIRST_S << min(order.asked, 12), LONGEST_S) * US_PER_S
    if order.paid_us is None or order.origin in ("voucher", "operator"):
        return None
    next_us = now_us + max(PAID_FIRST_S * US_PER_S, now_us - order.paid_us)
    return next_us if next_us < order.paid_us + PAID_FOR_S * US_PER_S else None
