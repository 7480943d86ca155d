"""Orders at a simulated Stripe: paid, declined, late, disputed, sent back; events lost, doubled, late and foreign."""

import asyncio

import msgspec
import pytest

from apiinone.accounts.account_rows import Action
from apiinone.accounts.callers import Caller
from apiinone.core.errors import AuthenticationFailed, BadRequest, NotFound, ProviderFailed
from apiinone.payments.back_rows import RefundRow
from apiinone.payments.cashier import Till, Wish
from apiinone.payments.order_rows import ASKED_SOON_MAX, Order, ask_soon
from apiinone.payments.packs import terms_of_pack
from apiinone.payments.refunding import GIVE_UP_S, Wanted
from payments.shop import Shop
from payments.till_rows import money, strays, times_credited
from payments.tills import HOOK
from workshop import Workshop


async def refund(shop: Shop, order: Order, amount: int | None = None) -> RefundRow:
    action = Action(shop.workshop.ids.new(), "operator", "orders.refund", order.id, "a test")
    return await shop.refunder.refund(Wanted(order.id, amount), action)


async def test_a_card_pays_and_the_events_credit_once_however_often_they_come(
    shop: Shop, workshop: Workshop, buyer: Caller
) -> None:
    order = await shop.order(buyer)
    assert order.pay_url is not None
    assert order.pay_url.startswith(shop.stripe.root)
    assert await shop.stripe.pay(order) == 303
    for _ in range(2):
        await shop.tell_all()
    await asyncio.gather(*(shop.tell_all() for _ in range(3)))
    assert (await shop.now(order)).state == "paid"
    assert await times_credited(workshop, buyer.account_id) == 1
    assert await money(workshop, buyer.account_id) == (5250, 0, 0, 0)
    assert await strays(workshop.database) == []
    await workshop.assert_sound()


async def test_a_lost_callback_still_credits_once_by_the_sweep(shop: Shop, workshop: Workshop, buyer: Caller) -> None:
    order = await shop.order(buyer)
    await shop.stripe.pay(order)
    assert await shop.sweep.ask_about_orders() == 0
    workshop.let_pass(61)
    assert await shop.sweep.ask_about_orders() == 1
    await shop.sweep.ask_about_orders()
    assert await times_credited(workshop, buyer.account_id) == 1


async def test_somebody_who_comes_back_has_the_vendor_asked_at_once_but_not_all_day(
    shop: Shop, workshop: Workshop, buyer: Caller
) -> None:
    order = await shop.order(buyer)
    for _ in range(ASKED_SOON_MAX):
        await workshop.database.transact(lambda tx: ask_soon(tx, order.id))
        await workshop.database.transact(lambda tx: ask_soon(tx, order.id))
        assert await shop.sweep.ask_about_orders() == 1
    await workshop.database.transact(lambda tx: ask_soon(tx, order.id))
    assert await shop.sweep.ask_about_orders() == 0
    other = await shop.order(buyer)
    await shop.stripe.pay(other)
    await workshop.database.transact(lambda tx: ask_soon(tx, other.id))
    await shop.sweep.ask_about_orders()
    assert (await shop.now(other)).state == "paid"


async def test_a_declined_card_leaves_the_order_open_and_another_card_pays_it(
    shop: Shop, workshop: Workshop, buyer: Caller
) -> None:
    order = await shop.order(buyer)
    assert await shop.stripe.pay(order, "4000000000000002") == 200
    await shop.tell_all()
    assert (await shop.now(order)).state == "created"
    assert await shop.stripe.pay(order, "4000002500003155") == 200
    assert await shop.stripe.pay(order, "4000002500003155", challenge="fail") == 200
    await shop.tell_all()
    assert await times_credited(workshop, buyer.account_id) == 0
    assert await shop.stripe.pay(order, "4000002500003155", challenge="complete") == 303
    await shop.tell_all()
    assert await times_credited(workshop, buyer.account_id) == 1


async def test_money_that_comes_later_is_credited_when_it_comes(shop: Shop, workshop: Workshop, buyer: Caller) -> None:
    good, bad = await shop.order(buyer), await shop.order(buyer)
    await shop.stripe.pay(good, "late")
    await shop.stripe.pay(bad, "late_fails")
    await shop.tell_all()
    assert await times_credited(workshop, buyer.account_id) == 0

    async def over() -> bool:
        await shop.tell_all()
        return (await shop.now(good)).state == "paid" and (await shop.now(bad)).state == "failed"

    await shop.until(over)
    assert await times_credited(workshop, buyer.account_id) == 1


