"""Buying over the API, and callbacks as they come in."""

import hashlib
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from api.served_api import Api, Got, Tenant, served_api, statement
from apiinone.accounts.account_rows import Action, close_account
from apiinone.accounts.keys import SCOPES, KeyRules
from apiinone.core.credits import whole
from apiinone.payments.refunding import Wanted
from apiinone.payments.voucher import code_hash, new_code
from apiinone.payments.voucher_rows import VoucherRow, add_vouchers
from apiinone.simulators import serving
from apiinone.simulators.calling import Call
from apiinone.simulators.options import SIMULATED_KEY, SIMULATED_WEBHOOK_SECRET, Options
from apiinone.simulators.stripe_events import signed

ORDERS = "/api/v1/billing/orders"
CALLBACK = "/api/v1/payments/stripe/callback"
ENVIRON = {"STRIPE_SECRET_KEY": f"sk_test_{SIMULATED_KEY}", "STRIPE_WEBHOOK_SECRET": SIMULATED_WEBHOOK_SECRET}
ALL = KeyRules(scopes=SCOPES)
ADD_PERSON = statement(
    "INSERT INTO people (id, email, name, state, language, time_zone, operator, created_us)"
    " VALUES ($1, $2, '', 'active', 'en', '', 0, 0)"
)
ADD_MEMBER = statement(
    "INSERT INTO members (account_id, person_id, role, created_us)"
    " VALUES ($1, $2, $3, CASE $3 WHEN 'admin' THEN 1 ELSE 2 END)"
)


