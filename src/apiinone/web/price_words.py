"""Amounts of credits and prices in a language. Pure."""

from decimal import Decimal
from gettext import NullTranslations

from apiinone.api.model_forms import RoutePage, SubModelPage
from apiinone.catalog.entry import Entry
from apiinone.catalog.prices import ChargedBy, price_said
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


def cost_words(amount: int | Decimal, charged_by: ChargedBy, words: NullTranslations) -> str:
    """An amount that may not be the whole price: `8 credits`, `from 1 credit`, `5 credits held`."""
    return _qualified(credits_words(amount, words), charged_by, words)


def costs_words(one: SubModelPage | RoutePage, words: NullTranslations) -> str:
    """From its least to its most: `10–70 credits`; or as an amount that may not be the whole price."""  # noqa: RUF002 - a range's dash
    if one.charged_by != "output" or one.high is None:
        return cost_words(one.low, one.charged_by, words)
    return credits_range(one.low, one.high, words)


def span_words(one: SubModelPage | RoutePage, words: NullTranslations) -> str:
    """The same in a column of credits: `10–70`, `from 1`, `5 held`."""  # noqa: RUF002 - a range's dash
    low, high = one.low, one.high
    if one.charged_by != "output" or high is None or low == high:
        return _qualified(grouped(low), one.charged_by, words)
    return f"{grouped(low)}–{grouped(high)}"  # noqa: RUF001 - a range's dash


def _qualified(amount: str, charged_by: ChargedBy, words: NullTranslations) -> str:
    match charged_by:
        case "output":
            return amount
        case "length":
            return words.gettext("from %(credits)s") % {"credits": amount}
        case "tokens":
            return words.gettext("%(credits)s held") % {"credits": amount}


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