async def test_an_order_expires_with_its_page_and_a_payment_found_later_is_credited(
    shop: Shop, workshop: Workshop, buyer: Caller
) -> None:
    order, other = await shop.order(buyer), await shop.order(buyer)
    headers = {"Authorization": "Bearer sk_test_simulated"}
    path = f"{shop.stripe.root}/v1/checkout/sessions/{other.vendor_ref}/expire"
    async with shop.stripe.session.post(path, headers=headers) as answer:
        assert answer.status == 200
    await shop.tell_all()
    assert (await shop.now(other)).state == "expired"
    await shop.stripe.pay(order)
    await shop.stripe.arrange({"fault": "server_error", "on": "poll", "times": 50})
    workshop.let_pass(24 * 3600)
    await shop.cashier.look(order.id)
    assert (await shop.now(order)).state == "expired"
    await shop.stripe.arrange()
    workshop.let_pass(3600)
    await shop.sweep.ask_about_orders()
    assert (await shop.now(order)).state == "paid"
    assert await times_credited(workshop, buyer.account_id) == 1


async def test_an_event_whose_vendor_cannot_be_asked_waits_and_is_dealt_with_later(
    shop: Shop, workshop: Workshop, buyer: Caller
) -> None:
    order = await shop.order(buyer)
    await shop.stripe.pay(order)
    events = await shop.stripe.events()
    await shop.stripe.arrange({"fault": "overloaded", "on": "poll", "times": 50})
    for event in events:
        await shop.tell(event)
    assert await times_credited(workshop, buyer.account_id) == 0
    await shop.stripe.arrange()
    workshop.let_pass(31)
    assert await shop.sweep.go_through_events() == len(events)
    assert await times_credited(workshop, buyer.account_id) == 1
    assert await shop.sweep.go_through_events() == 0


async def test_a_callback_that_is_not_signed_changes_nothing_and_leaves_a_count(
    shop: Shop, workshop: Workshop, buyer: Caller
) -> None:
    order = await shop.order(buyer)
    await shop.stripe.pay(order)
    body = msgspec.json.encode((await shop.stripe.events())[-1])
    wrong = (shop.headers(body, secret="whsec_x"), shop.headers(body, age_s=301), shop.headers(body + b" "))
    none: dict[str, str] = {}
    for headers in (none, *wrong):
        with pytest.raises(AuthenticationFailed):
            await shop.ear.hear("stripe", headers, body)
    assert await times_credited(workshop, buyer.account_id) == 0
    from apiinone.db import Sql  # noqa: PLC0415 - one statement of this test's own

    assert (await workshop.row(Sql("SELECT method, count FROM callbacks_refused"))) == ("stripe", 4)
    for method in ("manual", "voucher", "nobody"):
        with pytest.raises(NotFound):
            await shop.ear.hear(method, shop.headers(body), body)


async def test_a_method_without_a_secret_hears_nothing(shop: Shop) -> None:
    till = shop.cashier.tills["stripe"]
    shop.cashier.tills = {**shop.cashier.tills, "stripe": Till(till.method, till.secret, None)}
    with pytest.raises(NotFound):
        await shop.ear.hear("stripe", shop.headers(b"{}", secret=""), b"{}")


async def test_an_event_of_another_orders_payment_or_of_none_goes_to_suspense(
    shop: Shop, workshop: Workshop, buyer: Caller
) -> None:
    order = await shop.order(buyer)
    await shop.stripe.pay(order)
    (paid,) = [event for event in await shop.stripe.events() if event["type"] == "payment_intent.succeeded"]
    thing = paid["data"]["object"]  # pyright: ignore[reportIndexIssue, reportUnknownVariableType]
    victim = await shop.order(await workshop.tenant(), "agency")
    thing["metadata"]["order_id"] = victim.id
    await shop.tell({**paid, "id": "evt_forged"})
    assert (await shop.now(victim)).state == "created"
    thing["id"], thing["metadata"] = "pi_nobodys", {}
    await shop.tell({**paid, "id": "evt_foreign"})
    workshop.let_pass(4 * 24 * 3600)
    await shop.sweep.go_through_events()
    assert {stray.reason for stray in await strays(workshop.database)} == {"unknown_order", "unconfirmed"}
    assert await times_credited(workshop, victim.account_id) == 0


async def test_an_event_that_cannot_be_read_is_kept_and_answered(shop: Shop, workshop: Workshop) -> None:
    for body in (b"", b"{}", b"[1]", b'{"id":"\\u0000"}', b"9" * 5000):
        await shop.ear.hear("stripe", shop.headers(body), body)
    assert {stray.reason for stray in await strays(workshop.database)} == {"unreadable"}
    await workshop.assert_sound()