@pytest.fixture
async def shop(database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    """The API without a worker, with a simulated Stripe that calls it back."""
    async with (
        serving("stripe", Options(seconds=0.05)) as root,
        served_api(database_url, tmp_path, working=False, environ=ENVIRON, stripe_url=root) as api,
        ClientSession() as session,
    ):
        headers = {"Authorization": f"Bearer sk_test_{SIMULATED_KEY}"}
        form = {"url": f"{api.url}{CALLBACK}"}
        async with session.post(f"{root}/v1/webhook_endpoints", data=form, headers=headers) as answer:
            assert answer.status == 200
        yield api


async def buyer(api: Api) -> Tenant:
    return await api.tenant(mode="live", balance=0, rules=ALL)


async def order(api: Api, key: str, **changes: object) -> Got:
    return await api.ask("POST", ORDERS, key=key, body={"method": "stripe", "pack": "studio"} | changes)


async def until_paid(api: Api, key: str, order_id: str) -> Any:
    for _ in range(200):
        found = (await api.get(f"{ORDERS}/{order_id}", key)).data
        if found["state"] == "paid":
            return found
    raise AssertionError(found)  # pyright: ignore[reportPossiblyUnboundVariable]


async def test_credits_are_bought_with_a_card_from_the_order_to_the_balance(shop: Api) -> None:
    tenant = await buyer(shop)
    packs = (await shop.get("/api/v1/billing/packs", tenant.key)).data
    assert packs["methods"] == ["manual", "stripe"]
    placed = (await order(shop, tenant.key, return_url="https://example.com/done")).data
    assert (placed["state"], placed["credits"], placed["bonus"]) == ("created", 5000, 250)
    async with shop.session.post(placed["pay_url"], data={"card": "4242424242424242"}, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "https://example.com/done")
    paid = await until_paid(shop, tenant.key, placed["order_id"])
    assert (paid["pay_url"], paid["refunded_minor"]) == (None, 0)
    balance = (await shop.get("/api/v1/credits", tenant.key)).data
    assert (balance["available"], balance["frozen"], balance["owed"]) == (5250, 0, 0)
    assert [lot["lot_id"] for lot in balance["lots"]] == [placed["order_id"]]
    await shop.assert_sound()


async def test_an_order_is_made_once_for_each_idempotency_key(shop: Api) -> None:
    tenant = await buyer(shop)
    body, headers = {"method": "manual", "amount_minor": 1234}, {"Idempotency-Key": "once"}
    first = await shop.ask("POST", ORDERS, key=tenant.key, body=body, headers=headers)
    again = await shop.ask("POST", ORDERS, key=tenant.key, body=body, headers=headers)
    assert again.data["order_id"] == first.data["order_id"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Transfer" in first.data["instructions"]
    other = await shop.ask("POST", ORDERS, key=tenant.key, body=body | {"amount_minor": 500}, headers=headers)
    assert other.refused == (422, "idempotency_mismatch", "Idempotency-Key")


async def test_bad_orders_are_refused_by_name_and_make_none(shop: Api) -> None:
    tenant = await buyer(shop)
    for changes, param in (
        ({"pack": "nobodys"}, "/pack"),
        ({"pack": None}, "/pack"),
        ({"amount_minor": 500}, "/pack"),
        ({"pack": None, "amount_minor": 499}, "/amount_minor"),
        ({"pack": None, "amount_minor": -1}, "/amount_minor"),
        ({"method": "cash"}, "/method"),
        ({"method": "voucher"}, "/method"),
        ({"return_url": "javascript:alert(1)"}, "/return_url"),
        ({"return_url": "//x"}, "/return_url"),
        ({"credits": 10**9}, ""),
    ):
        assert (await order(shop, tenant.key, **changes)).refused == (400, "bad_request", param), changes
    assert (await shop.get(ORDERS, tenant.key)).data == []


async def test_another_accounts_order_is_not_found_and_test_keys_buy_nothing(shop: Api) -> None:
    tenant, stranger = await buyer(shop), await buyer(shop)
    mine = (await order(shop, tenant.key, method="manual")).data["order_id"]
    test_key = (await shop.tenant(of=tenant, mode="test", rules=ALL)).key
    usual = (await shop.tenant(of=tenant, mode="live")).key
    for key in (stranger.key, test_key):
        assert (await shop.get(f"{ORDERS}/{mine}", key)).refused == (404, "not_found", "order_id")
        assert (await shop.get(ORDERS, key)).data == []
    assert (await order(shop, test_key)).status == 404
    assert (await order(shop, usual)).status == 403
    assert (await shop.ask("POST", "/api/v1/billing/vouchers/redeem", key=usual, body={"code": "x"})).status == 403
    assert [one["order_id"] for one in (await shop.get(ORDERS, tenant.key)).data] == [mine]


async def test_orders_are_listed_newest_first_in_pages(shop: Api) -> None:
    tenant = await buyer(shop)
    for _ in range(3):
        await order(shop, tenant.key, method="manual")
    first = (await shop.get(f"{ORDERS}?limit=2", tenant.key)).json
    rest = (await shop.get(f"{ORDERS}?limit=2&cursor={first['next_cursor']}", tenant.key)).json
    numbers = [one["number"] for one in (*first["data"], *rest["data"])]
    assert (numbers, rest["next_cursor"]) == ([3, 2, 1], None)


async def test_a_voucher_is_redeemed_once_and_wrong_codes_are_throttled(shop: Api) -> None:
    tenant = await buyer(shop)
    code = new_code(os.urandom)
    hashed = code_hash(shop.app.secret.key("pepper"), code) or b""
    row = VoucherRow(shop.app.ids.new(), hashed, whole(25), 1, 1, 0, None, None, None, "operator", 0)
    await shop.app.database.transact(lambda tx: add_vouchers(tx, [row]))
    path = "/api/v1/billing/vouchers/redeem"
    assert (await shop.ask("POST", path, key=tenant.key, body={"code": code})).data["credits"] == 25
    answers = [await shop.ask("POST", path, key=tenant.key, body={"code": f"{n}"}) for n in range(11)]
    assert [one.status for one in answers] == [400] * 10 + [429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 3_600
    assert (await shop.get("/api/v1/credits", tenant.key)).data["available"] == 25


async def test_what_was_paid_and_sent_back_is_had_in_writing_always_the_same(shop: Api) -> None:
    tenant, stranger = await buyer(shop), await buyer(shop)
    placed = (await order(shop, tenant.key)).data
    async with shop.session.post(placed["pay_url"], data={"card": "4242424242424242"}, allow_redirects=False):
        await until_paid(shop, tenant.key, placed["order_id"])
    action = Action(shop.app.ids.new(), "operator", "orders.refund", placed["order_id"], "a test")
    await shop.app.payments.refunder.refund(Wanted(placed["order_id"], 1234), action)
    note, receipt = (await shop.get("/api/v1/billing/documents", tenant.key)).data
    assert (receipt["number"], receipt["total_minor"]) == ("R-000001", 5000)
    assert (note["number"], note["total_minor"], note["kind"]) == ("C-000001", 1234, "credit_note")
    path = f"/api/v1/billing/documents/{note['document_id']}"
    first, again = [await shop.get(path, tenant.key) for _ in range(2)]
    assert first.body == again.body
    assert first.body.startswith(b"%PDF-")
    page = await shop.get(f"{path}?format=html", tenant.key)
    assert "12.34 USD" in page.body.decode()
    assert "R-000001" in page.body.decode()
    frozen = await shop.get(f"{path}?format=json", tenant.key)
    assert hashlib.sha256(frozen.body).hexdigest() == note["sha256"]
    assert (await shop.get(path, stranger.key)).refused == (404, "not_found", "document_id")
    rows = (await shop.get("/api/v1/billing/export?what=orders", tenant.key)).body.decode().split("\r\n")
    assert rows[0].startswith("order_id,number,method")
    assert len(rows) == 3
    ledger = (await shop.get("/api/v1/billing/export?what=ledger&format=json", tenant.key)).json
    assert [row["kind"] for row in ledger] == ["grant", "freeze", "return"]
    assert (await shop.get("/api/v1/billing/export", stranger.key)).body.count(b"\r\n") == 1
    await shop.assert_sound()


async def test_a_top_up_needs_a_saved_card_and_alerts_an_address_that_may_be_called(shop: Api) -> None:
    tenant = await buyer(shop)
    placed = (await order(shop, tenant.key, save_method=True)).data
    async with shop.session.post(placed["pay_url"], data={"card": "4242424242424242"}, allow_redirects=False):
        await until_paid(shop, tenant.key, placed["order_id"])
    path = "/api/v1/billing/auto-top-up"
    (card,) = (await shop.get(path, tenant.key)).data["payment_methods"]
    body = {"threshold": 100, "pack": "starter", "payment_method_id": "0" * 26, "month_max_minor": 5000}
    wrong = await shop.ask("POST", path, key=tenant.key, body=body)
    assert wrong.refused == (400, "bad_request", "/payment_method_id")
    body["payment_method_id"] = card["payment_method_id"]
    assert (await shop.ask("POST", path, key=tenant.key, body=body | {"month_max_minor": 5})).status == 400
    assert (await shop.ask("POST", path, key=tenant.key, body=body)).data["rule"]["threshold"] == 100
    assert (await shop.ask("DELETE", path, key=tenant.key)).data["rule"] is None
    alerts = "/api/v1/billing/alerts"
    for url in ("http://example.com/", "https://127.0.0.1/", "ftp://x", "https://[::1]/"):
        refused = await shop.ask("POST", alerts, key=tenant.key, body={"low_balance": 5, "url": url})
        assert refused.refused == (400, "bad_request", "/url"), url
    set_ = await shop.ask("POST", alerts, key=tenant.key, body={"low_balance": 5, "url": "https://example.com/x"})
    assert set_.data == (await shop.get(alerts, tenant.key)).data
    assert (set_.data["low_balance"], set_.data["spend_day"]) == (5, None)


async def test_a_saved_card_is_forgotten_at_its_vendor_with_the_top_up_that_it_pays(shop: Api) -> None:
    tenant, stranger = await buyer(shop), await buyer(shop)
    placed = (await order(shop, tenant.key, save_method=True)).data
    async with shop.session.post(placed["pay_url"], data={"card": "4242424242424242"}, allow_redirects=False):
        await until_paid(shop, tenant.key, placed["order_id"])
    top_up = "/api/v1/billing/auto-top-up"
    (card,) = (await shop.get(top_up, tenant.key)).data["payment_methods"]
    body = {"threshold": 1, "pack": "starter", "payment_method_id": card["payment_method_id"], "month_max_minor": 5000}
    assert (await shop.ask("POST", top_up, key=tenant.key, body=body)).status == 200
    path = f"/api/v1/billing/payment-methods/{card['payment_method_id']}"
    assert (await shop.ask("DELETE", path, key=stranger.key)).refused[:2] == (404, "not_found")
    assert (await shop.get(top_up, tenant.key)).data["rule"] is not None
    root, headers = shop.app.settings.stripe_url, {"Authorization": f"Bearer sk_test_{SIMULATED_KEY}"}
    faults = json.dumps([{"fault": "server_error", "on": "submit", "times": 1}])
    async with shop.session.post(f"{root}/_sim/faults", data=faults) as arranged:
        assert arranged.status == 204
    failed = await shop.ask("DELETE", path, key=tenant.key)
    assert failed.refused[:2] == (502, "provider_error")
    assert (await shop.get(top_up, tenant.key)).data["payment_methods"] == [card]
    gone = await shop.ask("DELETE", path, key=tenant.key)
    assert gone.data == {"rule": None, "payment_methods": []}
    assert (await shop.ask("DELETE", path, key=tenant.key)).status == 404
    (row,) = await shop.rows(statement("SELECT vendor_ref FROM saved_methods WHERE account_id = $1"), tenant.account_id)
    async with shop.session.post(f"{root}/v1/payment_methods/{row[0]}/detach", headers=headers) as again:
        assert again.status == 400


async def test_a_server_goes_round_the_saved_cards_of_closed_accounts(shop: Api) -> None:
    tenant = await buyer(shop)
    placed = (await order(shop, tenant.key, save_method=True)).data
    async with shop.session.post(placed["pay_url"], data={"card": "4242424242424242"}, allow_redirects=False):
        await until_paid(shop, tenant.key, placed["order_id"])
    await shop.app.database.transact(lambda tx: close_account(tx, tenant.account_id))
    (round_,) = [duty for duty in shop.app.duties.duties if duty.name == "cards of closed accounts taken away"]
    assert await round_.act() == 1
    assert await round_.act() == 0


async def test_a_key_sets_the_budgets_that_its_maker_may_set(shop: Api) -> None:
    tenant = await buyer(shop)
    people = {role: shop.app.ids.new() for role in ("admin", "developer")}
    for role, person_id in people.items():
        await shop.change(ADD_PERSON, person_id, f"{role}@example.com")
        await shop.change(ADD_MEMBER, tenant.account_id, person_id, role)
    path = "/api/v1/billing/budgets/members"
    none = {"day": None, "day_left": None, "month": None, "month_left": None}
    for member in (await shop.get(path, tenant.key)).data["members"]:
        assert (people[member["role"]], member["budgets"]) == (member["member_id"], none)
    set_one = await shop.ask("POST", f"{path}/{people['admin']}", key=tenant.key, body={"day": 50})
    budgets = {one["role"]: one["budgets"] for one in set_one.data["members"]}
    assert budgets == {"admin": {**none, "day": 50, "day_left": 50}, "developer": none}
    admins = await shop.tenant(of=tenant, mode="live", rules=ALL)
    await shop.change(statement("UPDATE keys SET made_by = $1 WHERE id = $2"), people["admin"], admins.key_id)
    refused = await shop.ask("POST", f"{path}/{people['admin']}", key=admins.key, body={"day": 500})
    assert refused.refused[:2] == (403, "permission_denied")
    allowed = await shop.ask("POST", f"{path}/{people['developer']}", key=admins.key, body={"month": 9})
    assert allowed.data["members"][1]["budgets"] == {**none, "month": 9, "month_left": 9}
    tests = await shop.tenant(of=tenant, mode="test", rules=ALL)
    assert (await shop.get(path, tests.key)).data == {"members": []}


async def test_a_callback_without_a_secret_has_no_such_route(small_api: Api) -> None:
    for method in ("stripe", "manual", "voucher", "nobody", "%00"):
        got = await small_api.ask("POST", f"/api/v1/payments/{method}/callback", data=b"{}")
        assert got.status == 404, method


async def test_no_callback_however_it_looks_brings_a_5xx_or_a_credit(shop: Api) -> None:
    tenant = await buyer(shop)
    placed = (await order(shop, tenant.key)).data
    thing: dict[str, object] = {"id": "cs_x", "object": "checkout.session", "client_reference_id": placed["order_id"]}
    event: dict[str, object] = {"type": "checkout.session.completed", "livemode": False, "data": {"object": thing}}
    odd: list[object] = [None, 5, [], {}, "x", {"id": "e"}, {**event, "id": ""}, {**event, "id": "\0"}]
    odd += [{**event, "id": f"evt_{n}", "data": {"object": {**thing, field: value}}} for n, (field, value) in ODD]
    for body in [*map(_json, odd), b"", b"\xff", b"{" * 5000, b'{"id":"\\ud800"}']:
        moment = shop.app.clock.now_us() // 1_000_000
        headers = dict(signed(Call("", "", body, SIMULATED_WEBHOOK_SECRET), moment))
        expected = 401 if body == b"\xff" else 200  # what is no text was signed by nobody
        assert (await shop.ask("POST", CALLBACK, data=body, headers=headers)).status == expected, body
        assert (await shop.ask("POST", CALLBACK, data=body)).status == 401
    assert (await shop.get("/api/v1/credits", tenant.key)).data["available"] == 0
    assert (await shop.get(f"{ORDERS}/{placed['order_id']}", tenant.key)).data["state"] == "created"
    (refused,) = await shop.rows(statement("SELECT count FROM callbacks_refused WHERE method = 'stripe'"))
    assert refused[0] > 10
    await shop.assert_sound()


ODD = list(
    enumerate(
        [
            ("id", "\0"),
            ("id", "../../v1/customers"),
            ("id", "x" * 5000),
            ("client_reference_id", "\0" * 26),
            ("client_reference_id", "0" * 26),
            ("metadata", {"order_id": "x" * 500}),
            ("payment_intent", "pi_'; DROP TABLE orders; --"),
            ("amount_total", 10**18),
            ("amount_total", -5),
            ("currency", "\U0001f600" * 100),
            ("object", "payment_intent"),
            ("object", "\0"),
        ]
    )
)


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
