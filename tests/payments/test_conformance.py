"""Every method of payment, whatever it is, keeps the same rules."""

import asyncio

import msgspec
import pytest

from apiinone.accounts.callers import Caller
from apiinone.core.credits import Credits
from apiinone.db import Tx
from apiinone.payments.cashier import Cashier
from apiinone.payments.method import Instructions, NotOffered, Reason, Standing, ToPay, ToRefund, Unclear, Unsigned
from apiinone.payments.order_rows import Order
from apiinone.payments.packs import Terms
from apiinone.payments.place_order import NewOrder, place
from apiinone.payments.registry import METHODS, methods
from later import LaterDatabase
from payments.till_rows import money, order_now, strays, times_credited
from payments.tills import cashier_for
from workshop import Workshop

AMOUNT = 4321
TERMS = Terms(None, "credits", "usd", AMOUNT, Credits(4321 * 10**6), Credits(7 * 10**6), None)
BY_HAND = {"manual", "voucher"}
WRONG: dict[Reason, dict[str, object]] = {
    "other_amount": {"amount_minor": AMOUNT - 1},
    "other_currency": {"currency": "eur"},
    "other_account": {"account_id": "somebody"},
    "other_livemode": {"livemode": False},
    "unknown_order": {"order_id": "0" * 26},
}


@pytest.fixture
def cashier(database: LaterDatabase) -> Cashier:
    return cashier_for(database)


async def placed(workshop: Workshop, buyer: Caller, method: str) -> Order:
    new = NewOrder(
        workshop.ids.new(), buyer.account_id, method, "buyer", TERMS, livemode=True, valid_s=3600, actor="key"
    )

    async def work(tx: Tx) -> Order:
        return (await place(tx, new))[0]

    return await workshop.database.transact(work)


def paid(order: Order, payment: str = "payment") -> Standing:
    names = (order.id, order.account_id, None, payment)
    return Standing(*names, "paid", order.currency, order.amount_minor, livemode=True)


def test_every_method_is_called_as_it_is_registered() -> None:
    for name, method in methods().items():
        assert method.name == name
        assert method.title
        assert bool(method.hosts) == bool(method.credential_names) == bool(method.callback_secret_names)
        assert method.valid_s > 0


@pytest.mark.parametrize("name", METHODS)
async def test_the_same_payment_credits_once_however_often_and_at_once_it_is_told(
    name: str, cashier: Cashier, workshop: Workshop, buyer: Caller
) -> None:
    order = await placed(workshop, buyer, name)
    told = [cashier.settle(name, order.id, paid(order)) for _ in range(20)]
    outcomes = [one.outcome for one in await asyncio.gather(*told)]
    assert sorted(outcomes) == ["credited", *["nothing"] * 19]
    assert await times_credited(workshop, buyer.account_id) == 1
    assert await money(workshop, buyer.account_id) == (4328, 0, 0, 0)
    await workshop.assert_sound()


@pytest.mark.parametrize("reason", WRONG)
@pytest.mark.parametrize("name", METHODS)
async def test_what_does_not_fit_the_order_credits_nothing_and_is_kept_visibly_once(
    name: str, reason: Reason, cashier: Cashier, workshop: Workshop, buyer: Caller
) -> None:
    order = await placed(workshop, buyer, name)
    wrong = msgspec.structs.replace(paid(order), **WRONG[reason])
    for _ in range(2):
        assert (await cashier.settle(name, order.id, wrong)).outcome == "suspense"
    assert [(stray.reason, stray.method) for stray in await strays(workshop.database)] == [(reason, name)]
    assert (await order_now(workshop.database, order.id)).state == "created"
    assert await times_credited(workshop, buyer.account_id) == 0
    await workshop.assert_sound()


@pytest.mark.parametrize("other", METHODS)
@pytest.mark.parametrize("name", METHODS)
async def test_no_method_pays_an_order_of_another(
    name: str, other: str, cashier: Cashier, workshop: Workshop, buyer: Caller
) -> None:
    order = await placed(workshop, buyer, name)
    outcome = (await cashier.settle(other, order.id, paid(order))).outcome
    assert outcome == ("credited" if name == other else "suspense")
    assert await times_credited(workshop, buyer.account_id) == int(name == other)


@pytest.mark.parametrize("name", METHODS)
def test_nothing_is_believed_that_is_not_signed_and_an_empty_secret_signs_nothing(name: str) -> None:
    method = methods()[name]
    for headers in ({}, {"stripe-signature": ""}, {"stripe-signature": "t=1,v1="}):
        for secret in ("", "whsec_x"):
            assert isinstance(method.read_event(headers, b"{}", secret, 1), Unsigned)


@pytest.mark.parametrize("name", METHODS)
def test_a_method_describes_and_asks_only_its_own_hosts(name: str) -> None:
    method = methods()[name]
    to_pay = ToPay("o", "a", "usd", 500, "credits", "https://x", "https://x", 1)
    described = [method.open(to_pay), method.refund(ToRefund("r", "p", 5))]
    if name in BY_HAND:
        assert all(isinstance(one, Instructions | NotOffered) for one in described)
        return
    urls = [one.url for one in described if not isinstance(one, Instructions | NotOffered)]
    assert len(urls) == 2
    assert all(url.startswith(f"https://{host}/") for url in urls for host in method.hosts)


@pytest.mark.parametrize("name", METHODS)
async def test_where_nobody_answers_nothing_is_known_and_nothing_changes(
    name: str, cashier: Cashier, workshop: Workshop, buyer: Caller
) -> None:
    order = await placed(workshop, buyer, name)
    assert isinstance(await cashier.standing(name, order.known), Unclear)
    assert await cashier.look(order.id) is None
    assert (await order_now(workshop.database, order.id)).state == "created"
