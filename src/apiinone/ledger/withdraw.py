"""Credits taken out of a balance by hand.

The entries say `expire`: granted credits end unspent, as those do whose time is over.
"""

from apiinone.core.credits import MICRO_CREDITS_MAX, Credits, shown
from apiinone.core.errors import BadRequest, Conflict, NotFound
from apiinone.db import Tx
from apiinone.ledger.ledger import Owner
from apiinone.ledger.lots import burn_order
from apiinone.ledger.statements import load_books, write_books


async def withdraw(tx: Tx, owner: Owner, *, amount: Credits, actor: str, reason: str) -> Credits:
    """Take credits from the lots that expire first, and return what is available then; what is held stays held.

    Raises BadRequest, NotFound, Conflict where less is available.
    """
    if not 0 < amount <= MICRO_CREDITS_MAX:
        raise BadRequest("the amount is more than nothing and at most a billion credits", param="/amount")
    if not reason.strip():
        raise BadRequest("taking credits back needs a reason", param="/reason")
    books = await load_books(tx, [owner])
    if owner not in books.balances:
        raise NotFound("there is no such account")
    if books.available(owner) < amount:
        raise Conflict(f"only {shown(books.available(owner))} credits are available", param="/amount")
    rest: int = amount
    for lot in sorted(books.lots[owner].values(), key=burn_order):
        part = min(rest, lot.available)
        rest -= part
        if part:
            books.expire(owner, lot, part=part, actor=actor, reason=reason)
    await write_books(tx, books)
    return books.available(owner)
