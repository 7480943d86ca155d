"""Pages about money: what is bought, what they say of an order, vouchers, documents, what is done by itself."""

import re
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from api.served_api import Api, served_api
from apiinone.control.payment_commands import MakeVouchers
from apiinone.core.credits import whole
from apiinone.db import Sql, Tx
from apiinone.front_desk import desk_of
from apiinone.people.roles import ROLES
from databases import sqlite_url
from web.browsing import Browser, somebody
from web.buying import account_of, bought, own_document, transfer

ONCE = re.compile(r'name="once" value="([0-9a-v]{26})"')
SAVE_CARD = Sql(
    "INSERT INTO saved_methods (id, account_id, method, customer_ref, vendor_ref, label, created_us)"
    " VALUES ($1, $2, 'stripe', 'cus_1', 'pm_1', 'visa 4242', $3)"
)
PAY_AT = Sql("UPDATE orders SET pay_url = 'https://pay.example/1' , method = 'stripe' WHERE id = $1")
SET_STATE = Sql("UPDATE orders SET state = $1, method = 'manual' WHERE id = $2")
TERMS = Sql("SELECT state, pack, amount_minor, method FROM orders WHERE id = $1")
HIDDEN = re.compile(r'type="hidden" name="(offer|amount|method|save|once|csrf)" value="([^"]*)"')
BOUGHT, GRANTED = "Live credits are bought on this page", "Live credits are granted by the operator"
OWE = Sql("UPDATE balances SET debt_micro = 12000000, available_micro = 0 WHERE account_id = $1 AND mode = 'live'")
OWED = Sql("UPDATE orders SET owed_micro = 12000000 WHERE id = $1")


@pytest.fixture
async def site(sqlite_path: Path, tmp_path: Path) -> AsyncGenerator[Api]:
    own = tmp_path / "billing.yaml"
    own.write_text('bank: "Sparkasse Ulm, DE00 0000"\nseller: {name: "Shop & Söhne", tax_number: "DE1"}\n')
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False, billing_file=str(own)) as api:
        yield api


async def buy(browser: Browser, **fields: str) -> tuple[int, str]:
    seen = await browser.get("/billing/credits")
    found = ONCE.search(seen.text)
    assert found is not None
    sent = {"offer": "starter", "amount": "", "method": "manual", "once": found[1], **fields}
    reply = await browser.post("/billing/buy", None, **sent)
    return reply.status, reply.headers.get("location", reply.text)


async def test_who_pays_buys_and_who_does_not_sees_as_much_as_the_role_says(site: Api) -> None:
    sees = {"owner": "buy ledger", "admin": "buy ledger", "developer": "ledger", "billing": "buy ledger", "viewer": ""}
    assert set(sees) == set(ROLES)
    for role in ROLES:
        browser = await somebody(site, f"{role}@example.com", role=role)
        text = (await browser.get("/billing/credits")).text
        shown = [name for name in ("buy", "ledger") if f'id="{name}"' in text]
        assert (role, " ".join(shown)) == (role, sees[role])


async def test_no_page_about_money_says_that_nothing_costs_money_in_test_mode(site: Api) -> None:
    ada = await somebody(site, "ada@example.com")
    order = await bought(ada)
    paper = await own_document(ada)
    for path in ("credits", f"orders/{order.id}", "orders", "documents", f"documents/{paper}", "plan"):
        text = (await ada.get(f"/billing/{path}")).text
        assert (path, text.count("What you buy are live credits.")) == (path, 1)
        assert (path, "Nothing here costs money" in text) == (path, False)
    assert "Nothing here costs money" in (await ada.get("/console")).text


async def test_a_visitor_of_a_server_that_sells_reads_that_credits_are_bought_there(site: Api) -> None:
    text = (await Browser(site).get("/billing/credits")).text
    assert (BOUGHT in text, GRANTED in text) == (True, False)


async def test_a_visitor_of_a_server_that_sells_nothing_reads_who_grants_credits(
    sqlite_path: Path, tmp_path: Path
) -> None:
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False) as without_a_shop:
        text = (await Browser(without_a_shop).get("/billing/credits")).text
        assert (BOUGHT in text, GRANTED in text) == (False, True)


async def test_a_form_sent_twice_is_one_order_and_another_form_is_another(site: Api) -> None:
    ada = await somebody(site, "ada@example.com")
    once = ONCE.search((await ada.get("/billing/credits")).text)
    assert once is not None
    first, second = [await buy(ada, once=once[1]) for _ in range(2)]
    assert first == second
    assert first[0] == 303
    assert (await buy(ada))[1] != first[1]


