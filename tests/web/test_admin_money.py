"""The operators' pages about money: each change has an operator, a reason and a row, and goes through the commands."""

import re
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from api.served_api import Api, served_api
from apiinone.db import Sql, Tx
from apiinone.payments.suspense import Stray, keep
from apiinone.web.languages import Languages
from databases import sqlite_url
from web.browsing import Browser, somebody
from web.buying import account_of, bought, transfer
from web.operating import OperatorsBrowser, operator

ACTIONS = Sql("SELECT actor, action, subject, reason FROM operator_actions ORDER BY id")
WHY = "because a test wants it"
CODE = re.compile(r"<code>((?:[0-9A-Z]{5}-){3}[0-9A-Z]{5})</code>")
REFUND = re.compile(r"/refunds/([0-9a-v]{26})")
REVOKE = re.compile(r"/admin/vouchers/([0-9a-v]{26})/revoke")
UNPROCESSABLE, CONFLICT, NOT_FOUND, MOVED = 422, 409, 404, 303


@pytest.fixture
async def site(sqlite_path: Path, tmp_path: Path) -> AsyncGenerator[Api]:
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False) as api:
        yield api


@pytest.fixture
async def ada(site: Api) -> OperatorsBrowser:
    return await operator(site, "ada@example.com")


@pytest.fixture
async def buyer(site: Api) -> Browser:
    return await somebody(site, "bob@example.com")


async def actions(site: Api) -> list[tuple[str, ...]]:
    return [tuple(map(str, row)) for row in await site.rows(ACTIONS)]


async def test_a_transfer_is_confirmed_with_what_the_statement_says(
    site: Api, ada: OperatorsBrowser, buyer: Browser
) -> None:
    order = await transfer(buyer)
    path = f"/admin/orders/{order.id}"
    seen = {"amount": "10.00", "currency": "usd", "payment_ref": "statement 7", "reason": WHY}
    for field in ("amount", "payment_ref", "reason"):
        reply = await ada.post(f"{path}/confirm", None, **{**seen, field: ""})
        assert (field, reply.status) == (field, UNPROCESSABLE)
    assert await actions(site) == []
    assert (await ada.post(f"{path}/confirm", None, **seen)).location == path
    assert await actions(site) == [(ada.id, "orders.confirm", order.id, WHY)]
    assert "1,000 credits are yours" in (await buyer.get(f"/billing/orders/{order.id}")).text


async def test_the_overview_counts_what_waits_in_suspense_and_leads_there(site: Api, ada: OperatorsBrowser) -> None:
    def count_in(text: str) -> str:
        found = re.search(r'<a class="number" href="/admin/suspense">(\d+)</a>', text)
        assert found is not None
        return found[1]

    assert count_in((await ada.get("/admin")).text) == "0"
    ids = [site.app.ids.new() for _ in range(2)]

    async def add(tx: Tx) -> None:
        for row_id in ids:
            await keep(tx, row_id, Stray("stripe", "unknown_order", f"pi_{row_id}", None, "usd", 500))

    await site.app.database.transact(add)
    assert count_in((await ada.get("/admin")).text) == "2"
    await ada.post(f"/admin/suspense/{ids[0]}", how="dismissed", reason=WHY)
    assert count_in((await ada.get("/admin")).text) == "1"


async def test_another_amount_goes_to_suspense_where_it_is_decided_once(
    site: Api, ada: OperatorsBrowser, buyer: Browser
) -> None:
    order = await transfer(buyer)
    path = f"/admin/orders/{order.id}"
    await ada.post(f"{path}/confirm", amount="9", currency="usd", payment_ref="statement 8", reason=WHY)
    assert "suspense" in (await ada.get(path)).text
    assert "Waiting for your transfer" in (await buyer.get(f"/billing/orders/{order.id}")).text
    found = re.search(r'action="/admin/suspense/([0-9a-v]{26})"', (await ada.get("/admin/suspense")).text)
    assert found is not None
    decide = f"/admin/suspense/{found[1]}"
    account_id = await account_of(buyer)
    good = {"how": "credited", "account": account_id, "amount": "900", "reason": WHY}
    for wrong in ({"how": ""}, {"account": ""}, {"amount": "x"}, {"reason": " "}, {"how": "dismissed"}):
        assert (wrong, (await ada.post(decide, None, **{**good, **wrong})).status) == (wrong, UNPROCESSABLE)
    assert (await ada.post(decide, None, **{**good, "account": "0" * 26})).status == UNPROCESSABLE
    assert (await ada.post(decide, None, **good)).status == MOVED
    assert (await ada.post(decide, None, **good)).status == CONFLICT
    assert "Nothing waits here" in (await ada.get("/admin/suspense")).text
    assert "credited" in (await ada.get("/admin/suspense?show=all")).text
    assert [one[1] for one in await actions(site)] == ["orders.confirm", "suspense.resolve"]
    assert "900" in (await buyer.get("/billing/credits")).text


