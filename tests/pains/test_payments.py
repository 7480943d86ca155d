"""Payments: what robbed others (rows 56 to 60)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from apiinone.accounts.callers import Caller
from apiinone.core.errors import AuthenticationFailed, BadRequest, NotFound
from apiinone.payments.cashier import Till
from apiinone.payments.packs import BillingInvalid, load_billing, terms_of_amount
from payments.shop import Shop, open_shop
from payments.till_rows import strays, times_credited
from workshop import Workshop


@pytest.fixture
async def shop(workshop: Workshop) -> AsyncIterator[Shop]:
    async with open_shop(workshop) as opened:
        yield opened


@pytest.fixture
async def buyer(workshop: Workshop) -> Caller:
    return await workshop.tenant()


async def test_a_callback_without_a_secret_is_off_and_a_forged_one_credits_nothing(
    shop: Shop, workshop: Workshop, buyer: Caller
) -> None:
    order = await shop.order(buyer)
    await shop.stripe.pay(order)
    body = b'{"id":"evt_1","type":"checkout.session.completed","livemode":false,"data":{"object":{"id":"cs_1","object":"checkout.session"}}}'  # noqa: E501 - one line of JSON
    with pytest.raises(AuthenticationFailed):
        await shop.ear.hear("stripe", shop.headers(body, secret="whsec_another"), body)
    till = shop.cashier.tills["stripe"]
    shop.cashier.tills = {**shop.cashier.tills, "stripe": Till(till.method, till.secret, None)}
    for secret in ("", "whsec_another"):
        with pytest.raises(NotFound):
            await shop.ear.hear("stripe", shop.headers(body, secret=secret), body)
    assert await times_credited(workshop, buyer.account_id) == 0


async def test_an_event_credits_only_the_order_and_the_method_it_was_made_for(
    shop: Shop, workshop: Workshop, buyer: Caller
) -> None:
    small, large = await shop.order(buyer, "starter"), await shop.order(buyer, "agency")
    await shop.stripe.pay(small)
    standing = await shop.cashier.standing("stripe", small.known)
    for method, order in (("stripe", large), ("manual", small), ("voucher", small)):
        assert (await shop.cashier.settle(method, order.id, standing)).outcome == "suspense"  # pyright: ignore[reportArgumentType]
    assert await times_credited(workshop, buyer.account_id) == 0
    assert (await shop.cashier.settle("stripe", small.id, standing)).outcome == "credited"  # pyright: ignore[reportArgumentType]


async def test_the_vendor_itself_is_asked_before_anything_is_credited(
    shop: Shop, workshop: Workshop, buyer: Caller
) -> None:
    order = await shop.order(buyer)
    await shop.tell(
        {
            "id": "evt_lies",
            "type": "checkout.session.completed",
            "livemode": False,
            "data": {
                "object": {
                    "id": order.vendor_ref,
                    "object": "checkout.session",
                    "client_reference_id": order.id,
                    "payment_status": "paid",
                    "amount_total": order.amount_minor,
                    "currency": "usd",
                }
            },
        }
    )
    assert (await shop.now(order)).state == "created"
    assert await times_credited(workshop, buyer.account_id) == 0
    await shop.stripe.pay(order)
    await shop.tell_all()
    assert await times_credited(workshop, buyer.account_id) == 1


async def test_money_that_matches_no_order_stays_visible_in_suspense(
    shop: Shop, workshop: Workshop, buyer: Caller
) -> None:
    from apiinone.db import Sql  # noqa: PLC0415 - one statement of this test's own

    order = await shop.order(buyer)
    await workshop.run(Sql("UPDATE orders SET amount_minor = amount_minor + 1 WHERE id = $1"), order.id)
    await shop.stripe.pay(order)
    await shop.tell_all()
    (stray,) = await strays(workshop.database)
    assert (stray.reason, stray.amount_minor, stray.currency) == ("other_amount", 5000, "usd")
    assert await times_credited(workshop, buyer.account_id) == 0


def test_no_pack_and_no_amount_brings_more_than_the_bounds_of_one_order(tmp_path: Path) -> None:
    own = tmp_path / "billing.yaml"
    for packs in ("credits: 10000000, bonus: 1", "credits: 50000000000", "credits: 0", "credits: -5"):
        own.write_text(f"packs: [{{id: a, title: A, currency: cny, amount_minor: 1000, {packs}}}]\n")
        with pytest.raises(BillingInvalid):
            load_billing(own)
    own.write_text(
        "custom: {currency: usd, amount_minor_min: 1, amount_minor_max: 100000000, credits_per_minor: 1000}\n"
    )
    with pytest.raises(BillingInvalid):
        load_billing(own)
    with pytest.raises(BadRequest):
        terms_of_amount(load_billing(None), 100_001)