async def test_a_transfer_is_told_where_to_and_waits_until_an_operator_saw_it(site: Api) -> None:
    ada = await somebody(site, "ada@example.com")
    status, path = await buy(ada)
    assert status == 303
    text = (await ada.get(path)).text
    assert "Waiting for your transfer" in text
    assert "Sparkasse Ulm" in text
    assert path[-10:].upper() in text
    assert "10.00 USD" in text


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"offer": "nothing"}, "offer"),
        ({"offer": "own", "amount": "1"}, "amount"),
        ({"offer": "own", "amount": "ten"}, "amount"),
        ({"offer": "own", "amount": "1000.01"}, "amount"),
        ({"method": "voucher"}, "method"),
        ({"method": "stripe"}, "method"),
    ],
)
async def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_ordered(
    site: Api, fields: dict[str, str], field: str
) -> None:
    ada = await somebody(site, "ada@example.com")
    status, text = await buy(ada, **fields)
    assert (status, f'id="why-{field}"' in text) == (422, True)
    assert "No order yet" in (await ada.get("/billing/orders")).text


async def test_an_amount_of_ones_own_is_taken_to_the_cent(site: Api) -> None:
    ada = await somebody(site, "ada@example.com")
    status, path = await buy(ada, offer="own", amount="12,5")
    assert status == 303
    assert "12.50 USD" in (await ada.get(path)).text


async def test_a_voucher_credits_once_and_wrong_codes_are_throttled(site: Api) -> None:
    made = await MakeVouchers(1, whole(40), "a test", per_account_max=1).run(desk_of(site.app))
    ada = await somebody(site, "ada@example.com")
    seen = await ada.post("/billing/redeem", code=made.codes[0].lower().replace("-", " "))
    assert seen.status == 303
    assert "40 credits are yours" in (await ada.get(seen.location)).text
    seen = await ada.post("/billing/redeem", code=made.codes[0])
    assert (seen.status, "redeemed this code before" in seen.text) == (422, True)
    answers = [(await ada.post("/billing/redeem", code="AAAA-AAAA-AAAA-AAAA")).status for _ in range(11)]
    assert answers == [422] * 10 + [429]


async def test_a_document_is_a_page_and_a_file(site: Api) -> None:
    ada = await somebody(site, "ada@example.com")
    path = f"/billing/documents/{await own_document(ada)}"
    text = (await ada.get(path)).text
    assert "Shop & Söhne" in text
    assert "Invoice I-000001" in text
    seen = await ada.get(f"{path}/pdf")
    assert (seen.status, seen.headers["content-type"], seen.text[:4]) == (200, "application/pdf", "%PDF")
    assert seen.headers["content-disposition"] == 'attachment; filename="I-000001.pdf"'
    assert "I-000001" in (await ada.get("/billing/documents")).text


async def test_a_debt_is_explained_with_the_order_that_it_came_from(site: Api) -> None:
    ada = await somebody(site, "ada@example.com")
    order = await bought(ada)

    async def owe(tx: Tx) -> None:
        await tx.run(OWE, order.account_id)
        await tx.run(OWED, order.id)

    await site.app.database.transact(owe)
    text = (await ada.get("/billing/credits")).text
    assert "12 credits are owed" in text
    assert f'href="/billing/orders/{order.id}"' in text


async def test_an_order_that_is_paid_elsewhere_has_no_page_to_pay_on(site: Api) -> None:
    ada = await somebody(site, "ada@example.com")
    order = await transfer(ada)
    assert (await ada.get(f"/billing/orders/{order.id}/pay")).location == f"/billing/orders/{order.id}"


async def test_an_open_order_leads_on_to_its_payment_and_one_that_is_over_is_bought_again(site: Api) -> None:
    ada = await somebody(site, "ada@example.com")
    order = await transfer(ada)
    path = f"/billing/orders/{order.id}"
    await site.change(PAY_AT, order.id)
    open_page = (await ada.get(path)).text
    assert (f'href="{path}/pay"' in open_page, "Pay now" in open_page, "Buy again" in open_page) == (True, True, False)
    for state in ("expired", "failed"):
        await site.change(SET_STATE, state, order.id)
        text = (await ada.get(path)).text
        assert "Pay now" not in text
        location = (await ada.post("/billing/buy", None, **dict(HIDDEN.findall(text)))).location
        assert location is not None
        again = (await site.rows(TERMS, location.split("/")[3]))[0]
        assert again == ("created", *(await site.rows(TERMS, order.id))[0][1:])
    viewer = await somebody(site, "bob@example.com", role="developer")
    own = await transfer(viewer)
    await site.change(SET_STATE, "expired", own.id)
    assert "Buy again" not in (await viewer.get(f"/billing/orders/{own.id}")).text