async def test_what_operators_read_of_money_is_in_their_language(site: Api, ada: OperatorsBrowser) -> None:
    row_id = site.app.ids.new()

    async def work(tx: Tx) -> None:
        await keep(tx, row_id, Stray("manual", "unknown_order", "pi_9", None, "usd", 500))

    await site.app.database.transact(work)
    say = Languages().words("es").gettext
    seen = await ada.get("/admin/suspense?lang=es")
    assert say("It names no order of ours.") in seen.text
    assert say("Bank transfer") in seen.text
    refused = await ada.post(f"/admin/suspense/{row_id}?lang=es", None, how="", reason=WHY)
    assert refused.status == UNPROCESSABLE
    said = f'{say("The request is not as it must be.")} <span lang="en">Decide what becomes of it.</span>'
    assert said in refused.text
    english = await ada.get("/admin/suspense?lang=en")
    assert "It names no order of ours." in english.text
    refused = await ada.post(f"/admin/suspense/{row_id}", None, how="", reason=WHY)
    assert 'role="alert">Decide what becomes of it.</p>' in refused.text


async def test_money_without_an_order_is_dismissed_with_a_reason(site: Api, ada: OperatorsBrowser) -> None:
    row_id = site.app.ids.new()

    async def work(tx: Tx) -> None:
        await keep(tx, row_id, Stray("stripe", "unknown_order", "pi_9", None, "usd", 500))

    await site.app.database.transact(work)
    assert "5.00 USD" in (await ada.get("/admin/suspense")).text
    assert (await ada.post(f"/admin/suspense/{row_id}", how="dismissed", reason=WHY)).status == MOVED
    assert await actions(site) == [(ada.id, "suspense.resolve", row_id, WHY)]


async def test_a_refund_by_hand_has_a_second_step_and_a_credit_note(
    site: Api, ada: OperatorsBrowser, buyer: Browser
) -> None:
    order = await bought(buyer)
    path = f"/admin/orders/{order.id}"
    assert (await ada.post(f"{path}/refund", amount="10.01", reason=WHY)).status == UNPROCESSABLE
    assert (await ada.post(f"{path}/refund", amount="4", reason="")).status == UNPROCESSABLE
    assert (await ada.post(f"{path}/refund", amount="4", reason=WHY)).location == path
    text = (await buyer.get(f"/billing/orders/{order.id}")).text
    assert "Asked for" in text
    found = REFUND.search((await ada.get(path)).text)
    assert found is not None
    other = await bought(buyer)
    step = f"/refunds/{found[1]}"
    assert (await ada.post(f"/admin/orders/{other.id}{step}", reason=WHY)).status == NOT_FOUND
    assert (await ada.post(f"{path}{step}", reason=WHY)).location == path
    assert (await ada.post(f"{path}{step}", reason=WHY)).status == CONFLICT
    text = (await buyer.get(f"/billing/orders/{order.id}")).text
    assert "Sent back" in text
    assert "Credit note C-000001" in text
    assert [one[1] for one in await actions(site)] == ["orders.refund", "orders.refund_sent"]


async def test_codes_are_shown_once_and_end_when_they_are_revoked(
    site: Api, ada: OperatorsBrowser, buyer: Browser
) -> None:
    kind = {"count": "2", "credits": "25", "uses_max": "1", "per_account_max": "1", "reason": WHY}
    for wrong in ({"count": "0"}, {"credits": ""}, {"uses_max": "x"}, {"reason": ""}):
        reply = await ada.post("/admin/vouchers", None, **{**kind, **wrong})
        assert (wrong, reply.status, CODE.findall(reply.text)) == (wrong, UNPROCESSABLE, [])
    codes = CODE.findall((await ada.post("/admin/vouchers", None, **kind)).text)
    assert len(set(codes)) == 2
    text = (await ada.get("/admin/vouchers")).text
    assert not any(code in text for code in codes)
    for voucher_id in REVOKE.findall(text):
        assert (await ada.post(f"/admin/vouchers/{voucher_id}/revoke", reason=WHY)).status == MOVED
        assert (await ada.post(f"/admin/vouchers/{voucher_id}/revoke", reason=WHY)).status == NOT_FOUND
    for code in codes:
        assert (await buyer.post("/billing/redeem", code=code)).status == UNPROCESSABLE
    done = await actions(site)
    assert [one[1] for one in done] == ["vouchers.create", "vouchers.revoke", "vouchers.revoke"]
    assert {one[0] for one in done} == {ada.id}


async def test_orders_are_found_by_state_and_account(ada: OperatorsBrowser, buyer: Browser) -> None:
    paid, waiting = await bought(buyer), await transfer(buyer)
    text = (await ada.get("/admin/orders?state=paid")).text
    assert (paid.id in text, waiting.id in text) == (True, False)
    text = (await ada.get(f"/admin/orders?account={await account_of(ada)}")).text
    assert "No order is like that" in text
