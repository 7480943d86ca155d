"""Amounts of credits and prices in a language. Pure."""

from decimal import Decimal
from gettext import NullTranslations

from apiinone.catalog.entry import Entry
from apiinone.catalog.prices import price_said
from apiinone.core.credits import shown
from apiinone.web.kind_names import kind_name


def grouped(amount: int | Decimal) -> str:
    """`1,200`: an amount as every page writes it."""
    return f"{amount:,}"


def credits_words(amount: int | Decimal, words: NullTranslations) -> str:
    """`1 credit`, `1.5 credits`. A fraction takes the form of two."""
    count = int(amount) if amount == int(amount) else 2
    return words.ngettext("%(num)s credit", "%(num)s credits", count) % {"num": grouped(amount)}


def credits_range(low: int | Decimal, high: int | Decimal, words: NullTranslations) -> str:
    """From one amount to another, or the one."""
    if low == high:
        return credits_words(low, words)
    return words.gettext("%(low)s–%(high)s credits") % {"low": grouped(low), "high": grouped(high)}  # noqa: RUF001 - a range's dash


def price_words(entry: Entry, words: NullTranslations) -> str:
    """What one output of a model costs, in credits and in dollars."""
    said = price_said(entry)
    facts = {
        "credits": credits_range(shown(said.low), shown(said.high), words),
        "unit": kind_name(said.unit, words.gettext),
        "dollars": said.dollars,
    }
    if said.by_token:
        return words.gettext("%(credits)s per %(unit)s (%(dollars)s) held, charged by token") % facts
    return words.gettext("%(credits)s per %(unit)s (%(dollars)s)") % facts
