"""Money: an integer count of micro-credits. 1 credit = 1,000,000 micro-credits = $0.01."""

from decimal import Decimal
from typing import NewType

Credits = NewType("Credits", int)
"""Micro-credits. Never a float, never negative in a price."""

MICRO_PER_CREDIT = 1_000_000
DECIMALS = 6
MICRO_CREDITS_MAX = 10**15
"""The most any single amount may be (a billion credits): far below int64, so sums cannot overflow."""

ZERO = Credits(0)


def whole(count: int) -> Credits:
    """The amount for a whole number of credits, as price lists give it."""
    return Credits(count * MICRO_PER_CREDIT)


def parse(text: str) -> Credits:
    """Read exact decimal credits such as ``"12"`` or ``"0.000001"``.

    Raises ValueError for anything else: signs, exponents, more than six decimals, more than the maximum.
    """
    head, dot, tail = text.partition(".")
    digits = (
        head.isascii() and head.isdigit() and (not dot or (tail.isascii() and tail.isdigit() and len(tail) <= DECIMALS))
    )
    if not digits:
        raise ValueError(f"not an amount of credits with at most six decimals: {text!r}")
    micro = int(head) * MICRO_PER_CREDIT + int(tail.ljust(DECIMALS, "0") if tail else 0)
    if micro > MICRO_CREDITS_MAX:
        raise ValueError(f"more than the largest amount of credits: {text!r}")
    return Credits(micro)


def shown(amount: int) -> int | Decimal:
    """What the API shows: exact credits, an int where whole, otherwise a Decimal without trailing zeros."""
    count, micro = divmod(amount, MICRO_PER_CREDIT)
    if micro == 0:
        return count
    return Decimal(amount).scaleb(-DECIMALS).normalize()


def usd(amount: int) -> Decimal:
    """The same amount in US dollars, exact."""
    return (Decimal(amount) / (100 * MICRO_PER_CREDIT)).normalize()
