"""Orders that people see to: bank transfers and vouchers."""

import asyncio
import os

import pytest

from apiinone.accounts.account_rows import Action
from apiinone.accounts.callers import Caller
from apiinone.core.clock import US_PER_S
from apiinone.core.credits import whole
from apiinone.core.errors import BadRequest, Conflict, IdempotencyMismatch, NotFound, RateLimited, Refusal
from apiinone.db import Tx
from apiinone.payments.cashier import Cashier, Placed, Wish
from apiinone.payments.lifecycle import ORDER_EVENTS, ORDER_MOVES, drawing
from apiinone.payments.manual import statement
from apiinone.payments.order_rows import Order
from apiinone.payments.packs import terms_of_amount, terms_of_pack
from apiinone.payments.place_order import OPEN_ORDERS_MAX, Asked
from apiinone.payments.settle import Settled
from apiinone.payments.suspense import Credit, resolve
from apiinone.payments.voucher import ALPHABET, CODE_LETTERS, code_hash, new_code
from apiinone.payments.voucher_rows import TRIES_MAX, VoucherRow, add_vouchers, redeem
from later import LaterDatabase
from payments.till_rows import money, order_now, strays, times_credited
from payments.tills import PEPPER, cashier_for
from repository import ROOT
from workshop import DAY_S, Workshop


@pytest.fixture
def cashier(database: LaterDatabase) -> Cashier:
    return cashier_for(database)


@pytest.fixture
async def buyer(workshop: Workshop) -> Caller:
    return await workshop.tenant()


def wish(cashier: Cashier, buyer: Caller, pack: str = "studio", asked: Asked | None = None) -> Wish:
    terms = terms_of_pack(cashier.billing, pack)
    return Wish(buyer.account_id, "manual", terms, f"key:{buyer.key_id}", asked=asked)


async def came(cashier: Cashier, order: Order, amount: int = 5000, currency: str = "usd", ref: str = "b1") -> Settled:
    standing = statement(order.id, payment_ref=ref, currency=currency, amount_minor=amount, account_id=None)
    return await cashier.settle("manual", order.id, standing)


def test_every_event_of_an_order_has_words_and_the_drawing_is_the_table() -> None:
    assert {event for _, event in ORDER_MOVES} == set(ORDER_EVENTS)
    assert drawing() in (ROOT / "docs" / "orders.md").read_text()


async def test_a_paid_order_brings_its_credits_and_bonus_once(
    cashier: Cashier, workshop: Workshop, buyer: Caller
) -> None:
    placed = await cashier.order(wish(cashier, buyer))
    assert (placed.order.number, placed.order.state, placed.new) == (1, "created", True)
    assert placed.instructions is not None
    assert await money(workshop, buyer.account_id) == (0, 0, 0, 0)
    outcomes = [(await came(cashier, placed.order)).outcome for _ in range(3)]
    assert outcomes == ["credited", "nothing", "nothing"]
    assert await money(workshop, buyer.account_id) == (5250, 0, 0, 0)
    await workshop.assert_sound()


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"amount": 4999}, "other_amount"),
        ({"amount": 5001}, "other_amount"),
        ({"amount": 50}, "other_amount"),
        ({"currency": "eur"}, "other_currency"),
    ],
)
async def test_another_amount_or_currency_credits_nothing_and_is_kept_in_suspense_once(
    cashier: Cashier, workshop: Workshop, buyer: Caller, changed: dict[str, object], reason: str
) -> None:
    placed = await cashier.order(wish(cashier, buyer))
    for _ in range(2):
        assert (await came(cashier, placed.order, **changed)).outcome == "suspense"  # pyright: ignore[reportArgumentType]
    (stray,) = await strays(workshop.database)
    assert (stray.reason, stray.subject, stray.order_id) == (reason, "b1", placed.order.id)
    assert await times_credited(workshop, buyer.account_id) == 0
    assert (await order_now(workshop.database, placed.order.id)).state == "created"


async def test_one_payment_pays_one_order_and_a_second_payment_of_an_order_is_kept(
    cashier: Cashier, workshop: Workshop, buyer: Caller
) -> None:
    first, second = [(await cashier.order(wish(cashier, buyer))).order for _ in range(2)]
    assert (await came(cashier, first)).outcome == "credited"
    assert (await came(cashier, second)).outcome == "suspense"
    assert (await came(cashier, first, ref="b2")).outcome == "suspense"
    assert {stray.reason for stray in await strays(workshop.database)} == {"other_payment"}
    assert await times_credited(workshop, buyer.account_id) == 1


