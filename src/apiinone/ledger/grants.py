"""How credits come to a balance by hand or by the calendar: grants, and the daily refill of test balances."""

from apiinone.core.clock import day_of
from apiinone.core.credits import MICRO_CREDITS_MAX, Credits
from apiinone.core.errors import BadRequest, NotFound
from apiinone.db import Tx
from apiinone.ledger.ledger import Books, Owner
from apiinone.ledger.lots import Lot
from apiinone.ledger.statements import load_books, write_books


async def grant(  # noqa: PLR0913 - what a grant is made of, by name
    tx: Tx, owner: Owner, *, lot_id: str, amount: Credits, actor: str, reason: str, expires_us: int | None = None
) -> Credits:
    """Give an owner a lot and return what is available then.

    Test credits given by hand put the test balance into the operator's hands: what the daily refill had left is taken
    out, and it does not come back, so that a test can count on the exact balance. Raises BadRequest, NotFound.
    """
    if not 0 < amount <= MICRO_CREDITS_MAX:
        raise BadRequest("the amount is more than nothing and at most a billion credits", param="/amount")
    if not reason.strip():
        raise BadRequest("a grant needs a reason", param="/reason")
    books = await load_books(tx, [owner])
    if owner not in books.balances:
        raise NotFound("there is no such account")
    if books.balances[owner].refill_day is not None:
        _end_refills(books, owner)
    lot = new_lot(lot_id, "grant", amount, now_us=tx.now_us, expires_us=expires_us)
    books.grant(owner, lot, key=f"grant:{lot_id}", actor=actor, reason=reason)
    await write_books(tx, books)
    return books.available(owner)


async def begin_refills(tx: Tx, owner: Owner, *, lot_id: str, level: Credits) -> None:
    """Have a balance raised to its level from today on, where nothing has ever been put in or taken out."""
    books = await load_books(tx, [owner])
    balance = books.balances.get(owner)
    if balance is None or balance.entry_no or balance.refill_day is not None:
        return
    balance.refill_day = day_of(0)
    refill(books, owner, lot_id=lot_id, level=level)
    await write_books(tx, books)


def credit_order(books: Books, owner: Owner, *, order_id: str, amount: Credits, expires_us: int | None) -> None:
    """Give what an order bought, once: the lot has the order's id, and its entry's key is unique."""
    lot = new_lot(order_id, "order", amount, now_us=books.now_us, expires_us=expires_us)
    books.grant(owner, lot, key=order_key(order_id), actor="payments", reason="order paid")


def order_key(order_id: str) -> str:
    """The key of the entry that credits an order."""
    return f"order:{order_id}:credit"


def refill(books: Books, owner: Owner, *, lot_id: str, level: Credits) -> None:
    """Raise a refilled balance to its level, at most once a UTC day; other balances are left as they are."""
    balance = books.balances.get(owner)
    if balance is None or balance.refill_day is None:
        return
    today = day_of(books.now_us)
    if balance.refill_day >= today:
        return
    balance.refill_day = today
    balance.changed = True
    missing = level - balance.available
    if missing > 0:
        lot = new_lot(lot_id, "refill", missing, now_us=books.now_us)
        key = f"refill:{owner[0]}:{owner[1]}:{today}"
        books.grant(owner, lot, key=key, actor="calendar", reason="daily test credits")


def new_lot(lot_id: str, source: str, amount: int, *, now_us: int, expires_us: int | None = None) -> Lot:
    """A lot of which nothing has been used."""
    return Lot(lot_id, source, amount, amount, 0, 0, 0, expires_us, now_us)


def _end_refills(books: Books, owner: Owner) -> None:
    balance = books.balances[owner]
    balance.refill_day = None
    balance.changed = True
    for lot in list(books.lots[owner].values()):
        if lot.source == "refill" and lot.available:
            books.expire(owner, lot, reason="replaced by test credits given by hand")
