"""What a vendor says about an order becomes credits, once: the only place where money that came in is credited.

One transaction, under the owner's lock: compared with what the order froze; moved by the table of states; lot, ledger
entry, refunds and disputes with it. Doing it again with the same standing changes nothing.
"""

from collections.abc import Callable
from typing import Final, Literal

import msgspec
from msgspec import Struct

from apiinone.core.clock import US_PER_DAY
from apiinone.core.ids import Ids
from apiinone.db import Sql, Tx
from apiinone.ledger.grants import credit_order
from apiinone.ledger.ledger import Books
from apiinone.ledger.statements import load_books, write_books
from apiinone.payments.asking import next_ask_us
from apiinone.payments.documents import issue, issue_credit_note
from apiinone.payments.lifecycle import UNPAID, OrderEvent, next_order_state
from apiinone.payments.method import Reason, Standing
from apiinone.payments.notices import Facts, notify
from apiinone.payments.order_rows import Order, locked_order, order_by_id, order_by_ref, write_order
from apiinone.payments.packs import Billing
from apiinone.payments.suspense import Stray, keep
from apiinone.payments.top_up_rows import top_up_ended
from apiinone.payments.went_back import take_back

Outcome = Literal["credited", "moved", "nothing", "suspense"]
_SAVE = Sql(
    "INSERT INTO saved_methods (id, account_id, method, customer_ref, vendor_ref, label, created_us)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account_id, method, vendor_ref) DO NOTHING"
)


class Office(Struct, frozen=True):
    """What settling writes with: ids, and the seller in whose name documents are issued, if any are."""

    ids: Ids
    billing: Billing | None


class Settled(Struct, frozen=True):
    """What became of it; the order as it stands then, unless it went to suspense."""

    outcome: Outcome
    order: Order | None


async def settle(tx: Tx, method: str, order_id: str, standing: Standing, office: Office) -> Settled:
    """Bring an order to where its vendor, or who saw the money, says it stands."""
    ids = office.ids
    found = await order_by_id(tx, order_id)
    if found is None:
        return await _astray(tx, method, "unknown_order", standing, ids)
    books = await load_books(tx, [found.owner], [order_id])
    order = await locked_order(tx, order_id)
    if order is None:
        raise AssertionError("an order that went away")
    fault = await _fault(tx, method, order, standing)
    if fault is not None:
        if standing.state != "paid":
            return Settled("nothing", order)
        return await _astray(tx, method, fault, standing, ids)
    before = order
    order, outcome = await _move(tx, books, order, standing, ids)
    if order.state not in UNPAID:
        order = await take_back(tx, books, order, standing, ids)
    await write_books(tx, books)
    await _announce(tx, before, order, office)
    if order != before and outcome == "nothing":
        outcome = "moved"
    order = msgspec.structs.replace(order, asked=order.asked + 1, ask_us=next_ask_us(order, tx.now_us))
    await write_order(tx, order)
    return Settled(outcome, order)


async def _move(
    tx: Tx, books: Books, order: Order, standing: Standing, ids: Ids
) -> tuple[Order, Literal["credited", "moved", "nothing"]]:
    """The payment itself: it came, it will not come, or nothing is new."""
    if standing.state == "open":
        return order, "nothing"
    event: OrderEvent = standing.state
    state = next_order_state(order.state, event)
    if state is None:
        return order, "nothing"
    if state != "paid":
        return msgspec.structs.replace(order, state=state, asked=0), "moved"
    days = order.credits_days
    expires_us = None if days is None else tx.now_us + days * US_PER_DAY
    credit_order(books, order.owner, order_id=order.id, amount=order.granted, expires_us=expires_us)
    refs = (order.vendor_ref or standing.vendor_ref, standing.payment_ref)
    order = msgspec.structs.replace(
        order, state=state, vendor_ref=refs[0], payment_ref=refs[1], paid_us=tx.now_us, pay_url=None, asked=0
    )
    if standing.saved is not None and order.saves_method:
        saved = standing.saved
        names = (saved.customer_ref, saved.vendor_ref, saved.label)
        await tx.run(_SAVE, ids.new(), order.account_id, order.method, *names, tx.now_us)
    return order, "credited"


async def _announce(tx: Tx, before: Order, order: Order, office: Office) -> None:
    """What the account is told and is given in writing, and what its automatic top-up learns."""
    ids, billing = office.ids, office.billing
    if billing is not None and order.amount_minor:
        if order.paid_us != before.paid_us:
            await issue(tx, ids, billing, order)
        if order.refunded_minor > before.refunded_minor:
            await issue_credit_note(tx, office.ids, billing, order, order.refunded_minor - before.refunded_minor)
    if order.state == before.state:
        return
    if order.origin == "auto" and before.state in UNPAID:
        await top_up_ended(tx, order, ids)
    facts: Facts = {"order_id": order.id, "number": order.number, "amount_minor": order.amount_minor}
    if order.state == "paid" and before.state in UNPAID:
        await notify(tx, ids, order.account_id, "order.paid", facts)
    if order.state == "disputed":
        await notify(tx, ids, order.account_id, "order.disputed", facts)


async def _fault(tx: Tx, method: str, order: Order, standing: Standing) -> Reason | None:
    faults: list[Reason] = [reason for reason, is_so in _FAULTS if is_so(order, method, standing)]
    fault = faults[0] if faults else None
    if fault is not None or standing.payment_ref is None:
        return fault
    payer = await order_by_ref(tx, method, vendor_ref=None, payment_ref=standing.payment_ref)
    return None if payer is None or payer.id == order.id else "other_payment"


async def _astray(tx: Tx, method: str, reason: Reason, standing: Standing, ids: Ids) -> Settled:
    subject = standing.payment_ref or standing.vendor_ref or standing.order_id or ""
    stray = Stray(method, reason, subject, standing.order_id, standing.currency, standing.amount_minor)
    await keep(tx, ids.new(), stray)
    return Settled("suspense", None)


def _other_payment(order: Order, method: str, standing: Standing) -> bool:
    del method
    paid = order.state not in UNPAID and standing.state == "paid"
    return paid and standing.payment_ref != order.payment_ref


_FAULTS: Final[tuple[tuple[Reason, Callable[[Order, str, Standing], bool]], ...]] = (
    ("other_method", lambda order, method, _: order.method != method),
    ("unknown_order", lambda order, _, standing: standing.order_id != order.id),
    ("other_account", lambda order, _, standing: standing.account_id not in (None, order.account_id)),
    ("other_livemode", lambda order, _, standing: standing.livemode != bool(order.livemode)),
    ("other_currency", lambda order, _, standing: standing.currency != order.currency),
    ("other_amount", lambda order, _, standing: standing.amount_minor != order.amount_minor),
    ("other_payment", _other_payment),
)
"""What must be so before money moves, in the order in which it is looked at."""