async def test_a_payment_of_another_account_method_or_kind_of_money_credits_nothing(
    cashier: Cashier, workshop: Workshop, buyer: Caller
) -> None:
    order = (await cashier.order(wish(cashier, buyer))).order
    plain = statement(order.id, payment_ref="b1", currency="usd", amount_minor=5000, account_id=buyer.account_id)
    other = statement(order.id, payment_ref="b1", currency="usd", amount_minor=5000, account_id="somebody")
    assert (await cashier.settle("manual", order.id, other)).outcome == "suspense"
    assert (await cashier.settle("stripe", order.id, plain)).outcome == "suspense"
    assert (await cashier.settle("manual", "0" * 26, plain)).outcome == "suspense"
    reasons = {stray.reason for stray in await strays(workshop.database)}
    assert reasons == {"other_account", "other_method", "unknown_order"}
    assert await times_credited(workshop, buyer.account_id) == 0
    assert (await cashier.settle("manual", order.id, plain)).outcome == "credited"


async def test_an_expired_order_that_is_paid_after_all_is_credited(
    cashier: Cashier, workshop: Workshop, buyer: Caller
) -> None:
    order = (await cashier.order(wish(cashier, buyer))).order
    workshop.let_pass(15 * DAY_S)
    await cashier.look(order.id)
    assert (await order_now(workshop.database, order.id)).state == "expired"
    assert (await came(cashier, order)).outcome == "credited"
    assert await money(workshop, buyer.account_id) == (5250, 0, 0, 0)


async def test_the_same_request_gives_the_same_order_and_another_body_is_refused(
    cashier: Cashier, workshop: Workshop, buyer: Caller
) -> None:
    asked = Asked(b"mark", b"body")
    first = await cashier.order(wish(cashier, buyer, asked=asked))
    again = await cashier.order(wish(cashier, buyer, asked=asked))
    assert (again.order.id, again.new) == (first.order.id, False)
    with pytest.raises(IdempotencyMismatch):
        await cashier.order(wish(cashier, buyer, "starter", asked=Asked(b"mark", b"other")))
    with pytest.raises(NotFound):
        await cashier.order(Wish("0" * 26, "manual", terms_of_pack(cashier.billing, "starter"), "operator"))
    assert (await order_now(workshop.database, first.order.id)).number == 1


async def test_orders_are_numbered_without_gaps_also_where_one_is_refused(
    cashier: Cashier, workshop: Workshop, buyer: Caller
) -> None:
    results = await asyncio.gather(
        *(cashier.order(wish(cashier, buyer)) for _ in range(OPEN_ORDERS_MAX + 3)), return_exceptions=True
    )
    placed = [one.order.number for one in results if isinstance(one, Placed)]
    assert sorted(placed) == list(range(1, OPEN_ORDERS_MAX + 1))
    assert sum(isinstance(one, Conflict) for one in results) == 3
    await workshop.assert_sound()


async def test_amounts_of_ones_own_stay_within_bounds_and_credits_are_whole(cashier: Cashier) -> None:
    assert terms_of_amount(cashier.billing, 1234).credits == whole(1234)
    for amount in (0, -5, 499, 100_001):
        with pytest.raises(BadRequest):
            terms_of_amount(cashier.billing, amount)
    with pytest.raises(BadRequest):
        terms_of_pack(cashier.billing, "nobodys")
    with pytest.raises(BadRequest):
        await cashier.order(Wish("x", "voucher", terms_of_amount(cashier.billing, 1234), "operator"))


async def test_suspense_is_decided_once_and_credited_with_a_reason(
    cashier: Cashier, workshop: Workshop, buyer: Caller
) -> None:
    order = (await cashier.order(wish(cashier, buyer))).order
    await came(cashier, order, amount=4999)
    (stray,) = await strays(workshop.database)

    async def decide(tx: Tx) -> None:
        credit = Credit(buyer.account_id, whole(4999), workshop.ids.new())
        action = Action(workshop.ids.new(), "operator", "suspense.resolve", stray.id, "a mistyped amount")
        await resolve(tx, stray.id, "credited", action, credit)

    await workshop.database.transact(decide)
    with pytest.raises(Refusal):
        await workshop.database.transact(decide)
    assert await money(workshop, buyer.account_id) == (4999, 0, 0, 0)
    await workshop.assert_sound()


