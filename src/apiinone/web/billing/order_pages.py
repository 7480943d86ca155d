"""Pages: the account's orders, and each of them as it stands."""

from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from apiinone.core.errors import NotFound
from apiinone.core.ids import is_id
from apiinone.db import Tx
from apiinone.ledger.lots import Lot
from apiinone.ledger.statements import lot_of
from apiinone.payments.back_rows import DisputeRow, RefundRow, disputes_of, refunds_of
from apiinone.payments.document_drawing import money
from apiinone.payments.documents import Document, documents_of_order
from apiinone.payments.manual import reference
from apiinone.payments.order_rows import Order, ask_soon, may_ask_soon, order_by_id, orders_of
from apiinone.web.billing.shop import BY_HAND, DOCUMENT_NAMES, OWN, BuyForm, ways_to_pay
from apiinone.web.billing.sums import plain_money
from apiinone.web.code_names import DISPUTE_STATES, METHODS, ORDER_STATES, REFUND_STATES
from apiinone.web.console.look_again import look_again_s
from apiinone.web.console.shell import in_console
from apiinone.web.languages import marked
from apiinone.web.page_route import PageCall, PageReply, Rooms, SeeOther, Shown
from apiinone.web.visitor import MemberHere

ORDERS: Final = "/billing/orders"
ROWS: Final = 30
HTTP: Final = ("http", "https")
ORIGIN_NAMES: Final = {
    "buyer": marked("Bought here"),
    "operator": marked("By the operator"),
    "auto": marked("Automatic top-up"),
    "voucher": marked("Voucher"),
}


class SeenOrder(Struct, frozen=True):
    """An order with all that hangs on it."""

    order: Order
    lot: Lot | None
    refunds: list[RefundRow]
    disputes: list[DisputeRow]
    documents: list[Document]
    now_us: int

    @property
    def waits(self) -> bool:
        """Whether the page may change by itself within the minute: not where a person has to do something first."""
        under_way = any(one.state == "sent" for one in self.refunds)
        return under_way or (self.order.state == "created" and self.order.method != BY_HAND)

    @property
    def left(self) -> int:
        """What it brought, without what went back."""
        return 0 if self.lot is None else self.lot.granted - self.lot.returned


async def show_orders(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """All of them, newest first."""
    before = call.query.get("before", "")

    async def look(tx: Tx) -> list[Order]:
        return await orders_of(tx, here.account_id, before=before if is_id(before) else None, limit=ROWS + 1)

    found = await rooms.office.database.read(look)
    facts = {
        "orders": found[:ROWS],
        "states": ORDER_STATES,
        "methods": METHODS,
        "money": money,
        "older": f"{ORDERS}?before={found[ROWS - 1].id}" if len(found) > ROWS else "",
        "newest": ORDERS if is_id(before) else "",
    }
    return await in_console(rooms, here, "orders.html.j2", facts)


async def show_order(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """One of them: what was agreed, where it stands, what came of it. Raises NotFound."""
    seen = await _own_order(rooms, call, here)
    cashier = rooms.house.context.cashier
    if seen.order.ask_us is not None and may_ask_soon(seen.order) and seen.order.ask_us > seen.now_us:
        await rooms.office.database.transact(lambda tx: ask_soon(tx, seen.order.id))
    facts = {
        "seen": seen,
        "order": seen.order,
        "states": ORDER_STATES,
        "methods": METHODS,
        "origins": ORIGIN_NAMES,
        "refund_states": REFUND_STATES,
        "dispute_states": DISPUTE_STATES,
        "titles": DOCUMENT_NAMES,
        "money": money,
        "by_hand": seen.order.method == BY_HAND,
        "bank": cashier.billing.bank,
        "reference": reference(seen.order.id),
        "can_pay": payable(seen.order, seen.now_us) is not None,
        "again": _again(rooms, seen),
        "look_again_s": look_again_s(seen.now_us - (seen.refunds[-1] if seen.refunds else seen.order).created_us),
    }
    return await in_console(rooms, here, "order.html.j2", facts)


async def go_and_pay(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """Lead to the vendor's page. Raises NotFound.

    The browser is sent by the page and not by a redirect: our policy lets no form end at another site, and browsers
    hold a redirect against the form that it answers (CSP 3, form-action).
    """
    seen = await _own_order(rooms, call, here)
    address = payable(seen.order, seen.now_us)
    if address is None:
        return SeeOther(f"{ORDERS}/{seen.order.id}")
    facts = {"order": seen.order, "address": address, "host": urlsplit(address).hostname, "money": money}
    return Shown("console/pay.html.j2", facts)


def payable(order: Order, now_us: int) -> str | None:
    """Where the order is paid, as long as it can be."""
    url = order.pay_url if order.state == "created" and order.expires_us > now_us else None
    return url if url is not None and urlsplit(url).scheme in HTTP else None


def _again(rooms: Rooms, seen: SeenOrder) -> BuyForm | None:
    """The form that orders the same once more, where nobody can pay this order any more; None elsewhere."""
    order = seen.order
    over = order.state in ("expired", "failed") or (
        order.state == "created" and order.method != BY_HAND and payable(order, seen.now_us) is None
    )
    if order.origin != "buyer" or not over or order.method not in ways_to_pay(rooms.house.context.cashier):
        return None
    return BuyForm(
        offer=order.pack or OWN,
        amount="" if order.pack else plain_money(order.amount_minor, order.currency),
        method=order.method,
        save="yes" if order.saves_method else "",
        once=rooms.house.context.ids.new(),
    )


async def read_order(tx: Tx, order_id: str) -> SeenOrder | None:
    """An order of any account, with all that hangs on it."""
    order = await order_by_id(tx, order_id)
    if order is None:
        return None
    back = (await refunds_of(tx, order.id), await disputes_of(tx, order.id))
    lot = await lot_of(tx, order.owner, order.id)
    return SeenOrder(order, lot, *back, await documents_of_order(tx, order.account_id, order.id), tx.now_us)


async def _own_order(rooms: Rooms, call: PageCall, here: MemberHere) -> SeenOrder:
    order_id = call.ids["order_id"]

    seen = await rooms.office.database.read(lambda tx: read_order(tx, order_id)) if is_id(order_id) else None
    if seen is None or seen.order.account_id != here.account_id:
        raise NotFound("There is no such order.", param="order_id")
    return seen