async def test_an_own_amount_is_bought_again_as_it_was(site: Api) -> None:
    ada = await somebody(site, "ada@example.com")
    status, location = await buy(ada, offer="own", amount="12.50")
    assert status == 303
    order_id = location.split("/")[3]
    await site.change(SET_STATE, "failed", order_id)
    text = (await ada.get(location)).text
    again = (await ada.post("/billing/buy", None, **dict(HIDDEN.findall(text)))).location
    assert again not in (None, location)
    assert (await site.rows(TERMS, str(again).split("/")[3]))[0][2] == 1_250


async def test_who_tries_too_many_codes_is_told_how_long_to_wait(site: Api) -> None:
    ada = await somebody(site, "ada@example.com")
    await ada.get("/billing/credits")
    for _ in range(10):
        assert (await ada.post("/billing/redeem", code="00000-00000-00000-00000")).status == 422
    seen = await ada.post("/billing/redeem", code="00000-00000-00000-00000")
    assert seen.status == 429
    assert 0 < int(seen.headers["retry-after"]) <= 3_600


async def test_a_card_that_its_vendor_does_not_take_away_stays_and_the_page_says_why(
    sqlite_path: Path, tmp_path: Path
) -> None:
    environ = {"STRIPE_SECRET_KEY": "sk_test_x"}
    async with served_api(
        sqlite_url(sqlite_path), tmp_path, working=False, environ=environ, stripe_url="http://127.0.0.1:9"
    ) as site:
        ada = await somebody(site, "ada@example.com")
        card, account = site.app.ids.new(), await account_of(ada)
        await site.change(SAVE_CARD, card, account, 0)
        await ada.get("/billing/plan")
        seen = await ada.post("/billing/plan/card", card=card)
        assert (seen.status, "could not be taken away" in seen.text) == (502, True)
        assert f'value="{card}"' in (await ada.get("/billing/plan")).text


async def test_top_up_is_set_with_ones_own_card_alone_and_ends_with_it(site: Api) -> None:
    ada, bob = await somebody(site, "ada@example.com"), await somebody(site, "bob@example.com")
    card = site.app.ids.new()

    async def save(tx: Tx) -> None:
        await tx.run(SAVE_CARD, card, account, tx.now_us)

    account = await account_of(ada)
    await site.app.database.transact(save)
    wish = {"threshold": "500", "pack": "starter", "card": card, "month_max": "25"}
    assert (await bob.post("/billing/plan/top-up", None, **wish)).status == 422
    assert (await bob.post("/billing/plan/card", card=card)).status == 404
    for field, value in (("threshold", "0"), ("pack", "none"), ("month_max", "9.99"), ("card", "x")):
        seen = await ada.post("/billing/plan/top-up", None, **{**wish, field: value})
        assert (field, seen.status, f'id="why-{field}"' in seen.text) == (field, 422, True)
    assert (await ada.post("/billing/plan/top-up", None, **wish)).status == 303
    assert "Pays the top-up" in (await ada.get("/billing/plan")).text
    assert (await ada.post("/billing/plan/card", card=card)).status == 303
    assert "Pays the top-up" not in (await ada.get("/billing/plan")).text


async def test_budgets_of_the_account_are_kept_and_taken_away(site: Api) -> None:
    ada = await somebody(site, "ada@example.com")
    assert (await ada.post("/billing/plan/budgets", day="x", month="")).status == 422
    assert (await ada.post("/billing/plan/budgets", day="50", month="1,200.5")).status == 303
    text = (await ada.get("/billing/plan")).text
    assert "50 left today, 1,200.5 left this month" in text
    assert 'value="1200.5"' in text
    assert (await ada.post("/billing/plan/budgets", day="", month="")).status == 303
    assert " left today" not in (await ada.get("/billing/plan")).text


async def test_alerts_are_kept_as_they_were_set(site: Api) -> None:
    ada = await somebody(site, "ada@example.com")
    seen = await ada.post("/billing/plan/alerts", low_balance="x", spend_day="", spend_month="", url="http://10.0.0.1/")
    assert seen.status == 422
    assert all(f'id="why-{field}"' in seen.text for field in ("low_balance", "url"))
    assert (await ada.post("/billing/plan/alerts", low_balance="1,500", spend_day="20")).status == 303
    text = (await ada.get("/billing/plan")).text
    assert 'value="1500"' in text
    assert 'value="20"' in text
