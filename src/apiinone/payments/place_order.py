"""Place an order: what was agreed is frozen in it, it gets its number, and nothing is asked of anybody yet."""

from typing import Final

from msgspec import Struct

from apiinone.core.clock import US_PER_S
from apiinone.core.credits import Credits
from apiinone.core.errors import Conflict, IdempotencyMismatch, NotFound
from apiinone.db import Sql, Tx
from apiinone.ledger.statements import load_books
from apiinone.payments.asking import FIRST_S
from apiinone.payments.order_rows import Order, Origin, add_order, next_number, order_by_request
from apiinone.payments.packs import Terms

OPEN_ORDERS_MAX: Final = 20
"""Orders of one account that nobody has paid yet and still may."""
_OPEN = Sql("SELECT count(*) FROM orders WHERE account_id = $1 AND state = 'created' AND expires_us > $2")


class Asked(Struct, frozen=True):
    """The request that an order was asked by, so that sending it again gives the same order."""

    mark: bytes
    body_hash: bytes


class NewOrder(Struct, frozen=True):
    """An order to be placed."""

    id: str
    account_id: str
    method: str
    origin: Origin
    terms: Terms
    livemode: bool
    valid_s: int
    actor: str
    saves_method: bool = False
    asked: Asked | None = None


async def place(tx: Tx, new: NewOrder) -> tuple[Order, bool]:
    """Place it; False where the same request placed it before. Raises NotFound, Conflict, IdempotencyMismatch."""
    owner = (new.account_id, "live")
    if (await load_books(tx, [owner])).balances.get(owner) is None:
        raise NotFound("there is no such account", param="/account_id")
    if new.asked is not None:
        earlier = await order_by_request(tx, new.account_id, new.asked.mark)
        if earlier is not None and earlier.request_hash != new.asked.body_hash:
            raise IdempotencyMismatch("this Idempotency-Key came with another body before", param="Idempotency-Key")
        if earlier is not None:
            return earlier, False
    open_orders = await tx.row(_OPEN, new.account_id, tx.now_us)
    if new.origin == "buyer" and open_orders is not None and open_orders[0] >= OPEN_ORDERS_MAX:
        raise Conflict(f"this account has {OPEN_ORDERS_MAX} orders that are not paid; pay one or let them expire")
    order = _order(new, await next_number(tx, "order"), tx.now_us)
    await add_order(tx, order)
    return order, True


def _order(new: NewOrder, number: int, now_us: int) -> Order:
    terms = new.terms
    return Order(
        id=new.id,
        number=number,
        account_id=new.account_id,
        method=new.method,
        origin=new.origin,
        pack=terms.pack,
        state="created",
        currency=terms.currency,
        amount_minor=terms.amount_minor,
        credits=terms.credits,
        bonus=terms.bonus,
        credits_days=terms.credits_days,
        livemode=int(new.livemode),
        saves_method=int(new.saves_method),
        vendor_ref=None,
        payment_ref=None,
        pay_url=None,
        refunded_minor=0,
        owed=Credits(0),
        actor=new.actor,
        request_mark=None if new.asked is None else new.asked.mark,
        request_hash=None if new.asked is None else new.asked.body_hash,
        created_us=now_us,
        expires_us=now_us + new.valid_s * US_PER_S,
        paid_us=None,
        ask_us=now_us + FIRST_S * US_PER_S,
        asked=0,
    )
