"""Pages: an order is placed and its payer sent to where it is paid; a voucher is redeemed."""

import hashlib
from typing import Final

import msgspec
from msgspec import Struct

from apiinone.api.answer import encode
from apiinone.core.errors import BadRequest, Refusal
from apiinone.core.ids import is_id
from apiinone.db import Tx
from apiinone.payments.cashier import Wish
from apiinone.payments.document_drawing import money
from apiinone.payments.order_rows import Order
from apiinone.payments.packs import Terms, terms_of_amount, terms_of_pack
from apiinone.payments.place_order import Asked
from apiinone.payments.voucher import code_hash
from apiinone.payments.voucher_rows import redeem
from apiinone.people.throttles import Throttled
from apiinone.web.billing.order_pages import ORDERS
from apiinone.web.billing.shop import OWN, SAVES, BuyForm, shop_for, ways_to_pay
from apiinone.web.billing.sums import amount_minor
from apiinone.web.code_names import refusal_told
from apiinone.web.console.credits_pages import credits_page
from apiinone.web.page_route import PageCall, PageReply, Rooms, SeeOther
from apiinone.web.sign_in_pages import later
from apiinone.web.visitor import MemberHere

UNPROCESSABLE: Final = 422


class VoucherForm(Struct, frozen=True):
    """Its field."""

    code: str = ""


class _Wrong(Exception):
    """A field of the form is not right."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


async def do_buy(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """Place the order and go on to where it is paid; sent again, the same form leads to the same order."""
    form = call.form(BuyForm)
    try:
        wish = _wish(rooms, call, here, form)
        placed = await rooms.house.context.cashier.order(wish)
    except _Wrong as wrong:
        return await _again(rooms, call, here, form, (wrong.field, wrong.message, UNPROCESSABLE))
    except Refusal as refusal:  # the vendor is away, too many orders wait: nothing was paid
        return await _again(
            rooms, call, here, form, ("order", refusal_told(refusal, call.visitor.language, call.say), refusal.status)
        )
    path = f"{ORDERS}/{placed.order.id}"
    return SeeOther(f"{path}/pay" if placed.order.pay_url else path)


async def do_redeem(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """Credit a voucher's code to the account."""
    code = call.form(VoucherForm).code.strip()
    context = rooms.house.context
    hashed = code_hash(context.cashier.pepper, code)

    async def work(tx: Tx) -> Order | Refusal:
        return await redeem(tx, here.account_id, hashed, actor_of(here), context.ids)

    redeemed = await context.database.transact(work)
    if isinstance(redeemed, Refusal):
        shop = await shop_for(rooms, here, None, {"code": refusal_told(redeemed, call.visitor.language, call.say)})
        status = UNPROCESSABLE if isinstance(redeemed, BadRequest) else redeemed.status
        page = await credits_page(rooms, call, here, shop, code=code, status=status)
        wait_s = redeemed.retry_after_s
        return page if wait_s is None else msgspec.structs.replace(page, headers=(later(Throttled(wait_s)),))
    return SeeOther(f"{ORDERS}/{redeemed.id}", "voucher_redeemed")


def actor_of(here: MemberHere) -> str:
    """Who does it, as it is written down."""
    return f"person:{here.person.id}"


def _wish(rooms: Rooms, call: PageCall, here: MemberHere, form: BuyForm) -> Wish:
    cashier = rooms.house.context.cashier
    terms = _terms(rooms, call, form)
    if form.method not in ways_to_pay(cashier):
        raise _Wrong("method", call.say("Choose how to pay."))
    asked = None
    if is_id(form.once):
        mark = hashlib.sha256(f"page:{form.once}".encode()).digest()
        same = encode(msgspec.structs.replace(form, once=""))
        asked = Asked(mark, hashlib.sha256(same).digest())
    saves = bool(form.save) and form.method == SAVES
    return Wish(here.account_id, form.method, terms, actor_of(here), saves_method=saves, asked=asked)


def _terms(rooms: Rooms, call: PageCall, form: BuyForm) -> Terms:
    billing = rooms.house.context.cashier.billing
    custom = billing.custom
    try:
        if form.offer != OWN or custom is None:
            return terms_of_pack(billing, form.offer)
    except BadRequest:
        raise _Wrong("offer", call.say("Choose what to buy.")) from None
    bounds = (custom.amount_minor_min, custom.amount_minor_max)
    try:
        minor = amount_minor(form.amount, custom.currency)
        if bounds[0] <= minor <= bounds[1]:
            return terms_of_amount(billing, minor)
    except ValueError:
        minor = 0
    between = {"least": money(bounds[0], custom.currency), "most": money(bounds[1], custom.currency)}
    raise _Wrong("amount", call.say("This is an amount between %(least)s and %(most)s.") % between)


async def _again(
    rooms: Rooms, call: PageCall, here: MemberHere, form: BuyForm, wrong: tuple[str, str, int]
) -> PageReply:
    field, message, status = wrong
    if field != "order":  # another form is another order
        form = msgspec.structs.replace(form, once=rooms.house.context.ids.new())
    shop = await shop_for(rooms, here, form, {field: message})
    return await credits_page(rooms, call, here, shop, status=status)
