"""/admin/orders: of all accounts; transfers are confirmed, money is sent back, refunds by hand are confirmed."""

from typing import Final, get_args

from msgspec import Struct

from apiinone.control.payment_commands import ConfirmPayment, ConfirmRefund, RefundOrder
from apiinone.core.errors import BadRequest, Conflict, NotFound
from apiinone.core.ids import is_id
from apiinone.db import Tx
from apiinone.payments.document_drawing import money
from apiinone.payments.lifecycle import UNPAID, OrderState
from apiinone.payments.manual import reference
from apiinone.payments.order_rows import Order, all_orders
from apiinone.web.admin.admin_page import ROWS, Problem, admin_page, carried_out, problem_of
from apiinone.web.billing.order_pages import SeenOrder, read_order
from apiinone.web.billing.shop import BY_HAND, DOCUMENT_NAMES
from apiinone.web.billing.sums import amount_minor
from apiinone.web.page_route import PageCall, PageReply, Rooms, SeeOther
from apiinone.web.visitor import SignedInAs

ORDERS: Final = "/admin/orders"
STATES: Final[tuple[OrderState, ...]] = get_args(OrderState)
NO_SUCH: Final = "There is no such order."
REFUND_FLASHES: Final = {
    "asked": "refund_by_hand",
    "sent": "refund_not_yet",
    "succeeded": "done_and_written_down",
    "failed": "refund_failed",
}


class ConfirmForm(Struct, frozen=True):
    """What was seen on the bank's statement."""

    amount: str = ""
    currency: str = ""
    payment_ref: str = ""
    reason: str = ""

    def command(self, order: Order) -> ConfirmPayment:
        """What is to be done. Raises BadRequest naming the field."""
        currency = self.currency.strip().lower()
        minor = _minor(self.amount, currency)
        return ConfirmPayment(order.id, minor, currency, self.payment_ref, self.reason)


class RefundForm(Struct, frozen=True):
    """How much goes back; empty: all that can."""

    amount: str = ""
    reason: str = ""

    def command(self, order: Order) -> RefundOrder:
        """What is to be done. Raises BadRequest naming the field."""
        minor = _minor(self.amount, order.currency) if self.amount.strip() else None
        return RefundOrder(order.id, self.reason, minor)


class SentForm(Struct, frozen=True):
    """Why it is known that the money was sent."""

    reason: str = ""


async def show_orders(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Orders, newest first, of all accounts or of one."""
    del here
    state, account, before = (call.query.get(name, "") for name in ("state", "account", "before"))

    async def look(tx: Tx) -> list[Order]:
        return await all_orders(
            tx,
            account_id=account if is_id(account) else None,
            state=state if state in STATES else None,
            limit=ROWS + 1,
            before=before if is_id(before) else None,
        )

    found = await rooms.house.context.database.read(look)
    more = found[ROWS - 1].id if len(found) > ROWS else ""
    facts = {"orders": found[:ROWS], "more": more, "states": STATES, "chosen": state, "account": account}
    return admin_page(rooms, "orders", {**facts, "money": money})


async def show_order(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """One of them with its lot, refunds, disputes and documents."""
    del here
    return _order(rooms, await _found(rooms, call))


async def do_confirm_payment(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Say that a transfer came in; another amount than the order's goes to suspense."""
    seen, form = await _found(rooms, call), call.form(ConfirmForm)
    try:
        now = await carried_out(rooms, here, form.command(seen.order))
    except (BadRequest, Conflict) as refusal:
        return _order(rooms, seen, problem_of(refusal, call, "confirm"))
    flash = "went_to_suspense" if now.outcome == "suspense" else "done_and_written_down"
    return SeeOther(f"{ORDERS}/{seen.order.id}", flash)


async def do_refund(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Send money back, as far as its credits are unused."""
    seen, form = await _found(rooms, call), call.form(RefundForm)
    try:
        now = await carried_out(rooms, here, form.command(seen.order))
    except (BadRequest, Conflict) as refusal:
        return _order(rooms, seen, problem_of(refusal, call, "refund"))
    return SeeOther(f"{ORDERS}/{seen.order.id}", REFUND_FLASHES[now.state])


async def do_confirm_refund(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """The second step of a refund by hand: its money was sent."""
    seen, form, refund_id = await _found(rooms, call), call.form(SentForm), call.ids["refund_id"]
    if all(one.id != refund_id for one in seen.refunds):
        raise NotFound("There is no such refund.")
    try:
        await carried_out(rooms, here, ConfirmRefund(refund_id, form.reason))
    except (BadRequest, Conflict) as refusal:
        return _order(rooms, seen, problem_of(refusal, call, refund_id))
    return SeeOther(f"{ORDERS}/{seen.order.id}", "done_and_written_down")


def _order(rooms: Rooms, seen: SeenOrder, problem: Problem | None = None) -> PageReply:
    order = seen.order
    facts = {
        "seen": seen,
        "order": order,
        "money": money,
        "titles": DOCUMENT_NAMES,
        "reference": reference(order.id),
        "can_confirm": order.method == BY_HAND and order.state in UNPAID,
        "can_refund": order.state == "paid" and order.amount_minor > 0,
        "by_hand": order.method == BY_HAND,
    }
    return admin_page(rooms, "order", facts, problem)


async def _found(rooms: Rooms, call: PageCall) -> SeenOrder:
    order_id = call.ids["order_id"]
    seen = await rooms.house.context.database.read(lambda tx: read_order(tx, order_id)) if is_id(order_id) else None
    if seen is None:
        raise NotFound(NO_SUCH)
    return seen


def _minor(text: str, currency: str) -> int:
    try:
        return amount_minor(text, currency)
    except ValueError:
        raise BadRequest("This is an amount of money such as 50 or 12.50.", param="amount") from None