async def voucher(workshop: Workshop, **changes: int) -> str:
    """A new code of 25 credits."""
    code = new_code(os.urandom)
    bounds = {"uses_max": 1, "per_account_max": 1, "expires_us": None} | changes

    async def add(tx: Tx) -> None:
        hashed = code_hash(PEPPER, code) or b""
        uses = (bounds["uses_max"] or 1, bounds["per_account_max"] or 1, 0)
        times = (None, bounds["expires_us"], None)
        await add_vouchers(
            tx, [VoucherRow(workshop.ids.new(), hashed, whole(25), *uses, *times, "operator", tx.now_us)]
        )

    await workshop.database.transact(add)
    return code


async def redeemed(workshop: Workshop, account_id: str, code: str) -> Order | Refusal:
    hashed = code_hash(PEPPER, code)
    return await workshop.database.transact(lambda tx: redeem(tx, account_id, hashed, "key", workshop.ids))


async def test_a_code_is_worth_its_credits_once_however_it_is_typed(workshop: Workshop, buyer: Caller) -> None:
    code = await voucher(workshop, uses_max=5)
    order = await redeemed(workshop, buyer.account_id, code.lower().replace("-", " "))
    assert isinstance(order, Order)
    assert (order.state, order.amount_minor, order.method) == ("paid", 0, "voucher")
    assert isinstance(await redeemed(workshop, buyer.account_id, code), BadRequest)
    assert await money(workshop, buyer.account_id) == (25, 0, 0, 0)
    await workshop.assert_sound()


async def test_a_code_that_is_over_revoked_or_used_up_credits_nothing(workshop: Workshop, buyer: Caller) -> None:
    over = await voucher(workshop, expires_us=1)
    used = await voucher(workshop)
    other = await workshop.tenant()
    assert isinstance(await redeemed(workshop, other.account_id, used), Order)
    for code in (over, used, "no code", "", "I" * 20, "\0" * 20, "A" * 1000):
        assert isinstance(await redeemed(workshop, buyer.account_id, code), BadRequest), code
    assert await times_credited(workshop, buyer.account_id) == 0


async def test_a_new_code_has_a_hundred_random_bits(workshop: Workshop) -> None:
    assert len(ALPHABET) ** CODE_LETTERS == 2**100
    assert len({new_code(os.urandom) for _ in range(1000)}) == 1000
    assert new_code(lambda count: b"\xff" * count) == "-".join(["ZZZZZ"] * 4)
    del workshop


async def test_wrong_codes_are_throttled_in_the_database(workshop: Workshop, buyer: Caller) -> None:
    good = await voucher(workshop)
    for _ in range(TRIES_MAX):
        assert isinstance(await redeemed(workshop, buyer.account_id, new_code(os.urandom)), BadRequest)
    assert isinstance(await redeemed(workshop, buyer.account_id, good), RateLimited)
    workshop.let_pass(3601)
    assert isinstance(await redeemed(workshop, buyer.account_id, good), Order)


async def test_a_hundred_redemptions_at_once_of_one_single_use_code_credit_once(workshop: Workshop) -> None:
    code = await voucher(workshop)
    accounts = [(await workshop.tenant()).account_id for _ in range(10)]
    results = await asyncio.gather(*(redeemed(workshop, accounts[n % 10], code) for n in range(100)))
    assert sum(isinstance(one, Order) for one in results) == 1
    assert sum([await times_credited(workshop, account) for account in accounts]) == 1
    await workshop.assert_sound()


async def test_credits_with_days_expire_that_long_after_they_were_paid(workshop: Workshop, buyer: Caller) -> None:
    code = await voucher(workshop)

    async def shorten(tx: Tx) -> None:
        from apiinone.db import Sql  # noqa: PLC0415 - one statement of this test's own

        await tx.run(Sql("UPDATE vouchers SET credits_days = 3"))

    await workshop.database.transact(shorten)
    order = await redeemed(workshop, buyer.account_id, code)
    assert isinstance(order, Order)
    assert order.paid_us is not None
    workshop.let_pass(3 * DAY_S + 1)
    await workshop.grant((buyer.account_id, "live"), 1)
    assert await money(workshop, buyer.account_id) == (1, 0, 0, 0)
    assert order.paid_us > US_PER_S