async def test_an_order_is_bound_to_the_kind_of_money_it_was_opened_with(
    shop: Shop, workshop: Workshop, buyer: Caller
) -> None:
    order = await shop.order(buyer)
    from apiinone.db import Sql  # noqa: PLC0415 - one statement of this test's own

    await workshop.run(Sql("UPDATE orders SET livemode = 1 WHERE id = $1"), order.id)
    await shop.stripe.pay(order)
    await shop.tell_all()
    assert await times_credited(workshop, buyer.account_id) == 0
    assert {stray.reason for stray in await strays(workshop.database)} == {"other_livemode"}


async def test_a_page_that_could_not_be_opened_is_opened_by_the_same_request_once(
    shop: Shop, workshop: Workshop, buyer: Caller
) -> None:
    from apiinone.payments.place_order import Asked  # noqa: PLC0415 - of this test alone

    terms = terms_of_pack(shop.cashier.billing, "starter")
    wish = Wish(buyer.account_id, "stripe", terms, "key", asked=Asked(b"m", b"b"))
    await shop.stripe.arrange({"fault": "lost_answer", "on": "submit"})
    with pytest.raises(ProviderFailed):
        await shop.cashier.order(wish)
    placed = await shop.cashier.order(wish)
    assert (placed.new, placed.order.number) == (False, 1)
    await shop.stripe.pay(placed.order)
    await shop.tell_all()
    assert await times_credited(workshop, buyer.account_id) == 1


async def test_a_refund_takes_unused_credits_of_its_own_lot_with_the_bonus_pro_rata(
    shop: Shop, workshop: Workshop, buyer: Caller
) -> None:
    order = await shop.paid(buyer)
    row = await refund(shop, order, 1000)
    assert (row.state, row.credits) == ("succeeded", 1050 * 10**6)
    assert await money(workshop, buyer.account_id) == (4200, 0, 0, 0)
    assert (await shop.now(order)).refunded_minor == 1000
    for _ in range(2):
        await shop.tell_all()
    assert await money(workshop, buyer.account_id) == (4200, 0, 0, 0)
    await workshop.task(buyer)
    with pytest.raises(BadRequest):
        await refund(shop, order, 4000)
    most = await refund(shop, order)
    assert most.amount_minor == 3990
    assert (await shop.now(order)).state == "paid"
    await workshop.assert_sound()


async def test_a_whole_refund_returns_every_credit_of_the_order(shop: Shop, workshop: Workshop, buyer: Caller) -> None:
    order = await shop.paid(buyer)
    for amount in (1, 333, 1666):
        await refund(shop, order, amount)
    assert (await refund(shop, order)).amount_minor == 3000
    assert (await shop.now(order)).state == "refunded"
    assert await money(workshop, buyer.account_id) == (0, 0, 0, 0)
    await workshop.assert_sound()


async def test_credits_of_a_refund_that_is_under_way_cannot_be_spent_and_come_back_if_it_fails(
    shop: Shop, workshop: Workshop, buyer: Caller
) -> None:
    later = await shop.paid(buyer, "4000000000007726")
    row = await refund(shop, later)
    assert row.state == "sent"
    assert await money(workshop, buyer.account_id) == (0, 0, 5250, 0)

    async def ended() -> bool:
        await shop.tell_all()
        return (await shop.now(later)).state == "refunded"

    await shop.until(ended)
    declined = await shop.paid(buyer)
    await shop.cashier.send(
        shop.cashier.tills["stripe"],
        shop.cashier.tills["stripe"].method.refund(_behind_our_back(declined)),  # pyright: ignore[reportArgumentType]
    )
    assert (await refund(shop, declined)).state == "failed"
    await workshop.assert_sound()


def _behind_our_back(order: Order):  # noqa: ANN202 - a value of the protocol
    from apiinone.payments.method import ToRefund  # noqa: PLC0415 - of this test alone

    assert order.payment_ref is not None
    return ToRefund("not-ours", order.payment_ref, 4999)


async def test_a_refund_whose_answer_was_lost_is_looked_for_and_never_sent_again(
    shop: Shop, workshop: Workshop, buyer: Caller
) -> None:
    order = await shop.paid(buyer)
    await shop.stripe.arrange(
        {"fault": "lost_answer", "on": "submit"}, {"fault": "server_error", "on": "poll", "times": 3}
    )
    assert (await refund(shop, order)).state == "sent"
    workshop.let_pass(61)
    await shop.sweep.go_through_refunds()
    assert (await shop.now(order)).state == "refunded"
    other = await shop.paid(buyer)
    await shop.stripe.arrange({"fault": "reset", "on": "submit"})
    assert (await refund(shop, other)).state == "sent"
    submits = await _refunds(shop, other)
    workshop.let_pass(GIVE_UP_S + 100)
    await shop.sweep.go_through_refunds()
    assert (await _refunds(shop, other), submits) == (0, 0)
    assert await money(workshop, buyer.account_id) == (5250, 0, 0, 0)
    await workshop.assert_sound()


