"""Lots of credits, and in which order they are used."""

from collections.abc import Collection

from msgspec import Struct

_NEVER_US = 2**62


class Lot(Struct):
    """Credits that came together and expire together. What was granted is always the sum of the other amounts.

    `frozen` waits for the end of a refund or dispute, `returned` went back with its money, `repaid` paid a debt;
    `disputed` (0 or 1) says that what comes back from a hold is frozen too.
    """

    id: str
    source: str
    granted: int
    available: int
    held: int
    captured: int
    expired: int
    expires_us: int | None
    created_us: int
    frozen: int = 0
    returned: int = 0
    repaid: int = 0
    disputed: int = 0
    new: bool = False
    changed: bool = False


class Slice(Struct, frozen=True):
    """The part of a hold that one lot gave."""

    lot_id: str
    amount: int


def take(lots: Collection[Lot], amount: int) -> tuple[Slice, ...]:
    """Set so much aside in these lots, first in those that expire first. They cover it, else AssertionError."""
    rest = amount
    slices: list[Slice] = []
    for lot in lots if len(lots) == 1 else sorted(lots, key=burn_order):
        part = min(rest, lot.available)
        if part:
            lot.available -= part
            lot.held += part
            lot.changed = True
            rest -= part
            slices.append(Slice(lot.id, part))
    if rest:
        raise AssertionError("a balance that its lots do not cover")
    return tuple(slices)


def burn_order(lot: Lot) -> tuple[int, int, str]:
    """Which lot is used first: what expires soonest, then the oldest."""
    return (_NEVER_US if lot.expires_us is None else lot.expires_us, lot.created_us, lot.id)
