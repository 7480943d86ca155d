"""Quotes: a price promised for a while, to one owner, for one body at one version of the price list."""

from msgspec import Struct

from apiinone.catalog.pricing import Price
from apiinone.core.clock import US_PER_S
from apiinone.db import Tx
from apiinone.ledger.ledger import Owner
from apiinone.tasks.submit_rows import Promise, write_quote
from apiinone.tasks.whose_keys import HOUSE_TERMS, OwnKeyTerms

QUOTE_S = 15 * 60
"""How long a quote is good."""


class Quoted(Struct, frozen=True):
    """A quote as it was given."""

    quote_id: str
    price: Price
    expires_us: int


class Asked(Struct, frozen=True):
    """What a price is asked for."""

    owner: Owner
    body_hash: bytes
    price_version: str
    price: Price
    price_percent: int
    """What the account pays of the list, which the price was worked out by."""
    terms: OwnKeyTerms = HOUSE_TERMS


async def give_quote(tx: Tx, quote_id: str, asked: Asked) -> Quoted:
    """Promise the price; it ends by the database's clock."""
    expires_us = tx.now_us + QUOTE_S * US_PER_S
    price = asked.price
    own_keys = (asked.terms.whose, None if asked.terms.fee is None else int(asked.terms.fee.total))
    body = (asked.owner, asked.body_hash, asked.price_version)
    promise = Promise(*body, price.unit, price.units, expires_us, own_keys=own_keys, price_percent=asked.price_percent)
    await write_quote(tx, quote_id, promise)
    return Quoted(quote_id, price, expires_us)
