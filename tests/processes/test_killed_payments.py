"""`kill -9` between a payment and our commit: the sweep credits it, once."""

import asyncio
from functools import partial

import pytest
from aiohttp import ClientConnectionError, ClientPayloadError, ClientSession

from apiinone.accounts.account_rows import close_account
from apiinone.accounts.keys import SCOPES, KeyRules
from apiinone.db import Database, Sql, Tx
from apiinone.simulators import serving
from apiinone.simulators.options import SIMULATED_KEY, SIMULATED_WEBHOOK_SECRET, Options
from apiinone.tasks.audit import audit
from processes.crashing import Orders
from processes.installation import Installation, Process, Tenant
from serving import free_port_now

ORDER = {"method": "stripe", "pack": "starter"}
TIME_PASSES = (
    Sql("UPDATE orders SET ask_us = 1 WHERE ask_us IS NOT NULL"),
    Sql("UPDATE payment_events SET due_us = 1 WHERE due_us IS NOT NULL"),
)
BUYERS = Sql("SELECT account_id FROM saved_methods")
CARDS = Sql("SELECT vendor_ref FROM saved_methods WHERE removed_us IS NULL")
LOTS = Sql("SELECT count(*) FROM lots WHERE source = 'order'")
WITHIN_S = 20.0
GONE = (ClientConnectionError, ClientPayloadError)


@pytest.mark.slow
@pytest.mark.parametrize("at", ["payment written", "payment committed"])
async def test_a_payment_in_whose_commit_we_die_is_credited_once_by_the_sweep(
    installation: Installation, session: ClientSession, at: str
) -> None:
    buyer = await installation.tenant("live", 1, KeyRules(scopes=SCOPES))
    async with serving("stripe", Options(seconds=0.1)) as stripe:
        settings = {
            "APIINONE_STRIPE_URL": stripe,
            "STRIPE_SECRET_KEY": f"sk_test_{SIMULATED_KEY}",
            "STRIPE_WEBHOOK_SECRET": SIMULATED_WEBHOOK_SECRET,
        }
        dying = await _served(installation, settings)
        await _tell_events(session, stripe, dying)
        order = await _ordered(session, dying, buyer)
        dying.order(Orders(at))
        async with session.post(order["pay_url"], data={"card": "4242424242424242"}, allow_redirects=False) as paid:
            assert paid.status == 303
        await asyncio.to_thread(dying.wait_until_dead)
        alive = await _served(installation, settings)
        await installation.with_database(_let_time_pass)
        await _until_paid(session, alive, buyer, order["order_id"])
        assert await installation.with_database(_lots) == 1
        assert (await installation.with_database(audit)).breaches == ()


@pytest.mark.slow
async def test_an_order_in_whose_opening_we_die_is_opened_by_the_same_request_and_paid_once(
    installation: Installation, session: ClientSession
) -> None:
    buyer = await installation.tenant("live", 1, KeyRules(scopes=SCOPES))
    async with serving("stripe", Options(seconds=0.1)) as stripe:
        settings = {"APIINONE_STRIPE_URL": stripe, "STRIPE_SECRET_KEY": f"sk_test_{SIMULATED_KEY}"}
        dying = await _served(installation, settings)
        dying.order(Orders("answer read"))
        with pytest.raises(GONE):
            await _ordered(session, dying, buyer)
        await asyncio.to_thread(dying.wait_until_dead)
        alive = await _served(installation, settings)
        order = await _ordered(session, alive, buyer)
        assert order["number"] == 1
        async with session.post(order["pay_url"], data={"card": "4242424242424242"}, allow_redirects=False) as paid:
            assert paid.status == 303
        await installation.with_database(_let_time_pass)
        await _until_paid(session, alive, buyer, order["order_id"])
        assert await installation.with_database(_lots) == 1


@pytest.mark.slow
async def test_the_card_of_a_closed_account_that_we_die_in_taking_away_is_taken_away_by_the_next(
    installation: Installation, session: ClientSession
) -> None:
    buyer = await installation.tenant("live", 1, KeyRules(scopes=SCOPES))
    async with serving("stripe", Options(seconds=0.1)) as stripe:
        settings = {"APIINONE_STRIPE_URL": stripe, "STRIPE_SECRET_KEY": f"sk_test_{SIMULATED_KEY}"}
        dying = await _served(installation, settings)
        order = await _ordered(session, dying, buyer, save_method=True)
        async with session.post(order["pay_url"], data={"card": "4242424242424242"}, allow_redirects=False) as paid:
            assert paid.status == 303
        await installation.with_database(_let_time_pass)
        await _until_paid(session, dying, buyer, order["order_id"])
        await installation.with_database(_close_all)
        await asyncio.to_thread(dying.kill)
        dying = await _served(installation, settings, Orders("answer read"))
        await asyncio.to_thread(dying.wait_until_dead)
        assert await installation.with_database(_cards_left) == 1
        ((card,),) = await installation.with_database(lambda database: database.rows(CARDS))
        headers = {"Authorization": f"Bearer sk_test_{SIMULATED_KEY}"}
        async with session.post(f"{stripe}/v1/payment_methods/{card}/detach", headers=headers) as again:
            assert again.status == 400, "we died once it was taken away there, and before that was written down here"
        await _served(installation, settings)
        async with asyncio.timeout(WITHIN_S):
            while await installation.with_database(_cards_left):  # noqa: ASYNC110 - another process's to say
                await asyncio.sleep(0.2)


async def _served(installation: Installation, settings: dict[str, str], orders: Orders | None = None) -> Process:
    port = free_port_now()
    start = partial(installation.serve, port, instant=True, settings=settings, orders=orders, ready=orders is None)
    return await asyncio.to_thread(start)


async def _tell_events(session: ClientSession, stripe: str, process: Process) -> None:
    headers = {"Authorization": f"Bearer sk_test_{SIMULATED_KEY}"}
    form = {"url": f"{process.url}/api/v1/payments/stripe/callback"}
    async with session.post(f"{stripe}/v1/webhook_endpoints", data=form, headers=headers) as answer:
        assert answer.status == 200


async def _ordered(
    session: ClientSession, process: Process, buyer: Tenant, *, save_method: bool = False
) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {buyer.key}", "Idempotency-Key": "once"}
    async with session.post(
        f"{process.url}/api/v1/billing/orders", json={**ORDER, "save_method": save_method}, headers=headers
    ) as answer:
        assert answer.status == 200, await answer.text()
        order: dict[str, str] = (await answer.json())["data"]
        return order


async def _until_paid(session: ClientSession, process: Process, buyer: Tenant, order_id: str) -> None:
    headers = {"Authorization": f"Bearer {buyer.key}"}
    async with asyncio.timeout(WITHIN_S):
        state = ""
        while state != "paid":
            async with session.get(f"{process.url}/api/v1/billing/orders/{order_id}", headers=headers) as answer:
                state = (await answer.json())["data"]["state"]
            await asyncio.sleep(0.1)


async def _let_time_pass(database: Database) -> None:
    async def work(tx: Tx) -> None:
        for statement in TIME_PASSES:
            await tx.run(statement)

    await database.transact(work)


async def _close_all(database: Database) -> None:
    async def work(tx: Tx) -> None:
        for (account_id,) in await tx.rows(BUYERS):
            await close_account(tx, account_id)

    await database.transact(work)


async def _cards_left(database: Database) -> int:
    return len(await database.rows(CARDS))


async def _lots(database: Database) -> int:
    rows = await database.rows(LOTS)
    return int(rows[0][0])
