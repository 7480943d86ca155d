"""Automatic top-up and alerts: once for each crossing, within the month's ceiling, and told."""

import asyncio

import pytest

from apiinone.accounts.callers import Caller
from apiinone.core.clock import day_of
from apiinone.core.credits import whole
from apiinone.db import Sql, Tx
from apiinone.payments.alerts import Alerts, alerts_of, raise_alerts, set_alerts
from apiinone.payments.notices import mark_mailed, unmailed
from apiinone.payments.top_up import TopUp
from apiinone.payments.top_up_rows import TopUpRule, rule_of, saved_of, set_rule
from later import LaterDatabase
from payments.shop import Shop
from payments.till_rows import money, times_credited
from workshop import Workshop

ORDERS = Sql("SELECT state FROM orders WHERE account_id = $1 AND origin = 'auto' ORDER BY id")
CAPTURED = Sql(
    "INSERT INTO usage_days (account_id, mode, day, model, key_id, tasks_succeeded, tasks_not_charged, captured_micro)"
    " VALUES ($1, 'live', $2, 'm', 'k', 1, 0, 9000000)"
)


async def armed(shop: Shop, buyer: Caller, card: str = "4242424242424242", month_max: int = 10_000) -> TopUp:
    """A buyer with a saved card, little credit, and a rule."""
    order = await shop.paid(buyer, card, saves=True)
    assert order.saves_method
    (saved,) = await shop.workshop.database.read(lambda tx: saved_of(tx, buyer.account_id))
    assert saved.label.startswith("visa ")
    rule = TopUpRule(buyer.account_id, whole(6000), "studio", saved.id, month_max)
    await shop.workshop.database.transact(lambda tx: set_rule(tx, rule))
    return TopUp(shop.cashier)


async def orders(workshop: Workshop, buyer: Caller) -> list[str]:
    return [row[0] for row in await workshop.rows(ORDERS, buyer.account_id)]


async def told(database: LaterDatabase) -> list[str]:
    return [notice.kind for notice in await database.read(lambda tx: unmailed(tx, 100))]


async def test_a_balance_below_the_threshold_is_topped_up_once_for_each_crossing(
    shop: Shop, workshop: Workshop, buyer: Caller
) -> None:
    top_up = await armed(shop, buyer)
    await asyncio.gather(*(top_up.go_through() for _ in range(20)))
    assert await orders(workshop, buyer) == ["paid"]
    assert await money(workshop, buyer.account_id) == (10_500, 0, 0, 0)
    await top_up.go_through()
    assert await orders(workshop, buyer) == ["paid"]
    await workshop.task(buyer, units=500)
    await top_up.go_through()
    assert await orders(workshop, buyer) == ["paid", "paid"]
    await workshop.assert_sound()


async def test_a_months_ceiling_is_never_passed_and_the_owner_is_told_once(
    shop: Shop, workshop: Workshop, buyer: Caller
) -> None:
    top_up = await armed(shop, buyer, month_max=5_000)
    await top_up.go_through()
    await workshop.task(buyer, units=600)
    for _ in range(3):
        await top_up.go_through()
    assert await orders(workshop, buyer) == ["paid"]
    assert (await told(workshop.database)).count("top_up.ceiling") == 1
    workshop.let_pass(40 * 24 * 3600)
    await top_up.go_through()
    assert await orders(workshop, buyer) == ["paid", "paid"]


async def test_a_declined_card_pauses_the_rule_until_its_owner_sets_it_anew(
    shop: Shop, workshop: Workshop, buyer: Caller
) -> None:
    top_up = await armed(shop, buyer, "4000000000000341")
    for _ in range(3):
        await top_up.go_through()
    assert await orders(workshop, buyer) == ["failed"]
    rule = await workshop.database.read(lambda tx: rule_of(tx, buyer.account_id))
    assert rule is not None
    assert rule.paused == "declined"
    assert (await told(workshop.database)).count("top_up.failed") == 1


@pytest.mark.parametrize("fault", ["lost_answer", "reset"])
async def test_a_charge_whose_answer_was_lost_is_looked_for_and_never_sent_again(
    shop: Shop, workshop: Workshop, buyer: Caller, fault: str
) -> None:
    top_up = await armed(shop, buyer)
    before = await times_credited(workshop, buyer.account_id)
    await shop.stripe.arrange({"fault": fault, "on": "submit"}, {"fault": "server_error", "on": "poll", "times": 2})
    for _ in range(3):
        await top_up.go_through()
    assert await orders(workshop, buyer) == ["created"]
    workshop.let_pass(3700)
    await shop.stripe.arrange()
    await shop.sweep.ask_about_orders()
    found = fault == "lost_answer"
    assert await orders(workshop, buyer) == ["paid" if found else "expired"]
    assert await times_credited(workshop, buyer.account_id) == before + int(found)
    await workshop.assert_sound()


async def test_alerts_are_told_once_until_it_is_so_no_more(workshop: Workshop, buyer: Caller) -> None:
    database, account = workshop.database, buyer.account_id
    alerts = Alerts(whole(100), whole(5), whole(9), "https://example.com/alerts")
    await database.transact(lambda tx: set_alerts(tx, account, alerts))
    assert await database.read(lambda tx: alerts_of(tx, account)) == alerts
    for _ in range(2):
        await database.transact(lambda tx: raise_alerts(tx, workshop.ids))
    assert await told(database) == ["balance.low"]
    await workshop.grant((account, "live"), 200)
    await database.transact(lambda tx: raise_alerts(tx, workshop.ids))
    await workshop.task(buyer, units=15)
    await database.transact(lambda tx: raise_alerts(tx, workshop.ids))
    assert await told(database) == ["balance.low", "balance.low"]
    day = await database.read(_today)
    await workshop.run(CAPTURED, account, day)
    for _ in range(2):
        await database.transact(lambda tx: raise_alerts(tx, workshop.ids))
    assert sorted(await told(database)) == ["balance.low", "balance.low", "spending.day", "spending.month"]
    notices = await database.read(lambda tx: unmailed(tx, 100))
    marked = [await database.transact(lambda tx, n=notice: mark_mailed(tx, n.id)) for notice in notices * 2]
    assert sum(marked) == 4
    await database.transact(lambda tx: set_alerts(tx, account, Alerts(None, None, None, None)))
    assert await database.read(lambda tx: alerts_of(tx, account)) == Alerts(None, None, None, None)


async def _today(tx: Tx) -> str:
    return day_of(tx.now_us)