async def test_a_refund_that_never_left_is_sent_later_and_once(shop: Shop, workshop: Workshop, buyer: Caller) -> None:
    order = await shop.paid(buyer)
    tills = shop.cashier.tills
    shop.cashier.tills = {**tills, "stripe": Till(tills["stripe"].method, None, HOOK)}  # no credential: nothing leaves
    assert (await refund(shop, order)).state == "asked"
    shop.cashier.tills = tills
    workshop.let_pass(61)
    for _ in range(2):
        await shop.sweep.go_through_refunds()
    assert (await shop.now(order)).state == "refunded"
    assert await _refunds(shop, order) == 1


async def _refunds(shop: Shop, order: Order) -> int:
    headers = {"Authorization": "Bearer sk_test_simulated"}
    async with shop.stripe.session.get(
        f"{shop.stripe.root}/v1/refunds?payment_intent={order.payment_ref}", headers=headers
    ) as answer:
        return len((await answer.json())["data"])


async def test_a_dispute_freezes_the_lot_and_what_was_spent_becomes_a_debt_that_blocks_spending(
    shop: Shop, workshop: Workshop, buyer: Caller
) -> None:
    order = await shop.paid(buyer)
    spent, open_ = await workshop.task(buyer, units=3), await workshop.task(buyer)
    attempt = await workshop.sending(spent, buyer)
    await workshop.store(spent, buyer, attempt, outputs=3)
    assert order.payment_ref is not None
    dispute = await shop.stripe.post("/_sim/disputes", payment_intent=order.payment_ref)
    await shop.tell_all()
    assert (await shop.now(order)).state == "disputed"
    assert await money(workshop, buyer.account_id) == (0, 10, 5210, 0)
    from apiinone.tasks.moves import CancelAsked  # noqa: PLC0415 - of this test alone

    await workshop.move(open_, buyer, CancelAsked())
    assert await money(workshop, buyer.account_id) == (0, 0, 5220, 0)
    await shop.stripe.post(f"/_sim/disputes/{dispute['id']}", status="lost")
    for _ in range(2):
        await shop.tell_all()
    assert (await shop.now(order)).state == "charged_back"
    assert await money(workshop, buyer.account_id) == (0, 0, 0, 30)
    (refused,) = await workshop.submit(workshop.submission(buyer))
    assert "owes 30 credits" in str(refused)
    await workshop.grant((buyer.account_id, "live"), 25)
    assert await money(workshop, buyer.account_id) == (0, 0, 0, 5)
    await shop.paid(buyer)
    assert await money(workshop, buyer.account_id) == (5245, 0, 0, 0)
    await workshop.task(buyer)
    await workshop.assert_sound()


async def test_a_dispute_that_is_won_gives_everything_back(shop: Shop, workshop: Workshop, buyer: Caller) -> None:
    order = await shop.paid(buyer)
    assert order.payment_ref is not None
    dispute = await shop.stripe.post("/_sim/disputes", payment_intent=order.payment_ref)
    await shop.tell_all()
    await shop.stripe.post(f"/_sim/disputes/{dispute['id']}", status="won")
    await shop.tell_all()
    assert (await shop.now(order)).state == "paid"
    assert await money(workshop, buyer.account_id) == (5250, 0, 0, 0)
    await shop.stripe.post(f"/_sim/disputes/{dispute['id']}", status="lost")
    await shop.tell_all()
    await workshop.assert_sound()


async def test_money_that_somebody_sent_back_at_the_vendor_is_taken_and_what_was_spent_is_owed(
    shop: Shop, workshop: Workshop, buyer: Caller
) -> None:
    order = await shop.paid(buyer)
    for _ in range(3):
        await workshop.task(buyer)
    till = shop.cashier.tills["stripe"]
    await shop.cashier.send(till, till.method.refund(_behind_our_back(order)))  # pyright: ignore[reportArgumentType]
    await shop.tell_all()
    assert await money(workshop, buyer.account_id) == (0, 30, 0, 28)
    assert (await shop.now(order)).refunded_minor == 4999
    await workshop.assert_sound()


async def test_events_in_any_order_end_the_same_way(shop: Shop, workshop: Workshop, buyer: Caller) -> None:
    order = await shop.order(buyer)
    await shop.stripe.pay(order, "4000000000000259")

    async def disputed() -> bool:
        return any(event["type"] == "charge.dispute.created" for event in await shop.stripe.events())

    await shop.until(disputed)
    for event in reversed(await shop.stripe.events()):
        await shop.tell(event)
    assert (await shop.now(order)).state == "disputed"
    assert await times_credited(workshop, buyer.account_id) == 1
    assert await strays(workshop.database) == []
    await workshop.assert_sound()
