"""Prove orders from their rows alone: each against its lot, its refunds and disputes; vouchers and numbers beside them.

What a lot is worth, and what is owed for it, the ledger's own audit proves from its entries.
"""

from msgspec import Struct

from apiinone.db import Row, Sql, Tx
from apiinone.ledger.audit import Strays
from apiinone.ledger.audit_rows import PAGE_MAX
from apiinone.ledger.breaches import Breach, BreachKind
from apiinone.payments.lifecycle import UNPAID, OrderState

_ORDERS = Sql(
    "SELECT o.id, o.account_id, o.state, o.credits_micro + o.bonus_micro, o.refunded_minor, l.account_id, l.mode,"
    " l.source, l.granted_micro, l.frozen_micro, l.disputed,"
    " (SELECT CAST(coalesce(sum(r.amount_minor), 0) AS bigint) FROM refunds r"
    " WHERE r.order_id = o.id AND r.state = 'succeeded'),"
    " (SELECT CAST(coalesce(sum(r.credits_micro), 0) AS bigint) FROM refunds r"
    " WHERE r.order_id = o.id AND r.state IN ('asked', 'sent')),"
    " (SELECT count(*) FROM disputes d WHERE d.order_id = o.id AND d.state = 'open'),"
    " o.number, (SELECT count(*) FROM orders b WHERE b.number = o.number - 1)"
    " FROM orders o LEFT JOIN lots l ON l.id = o.id WHERE o.id > $1 ORDER BY o.id LIMIT $2"
)
_LOTS = Sql(
    "SELECT l.id, l.account_id, l.mode, l.source, o.id FROM lots l LEFT JOIN orders o ON o.id = l.id"
    " WHERE l.id > $1 ORDER BY l.id LIMIT $2"
)
_USES = Sql(
    "SELECT u.order_id, u.account_id, o.account_id, o.method FROM voucher_uses u"
    " LEFT JOIN orders o ON o.id = u.order_id WHERE u.order_id > $1 ORDER BY u.order_id LIMIT $2"
)
_DOCUMENTS = Sql(
    "SELECT d.id, d.account_id, d.number,"
    " (SELECT count(*) FROM documents b WHERE b.series = d.series AND b.number = d.number - 1)"
    " FROM documents d WHERE d.id > $1 ORDER BY d.id LIMIT $2"
)


class _OrderRow(Struct, frozen=True):
    id: str
    account_id: str
    state: OrderState
    bought: int
    refunded_minor: int
    lot_account: str | None
    lot_mode: str | None
    lot_source: str | None
    granted: int | None
    frozen: int | None
    disputed: int | None
    refunds_minor: int
    promised: int
    disputes: int
    number: int
    before: int


async def audit_orders(tx: Tx, after: str) -> Strays:
    """One page of orders, against all that hangs on them."""
    rows = await tx.rows(_ORDERS, after, PAGE_MAX)
    breaches: list[Breach] = []
    for row in rows:
        order = _OrderRow(*row)
        found = [*_against_lot(order), *_against_refunds(order)]
        if order.number > 1 and not order.before:
            found.append(("number_gap", f"order number {order.number} follows none"))
        breaches += [Breach(kind, order.account_id, "live", order.id, what) for kind, what in found]
    return Strays(breaches, _next(rows))


async def audit_order_lots(tx: Tx, after: str) -> Strays:
    """Lots that say that an order brought them, and there is none."""
    rows = await tx.rows(_LOTS, after, PAGE_MAX)
    alone = [row for row in rows if row[3] == "order" and row[4] is None]
    return Strays([Breach("lot_without_order", row[1], row[2], row[0], "no such order") for row in alone], _next(rows))


async def audit_voucher_uses(tx: Tx, after: str) -> Strays:
    """Redemptions without the order that they were."""
    rows = await tx.rows(_USES, after, PAGE_MAX)
    wrong = [row for row in rows if row[2] != row[1] or row[3] != "voucher"]
    what = "a voucher's redemption has no order of its account"
    return Strays([Breach("voucher_differs", row[1], "live", row[0], what) for row in wrong], _next(rows))


async def audit_documents(tx: Tx, after: str) -> Strays:
    """Numbers of documents that leave one out."""
    rows = await tx.rows(_DOCUMENTS, after, PAGE_MAX)
    gaps = [row for row in rows if row[2] > 1 and not row[3]]
    return Strays(
        [Breach("number_gap", row[1], "live", row[0], f"number {row[2]} follows none") for row in gaps], _next(rows)
    )


def _against_lot(order: _OrderRow) -> list[tuple[BreachKind, str]]:
    if order.granted is None:
        return [] if order.state in UNPAID else [("order_without_lot", f"the order is {order.state}")]
    if order.state in UNPAID:
        return [("order_differs", f"the order is {order.state} and has a lot")]
    found: list[tuple[BreachKind, str]] = []
    lot = (order.lot_account, order.lot_mode, order.lot_source, order.granted)
    if lot != (order.account_id, "live", "order", order.bought):
        found.append(("order_differs", f"the order brought {order.bought}, its lot has {order.granted}"))
    if bool(order.disputed) != bool(order.disputes):
        found.append(("order_differs", f"{order.disputes} disputes are open, the lot says {order.disputed}"))
    if (order.frozen or 0) < order.promised:
        found.append(("refund_differs", f"refunds wait for {order.promised}, frozen are {order.frozen}"))
    return found


def _against_refunds(order: _OrderRow) -> list[tuple[BreachKind, str]]:
    if order.refunds_minor == order.refunded_minor:
        return []
    return [("refund_differs", f"the order says {order.refunded_minor}, its refunds {order.refunds_minor}")]


def _next(rows: list[Row]) -> str | None:
    return str(rows[-1][0]) if len(rows) == PAGE_MAX else None
