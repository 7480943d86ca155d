"""Amounts of money and of credits as forms have them, and as pages say them."""

import re
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from apiinone.core.credits import Credits, parse, shown, whole
from apiinone.payments.document_drawing import WITHOUT_SMALLER_UNIT, money
from apiinone.payments.packs import CREDITS_MAX

MINOR_MAX: Final = 100_000_000
_AMOUNT: Final = re.compile(r"([0-9]{1,9})(?:[.,]([0-9]{1,2}))?")


def amount_minor(text: str, currency: str) -> int:
    """`25`, `25.5` or `25,50` in the currency's smallest unit. Raises ValueError."""
    found = _AMOUNT.fullmatch(text.strip())
    if found is None:
        raise ValueError("not an amount of money")
    units, part = found.groups()
    if currency not in WITHOUT_SMALLER_UNIT:
        return int(units) * 100 + int((part or "").ljust(2, "0"))
    if part is not None:
        raise ValueError("the currency has no smaller unit")
    return int(units)


def plain_money(minor: int, currency: str) -> str:
    """The same amount as a field holds it: `25.00`."""
    return money(minor, currency).partition(" ")[0].replace(",", "")


def whole_credits(text: str) -> Credits:
    """`1,000` credits. Raises ValueError for what is none, or more than one order may bring."""
    amount = parse(text.strip().replace(",", ""))
    if not 0 < amount <= whole(CREDITS_MAX):
        raise ValueError("not an amount of credits")
    return amount


def credits_or_none(form: Struct, field: str, errors: dict[str, str], say: Callable[[str], str]) -> Credits | None:
    """A form's amount of credits; None where the field is empty, or has an error now."""
    text = str(getattr(form, field)).strip()
    if not text:
        return None
    try:
        return whole_credits(text)
    except ValueError:
        errors[field] = say("This is an amount of credits such as 500, or empty.")
        return None


def plain_credits(amount: Credits | None) -> str:
    """The same amount as a field holds it; empty where there is none."""
    return "" if amount is None else f"{shown(amount):,}".replace(",", "")
