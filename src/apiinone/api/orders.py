"""Buying credits: packs, orders, vouchers. Only live keys buy: test credits cost nothing and cannot be bought."""

import hashlib
from typing import Annotated, Final
from urllib.parse import urlsplit

from msgspec import UNSET, Meta, Struct, UnsetType

from apiinone.accounts.callers import Caller
from apiinone.api.answer import Answer, encode, page, success
from apiinone.api.call import Call
from apiinone.api.cursors import read_cursor, write_cursor
from apiinone.api.house import House
from apiinone.api.model_forms import Amount
from apiinone.api.queries import Cursor, Limit, read_query
from apiinone.api.request_headers import idempotency_key
from apiinone.api.task_page import Moment
from apiinone.api.typed_body import read_typed
from apiinone.core.clock import iso
from apiinone.core.credits import shown
from apiinone.core.errors import BadRequest, NotFound, Refusal
from apiinone.core.ids import is_id
from apiinone.db import Tx
from apiinone.payments.cashier import Wish
from apiinone.payments.lifecycle import OrderState
from apiinone.payments.manual import reference
from apiinone.payments.order_rows import Order, order_by_id, orders_of
from apiinone.payments.packs import Billing, Terms, terms_of_amount, terms_of_pack
from apiinone.payments.place_order import Asked
from apiinone.payments.voucher import CODE_LENGTH_MAX, code_hash
from apiinone.payments.voucher_rows import redeem

ORDERS_ROWS: Final = 20
ORDER_PATTERN: Final = "^[0-9a-v]{26}$"
_ONLY_LIVE: Final = "Test keys buy nothing: test credits cost nothing. Use a live key."
_HTTP: Final = ("http", "https")
OrderId = Annotated[str, Meta(pattern=ORDER_PATTERN)]
Currency = Annotated[str, Meta(pattern="^[a-z]{3}$", description="ISO 4217, in small letters.")]
AmountMinor = Annotated[int, Meta(description="In the currency's smallest unit, such as cents.")]


class PackPage(Struct, frozen=True):
    """Credits at a price."""

    id: str
    title: str
    currency: Currency
    amount_minor: AmountMinor
    credits: Amount
    bonus: Amount
    credits_days: Annotated[int | None, Meta(description="After how many days what is left expires; null: never.")]


class CustomPage(Struct, frozen=True):
    """The bounds of an amount of one's own choice, and its rate."""

    currency: Currency
    amount_minor_min: AmountMinor
    amount_minor_max: AmountMinor
    credits_per_minor: int
    credits_days: int | None


class ShopPage(Struct, frozen=True):
    """What is sold, and how it can be paid."""

    packs: tuple[PackPage, ...]
    custom: CustomPage | None
    methods: tuple[str, ...]


class OrderBody(Struct, frozen=True, forbid_unknown_fields=True):
    """What to buy: a pack, or an amount of one's own choice."""

    method: Annotated[str, Meta(min_length=1, max_length=40, description="Such as `stripe`.")]
    pack: Annotated[str, Meta(min_length=1, max_length=40)] | None = None
    amount_minor: AmountMinor | None = None
    return_url: Annotated[str, Meta(max_length=2000, description="Where the payer goes afterwards.")] | None = None
    save_method: Annotated[bool, Meta(description="Keep the card at the vendor, for automatic top-up.")] = False


class OrderPage(Struct, frozen=True):
    """An order. It is paid at `pay_url`, or as `instructions` say."""

    order_id: OrderId
    number: int
    state: OrderState
    method: str
    pack: str | None
    currency: Currency
    amount_minor: AmountMinor
    refunded_minor: AmountMinor
    credits: Amount
    bonus: Amount
    reference: Annotated[str, Meta(description="What to name when paying by bank transfer.")]
    pay_url: str | None
    instructions: str | None
    created_at: Moment
    expires_at: Moment
    paid_at: Moment | None


class VoucherBody(Struct, frozen=True, forbid_unknown_fields=True):
    """A code to be redeemed."""

    code: Annotated[str, Meta(min_length=1, max_length=CODE_LENGTH_MAX)]


class OrdersQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which page."""

    limit: Limit = ORDERS_ROWS
    cursor: Cursor | UnsetType = UNSET


async def list_packs(house: House, call: Call, caller: Caller) -> Answer:
    """What is sold."""
    del call, caller
    cashier = house.context.cashier
    billing, custom = cashier.billing, cashier.billing.custom
    packs = tuple(
        PackPage(one.id, one.title, one.currency, one.amount_minor, one.credits, one.bonus, one.credits_days)
        for one in billing.packs
    )
    own = None
    if custom is not None:
        bounds = (custom.amount_minor_min, custom.amount_minor_max)
        own = CustomPage(custom.currency, *bounds, custom.credits_per_minor, custom.credits_days)
    return success(ShopPage(packs, own, cashier.ready()))


async def create_order(house: House, call: Call, caller: Caller) -> Answer:
    """Place an order and have its page opened."""
    body = await read_typed(call, OrderBody)
    key = idempotency_key(call)
    if caller.mode == "test":
        raise NotFound(_ONLY_LIVE)
    asked = None
    if key is not None:
        mark = hashlib.sha256(f"order:{key}".encode()).digest()
        asked = Asked(mark, hashlib.sha256(encode(body)).digest())
    wish = Wish(
        account_id=caller.account_id,
        method=body.method,
        terms=_terms(house.context.cashier.billing, body),
        actor=f"key:{caller.key_id}",
        return_url=_return_url(body.return_url),
        saves_method=body.save_method,
        asked=asked,
    )
    placed = await house.context.cashier.order(wish)
    headers = () if placed.new else ((b"idempotent-replayed", b"true"),)
    return success(order_page(placed.order, placed.instructions), headers)


async def list_orders(house: House, call: Call, caller: Caller) -> Answer:
    """The account's orders, newest first."""
    query = read_query(call.query_string, OrdersQuery)
    before = None if query.cursor is UNSET else read_cursor("orders", query.cursor, 1)[0]
    if caller.mode == "test":
        return page([], None)

    async def look(tx: Tx) -> list[Order]:
        return await orders_of(tx, caller.account_id, before=before, limit=query.limit + 1)

    found = await house.context.database.read(look)
    rows = found[: query.limit]
    next_cursor = write_cursor("orders", rows[-1].id) if len(found) > query.limit else None
    return page([order_page(order) for order in rows], next_cursor)


async def show_order(house: House, call: Call, caller: Caller) -> Answer:
    """One of the account's orders."""
    return success(order_page(await own_order(house, call, caller)))


async def redeem_voucher(house: House, call: Call, caller: Caller) -> Answer:
    """Credit a code to the account."""
    body = await read_typed(call, VoucherBody)
    if caller.mode == "test":
        raise NotFound(_ONLY_LIVE)
    context = house.context
    hashed = code_hash(context.cashier.pepper, body.code)

    async def work(tx: Tx) -> Order | Refusal:
        return await redeem(tx, caller.account_id, hashed, f"key:{caller.key_id}", context.ids)

    redeemed = await context.database.transact(work)
    if isinstance(redeemed, Refusal):
        raise redeemed
    return success(order_page(redeemed))


async def own_order(house: House, call: Call, caller: Caller) -> Order:
    """The order that the path names. Raises NotFound where it is another account's."""
    order_id = call.ids["order_id"]
    found = None
    if caller.mode == "live" and is_id(order_id):
        found = await house.context.database.read(lambda tx: order_by_id(tx, order_id))
    if found is None or found.account_id != caller.account_id:
        raise NotFound("There is no such order.", param="order_id")
    return found


def order_page(order: Order, instructions: str | None = None) -> OrderPage:
    """An order as every response shows it."""
    money = (order.currency, order.amount_minor, order.refunded_minor, shown(order.credits), shown(order.bonus))
    paid_at = None if order.paid_us is None else iso(order.paid_us)
    times = (iso(order.created_us), iso(order.expires_us), paid_at)
    how = (reference(order.id), order.pay_url, instructions)
    return OrderPage(order.id, order.number, order.state, order.method, order.pack, *money, *how, *times)


def _terms(billing: Billing, body: OrderBody) -> Terms:
    if (body.pack is None) == (body.amount_minor is None):
        raise BadRequest("Name either 'pack' or 'amount_minor'.", param="/pack")
    if body.pack is not None:
        return terms_of_pack(billing, body.pack)
    return terms_of_amount(billing, body.amount_minor or 0)


def _return_url(text: str | None) -> str:
    if text is None:
        return ""
    try:
        parts = urlsplit(text)
        good = parts.scheme in _HTTP and bool(parts.hostname) and text.isascii() and text.isprintable()
    except ValueError:
        good = False
    if not good or " " in text:
        raise BadRequest("'return_url' must be an http or https address.", param="/return_url")
    return text
