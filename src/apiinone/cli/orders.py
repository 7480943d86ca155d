"""`apiinone orders`: what was bought, confirmed by hand, sent back."""

from decimal import Decimal

import click
from msgspec import Struct

from apiinone.cli.arguments import now
from apiinone.cli.opening import carry_out, reading, settings_now
from apiinone.cli.printing import amount, json_option, moment, print_fields, print_json, print_table
from apiinone.control.payment_commands import ConfirmPayment, ConfirmRefund, OrderNow, RefundNow, RefundOrder
from apiinone.core.credits import shown
from apiinone.core.errors import NotFound
from apiinone.db import Tx
from apiinone.payments.back_rows import DisputeRow, RefundRow, disputes_of, refunds_of
from apiinone.payments.manual import reference
from apiinone.payments.order_rows import PAGE_MAX, Order, all_orders, order_by_id

STATES = click.Choice(("created", "paid", "expired", "failed", "disputed", "refunded", "charged_back"))


class ShownOrder(Struct, frozen=True):
    """An order as `--json` prints it: credits in credits, money in the currency's smallest unit."""

    order_id: str
    number: int
    account_id: str
    method: str
    state: str
    currency: str
    amount_minor: int
    refunded_minor: int
    credits: int | Decimal
    bonus: int | Decimal
    reference: str
    payment_ref: str | None
    created_at: str | None
    paid_at: str | None


class ShownRefund(Struct, frozen=True):
    """A refund as `--json` prints it."""

    refund_id: str
    amount_minor: int
    credits: int | Decimal
    state: str


class ShownDispute(Struct, frozen=True):
    """A dispute as `--json` prints it."""

    dispute: str
    amount_minor: int
    state: str


@click.group(short_help="See what was bought; confirm payments; send money back.")
def orders() -> None:
    """Orders bring credits once their vendor, or an operator who saw the money, says that they are paid."""


@orders.command("list")
@click.option("--account", "account_id", help="Of this account only.")
@click.option("--state", type=STATES, help="In this state only.")
@json_option
def list_orders(account_id: str | None, state: str | None, *, as_json: bool) -> None:
    """List orders, newest first (at most 1,000)."""
    found = now(_orders(account_id, state))
    if as_json:
        print_json({"orders": [_shown(order) for order in found]})
        return
    columns = ("number", "order", "account", "method", "state", "amount", "credits", "created")
    rows = [
        (
            order.number,
            order.id,
            order.account_id,
            order.method,
            order.state,
            f"{order.amount_minor} {order.currency}",
            amount(order.granted),
            moment(order.created_us),
        )
        for order in found
    ]
    print_table(columns, rows)


@orders.command()
@click.argument("order_id")
@json_option
def show(order_id: str, *, as_json: bool) -> None:
    """Show an order with its refunds and disputes."""
    order, refunds, disputes = now(_order(order_id))
    if as_json:
        print_json({"order": _shown(order), "refunds": list(map(_refund, refunds)), "disputes": _all(disputes)})
        return
    print_fields(
        (
            ("order", order.id),
            ("number", order.number),
            ("account", order.account_id),
            ("method", order.method),
            ("state", order.state),
            ("amount", f"{order.amount_minor} {order.currency}"),
            ("credits", f"{amount(order.credits)} + {amount(order.bonus)}"),
            ("reference", reference(order.id)),
            ("payment", order.payment_ref),
            ("created", moment(order.created_us)),
            ("paid", moment(order.paid_us)),
            ("refunded", f"{order.refunded_minor} {order.currency}"),
        )
    )
    lines = [("refund", one.id, one.state, one.amount_minor) for one in refunds]
    lines += [("dispute", one.vendor_ref, one.state, one.amount_minor) for one in disputes]
    if lines:
        click.echo()
        print_table(("what", "id", "state", "amount"), lines)


@orders.command()
@click.argument("order_id")
@click.option("--amount-minor", type=click.IntRange(min=1), required=True, help="What came, in the smallest unit.")
@click.option("--currency", required=True, help="Such as usd.")
@click.option("--payment", "payment_ref", required=True, help="The payment as the bank's statement names it.")
@click.option("--reason", required=True, help="Why; it is written down.")
@json_option
def confirm(  # noqa: PLR0913 - one parameter for each option
    order_id: str, amount_minor: int, currency: str, *, payment_ref: str, reason: str, as_json: bool
) -> None:
    """Say that the money of a bank transfer came. Another amount or currency than the order's goes to suspense."""
    done = now(carry_out(settings_now(), ConfirmPayment(order_id, amount_minor, currency, payment_ref, reason)))
    _say_order(done, as_json=as_json)


@orders.command()
@click.argument("order_id")
@click.option("--amount-minor", type=click.IntRange(min=1), help="How much; default: all whose credits are unused.")
@click.option("--reason", required=True, help="Why; it is written down.")
@json_option
def refund(order_id: str, amount_minor: int | None, *, reason: str, as_json: bool) -> None:
    """Send money of an order back, as far as nobody used its credits."""
    done = now(carry_out(settings_now(), RefundOrder(order_id, reason, amount_minor)))
    _say_refund(done, as_json=as_json)


@orders.command("refund-sent")
@click.argument("refund_id")
@click.option("--reason", required=True, help="Why; it is written down.")
@json_option
def refund_sent(refund_id: str, *, reason: str, as_json: bool) -> None:
    """Say that the money of a refund was sent by hand."""
    _say_refund(now(carry_out(settings_now(), ConfirmRefund(refund_id, reason))), as_json=as_json)


async def _orders(account_id: str | None, state: str | None) -> list[Order]:
    async with reading(settings_now()) as database:
        return await database.read(lambda tx: all_orders(tx, account_id=account_id, state=state, limit=PAGE_MAX))


async def _order(order_id: str) -> tuple[Order, list[RefundRow], list[DisputeRow]]:
    async def look(tx: Tx) -> tuple[Order, list[RefundRow], list[DisputeRow]]:
        order = await order_by_id(tx, order_id)
        if order is None:
            raise NotFound("there is no such order")
        return order, await refunds_of(tx, order_id), await disputes_of(tx, order_id)

    async with reading(settings_now()) as database:
        return await database.read(look)


def _shown(order: Order) -> ShownOrder:
    money = (order.currency, order.amount_minor, order.refunded_minor, shown(order.credits), shown(order.bonus))
    names = (order.id, order.number, order.account_id, order.method, order.state)
    times = (moment(order.created_us), moment(order.paid_us))
    return ShownOrder(*names, *money, reference(order.id), order.payment_ref, *times)


def _refund(row: RefundRow) -> ShownRefund:
    return ShownRefund(row.id, row.amount_minor, shown(row.credits), row.state)


def _all(disputes: list[DisputeRow]) -> list[ShownDispute]:
    return [ShownDispute(one.vendor_ref, one.amount_minor, one.state) for one in disputes]


def _say_order(done: OrderNow, *, as_json: bool) -> None:
    if as_json:
        print_json(done)
        return
    print_fields((("order", done.order_id), ("state", done.state), ("outcome", done.outcome)))


def _say_refund(done: RefundNow, *, as_json: bool) -> None:
    if as_json:
        row = ShownRefund(done.refund_id, done.amount_minor, shown(done.credits), done.state)
        print_json(row)
        return
    money = (("amount", done.amount_minor), ("credits", amount(done.credits)))
    print_fields((("refund", done.refund_id), ("order", done.order_id), *money, ("state", done.state)))
