"""Refunds, disputes, orders and vouchers (hazards 25, 26 and 49)."""

import asyncio
import os
from collections.abc import AsyncIterator

import pytest

from apiinone.accounts.account_rows import Action
from apiinone.accounts.callers import Caller
from apiinone.core.credits import whole
from apiinone.core.errors import InsufficientCredits, RateLimited, Refusal
from apiinone.payments.order_rows import Order
from apiinone.payments.refunding import Wanted
from apiinone.payments.top_up import TopUp
from apiinone.payments.top_up_rows import TopUpRule, saved_of, set_rule
from apiinone.payments.voucher import code_hash, new_code
from apiinone.payments.voucher_rows import TRIES_MAX, VoucherRow, add_vouchers, redeem
from payments.shop import Shop, open_shop
from payments.till_rows import money, times_credited
from payments.tills import PEPPER
from workshop import Workshop


@pytest.fixture
async def shop(workshop: Workshop) -> AsyncIterator[Shop]:
    async with open_shop(workshop) as opened:
        yield opened


@pytest.fixture
async def buyer(workshop: Workshop) -> Caller:
    return await workshop.tenant()


async def test_credits_of_a_refund_are_out_of_reach_before_the_vendor_is_asked(
    shop: Shop, workshop: Workshop, buyer: Caller
) -> None:
    order = await shop.paid(buyer)
    await shop.stripe.arrange({"fault": "slow", "on": "submit", "delay_s": 0.3})
    action = Action(workshop.ids.new(), "operator", "orders.refund", order.id, "a test")
    refunding = asyncio.create_task(shop.refunder.refund(Wanted(order.id, None), action))
    await asyncio.sleep(0.1)
    (refused,) = await workshop.submit(workshop.submission(buyer))
    assert isinstance(refused, InsufficientCredits)
    assert (await refunding).state == "succeeded"
    assert await money(workshop, buyer.account_id) == (0, 0, 0, 0)


async def test_what_was_spent_of_a_disputed_lot_is_owed_and_repaid_before_anything_else(
    shop: Shop, workshop: Workshop, buyer: Caller
) -> None:
    order = await shop.paid(buyer)
    task = await workshop.task(buyer, units=3)
    await workshop.store(task, buyer, await workshop.sending(task, buyer), outputs=3)
    assert order.payment_ref is not None
    dispute = await shop.stripe.post("/_sim/disputes", payment_intent=order.payment_ref)
    await shop.tell_all()
    assert await money(workshop, buyer.account_id) == (0, 0, 5220, 0)
    await shop.stripe.post(f"/_sim/disputes/{dispute['id']}", status="lost")
    await shop.tell_all()
    assert await money(workshop, buyer.account_id) == (0, 0, 0, 30)
    await workshop.grant((buyer.account_id, "live"), 40)
    assert await money(workshop, buyer.account_id) == (10, 0, 0, 0)
    await workshop.assert_sound()


async def test_an_order_is_credited_once_however_many_say_at_once_that_it_is_paid(
    shop: Shop, workshop: Workshop, buyer: Caller
) -> None:
    order = await shop.order(buyer)
    await shop.stripe.pay(order)
    await asyncio.gather(*(shop.cashier.look(order.id) for _ in range(10)), *(shop.tell_all() for _ in range(3)))
    assert await times_credited(workshop, buyer.account_id) == 1
    assert await money(workshop, buyer.account_id) == (5250, 0, 0, 0)


async def test_one_crossing_is_topped_up_once(shop: Shop, workshop: Workshop, buyer: Caller) -> None:
    await shop.paid(buyer, saves=True)
    (saved,) = await workshop.database.read(lambda tx: saved_of(tx, buyer.account_id))
    rule = TopUpRule(buyer.account_id, whole(6000), "studio", saved.id, 100_000)
    await workshop.database.transact(lambda tx: set_rule(tx, rule))
    top_up = TopUp(shop.cashier)
    await asyncio.gather(*(top_up.go_through() for _ in range(20)))
    assert await times_credited(workshop, buyer.account_id) == 2


async def test_a_code_is_counted_under_its_lock_and_wrong_ones_are_throttled(workshop: Workshop, buyer: Caller) -> None:
    code = new_code(os.urandom)
    hashed = code_hash(PEPPER, code)
    assert hashed is not None
    assert code.replace("-", "").encode() not in hashed
    row = VoucherRow(workshop.ids.new(), hashed, whole(5), 3, 2, 0, None, None, None, "operator", 0)
    await workshop.database.transact(lambda tx: add_vouchers(tx, [row]))
    accounts = [buyer.account_id, *[(await workshop.tenant()).account_id for _ in range(4)]]
    results = await asyncio.gather(*(_redeemed(workshop, account, code) for account in accounts * 6))
    assert sum(isinstance(one, Order) for one in results) == 3
    assert max([await times_credited(workshop, account) for account in accounts]) <= 2
    for _ in range(TRIES_MAX):
        await _redeemed(workshop, buyer.account_id, new_code(os.urandom))
    assert isinstance(await _redeemed(workshop, buyer.account_id, code), RateLimited)
    await workshop.assert_sound()


async def _redeemed(workshop: Workshop, account_id: str, code: str) -> Order | Refusal:
    hashed = code_hash(PEPPER, code)
    return await workshop.database.transact(lambda tx: redeem(tx, account_id, hashed, "key", workshop.ids))
