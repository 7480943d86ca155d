"""The operators' pages: what they show, and that each change by hand has an operator, a reason and a row."""

import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from api.served_api import BODY, RECRAFT, Api, Tenant, served_api
from apiinone.api.task_ids import read_task_id
from apiinone.core.credits import whole
from apiinone.db import Sql, Tx
from apiinone.ledger.statements import balance_of
from apiinone.web.admin.admin_routes import ADMIN
from apiinone.web.page_route import Operator
from databases import sqlite_url
from web.browsing import Browser, somebody
from web.buying import transfer
from web.operating import OperatorsBrowser, operator
from web.test_page_routes import filled

MODEL = "recraft-v4-text-to-image"
ACTIONS = Sql("SELECT actor, action, subject, reason FROM operator_actions ORDER BY id")
MAKE_UNKNOWN = Sql("UPDATE tasks SET state = 'unknown' WHERE id = $1")
WHY = "because a test wants it"
UNPROCESSABLE, CONFLICT, NOT_FOUND, MOVED = 422, 409, 404, 303


@pytest.fixture
async def site(sqlite_path: Path, tmp_path: Path) -> AsyncGenerator[Api]:
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False, environ=RECRAFT) as api:
        yield api


@pytest.fixture
async def tenant(site: Api) -> Tenant:
    return await site.tenant(mode="live", balance=1_000)


@pytest.fixture
async def ada(site: Api) -> OperatorsBrowser:
    return await operator(site, "ada@example.com")


async def available(site: Api, account_id: str) -> int:
    async def look(tx: Tx) -> int:
        return (await balance_of(tx, (account_id, "live")))[0]

    return await site.app.database.read(look)


async def actions(site: Api) -> list[tuple[str, ...]]:
    return [tuple(map(str, row)) for row in await site.rows(ACTIONS)]


def test_every_page_below_admin_is_for_operators() -> None:
    assert len(ADMIN) == 36
    assert [one.path for one in ADMIN if not isinstance(one.authority, Operator)] == []
    assert [one.path for one in ADMIN if not re.match(r"/admin(/|$)", one.path)] == []


async def test_an_operator_sees_every_page_and_no_secret_on_any(
    site: Api, ada: OperatorsBrowser, tenant: Tenant
) -> None:
    task = await site.task(tenant.key)
    order = (await transfer(ada)).id
    ids = {
        "account_id": tenant.account_id,
        "model": "recraft-v4",
        "order_id": order,
        "task_id": task,
        "text": "terms",
    }
    for route in (one for one in ADMIN if one.method == "GET"):
        seen = await ada.get(filled(route, ids))
        assert seen.status == 200, (route.path, seen.text)
        assert seen.headers["cache-control"] == "private, no-store"
        for secret in (RECRAFT["RECRAFT_API_TOKEN"], tenant.key, str(BODY["prompt"])):
            assert secret not in seen.text, route.path


async def test_who_is_no_operator_or_has_shown_no_code_changes_nothing(site: Api, tenant: Tenant) -> None:
    bob = await somebody(site, "bob@example.com")
    path = f"/admin/accounts/{tenant.account_id}/adjust"
    fields = {"mode": "live", "direction": "give", "amount": "5", "reason": WHY}
    assert (await bob.post(path, None, **fields)).status == NOT_FOUND
    await bob.get("/account")
    assert (await Browser(site).post(path, None, **fields)).status == NOT_FOUND
    carol = await operator(site, "carol@example.com")

    async def later(tx: Tx) -> None:
        await tx.run(Sql("UPDATE sessions SET stepped_up_us = 1"))

    await site.app.database.transact(later)
    assert (await carol.post(path, None, **fields)).location.startswith("/confirm-identity")
    assert await available(site, tenant.account_id) == whole(1_000)


async def test_a_balance_is_changed_by_an_entry_with_a_reason(site: Api, ada: OperatorsBrowser, tenant: Tenant) -> None:
    page = f"/admin/accounts/{tenant.account_id}"
    await ada.get(page)
    for wrong, field in (
        ({"amount": "5", "reason": "  "}, "reason"),
        ({"amount": "-5", "reason": WHY}, "amount"),
        ({"amount": "0", "reason": WHY}, "amount"),
    ):
        seen = await ada.post(f"{page}/adjust", None, mode="live", direction="give", **wrong)
        assert (seen.status, "aria-invalid" in seen.text) == (UNPROCESSABLE, True), (wrong, field)
        assert f'value="{wrong["amount"]}"' in seen.text, "what was sent is kept"
    assert await available(site, tenant.account_id) == whole(1_000)
    done = await ada.post(f"{page}/adjust", mode="live", direction="give", amount="5.5", reason=WHY)
    assert (done.status, done.location) == (MOVED, page)
    seen = await ada.get(page)
    assert "written down with your name" in seen.text
    assert await available(site, tenant.account_id) == 1_005_500_000
    seen = await ada.post(f"{page}/adjust", mode="live", direction="take", amount="2000", reason=WHY)
    assert (seen.status, "1005.5 credits are available" in seen.text) == (CONFLICT, True)
    assert [row[:2] for row in await actions(site)] == [(ada.id, "credits.adjust")]
    await site.assert_sound()


async def test_a_large_change_takes_two_operators_on_the_pages_too(
    site: Api, ada: OperatorsBrowser, tenant: Tenant
) -> None:
    page = f"/admin/accounts/{tenant.account_id}/adjust"
    await ada.post(page, mode="live", direction="give", amount="10001", reason=WHY)
    seen = await ada.get("/admin/adjustments")
    (waiting,) = re.findall(r'action="/admin/adjustments/([0-9a-v]+)"', seen.text)
    assert '"agree"' not in seen.text
    own = await ada.post(f"/admin/adjustments/{waiting}", word="agree", reason=WHY)
    assert (own.status, "another operator must agree" in own.text) == (CONFLICT, True)
    assert await available(site, tenant.account_id) == whole(1_000)
    bea = await operator(site, "bea@example.com")
    assert (await bea.post(f"/admin/adjustments/{waiting}", word="agree", reason=WHY)).status == MOVED
    assert await available(site, tenant.account_id) == whole(11_001)
    assert "Nothing waits" in (await bea.get("/admin/adjustments")).text


async def test_an_account_is_suspended_and_let_go_on(site: Api, ada: OperatorsBrowser, tenant: Tenant) -> None:
    page = f"/admin/accounts/{tenant.account_id}/state"
    assert (await ada.post(page, state="suspended", reason="")).status == UNPROCESSABLE
    assert (await site.create(tenant.key)).status == 200
    assert (await ada.post(page, state="suspended", reason=WHY)).status == MOVED
    assert "suspended" in (await ada.get("/admin/accounts?state=suspended")).text
    assert (await ada.post(page, state="active", reason=WHY)).status == MOVED
    assert [row[1:3] for row in await actions(site)] == [
        ("accounts.suspend", tenant.account_id),
        ("accounts.resume", tenant.account_id),
    ]
    assert (await ada.post(f"/admin/accounts/{'0' * 26}/state", state="active", reason=WHY)).status == NOT_FOUND


async def test_a_model_and_an_offer_are_switched_from_their_page(
    site: Api, ada: OperatorsBrowser, tenant: Tenant
) -> None:
    assert (await site.create(tenant.key)).status == 200
    await ada.get("/admin/models/recraft-v4")
    off = {"sub_model": MODEL, "provider": "recraft", "upstream_model": "recraftv4", "orders": "off"}
    assert (await ada.post("/admin/models/recraft-v4/offer", None, **off, reason=" ")).status == UNPROCESSABLE
    assert (
        await ada.post("/admin/models/recraft-v4/offer", None, **off, priority="x", reason=WHY)
    ).status == UNPROCESSABLE
    assert (await site.create(tenant.key)).status == 200
    assert (await ada.post("/admin/models/recraft-v4/offer", None, **off, reason=WHY)).status == MOVED
    assert (await site.create(tenant.key)).status == 503
    assert (
        await ada.post("/admin/models/recraft-v4/offer", None, **{**off, "orders": "on"}, reason=WHY)
    ).status == MOVED
    assert (await site.create(tenant.key)).status == 200
    assert (await ada.post("/admin/models/recraft-v4/switch", model=MODEL, live="off", reason=WHY)).status == MOVED
    assert (await site.create(tenant.key)).status == 503
    assert "off for live keys" in (await ada.get("/admin/models/recraft-v4")).text


async def test_a_task_that_nobody_knows_about_is_ended_by_hand(
    site: Api, ada: OperatorsBrowser, tenant: Tenant
) -> None:
    shown = await site.task(tenant.key)
    task = read_task_id(shown)
    assert task is not None
    assert (await ada.post(f"/admin/tasks/{task.id}/settle", reason=WHY)).status == CONFLICT
    await site.change(MAKE_UNKNOWN, task.id)
    assert shown in (await ada.get("/admin/tasks?state=unknown")).text
    assert (await ada.post(f"/admin/tasks/{task.id}/settle", reason="")).status == UNPROCESSABLE
    assert (await ada.post(f"/admin/tasks/{task.id}/settle", reason=WHY)).status == MOVED
    assert await available(site, tenant.account_id) == whole(1_000)
    assert (await actions(site))[-1] == (ada.id, "tasks.settle", task.id, WHY)
    log = (await ada.get("/admin/log")).text.partition("<main")[2]
    assert WHY in log
    assert "ada@example.com" in log, "who it was is shown by address"
    await site.assert_sound()


async def test_sign_up_is_closed_and_opened_by_operators(site: Api, ada: OperatorsBrowser) -> None:
    visitor = Browser(site)
    fields = {"name": "sign_up", "reason": WHY}
    assert "takes no new accounts" not in (await visitor.get("/sign-up")).text
    assert (await ada.post("/admin/site/switch", None, value="closed", **fields)).status == MOVED
    assert "takes no new accounts" in (await visitor.get("/sign-up")).text
    sent = {"name": "Eve", "email": "eve@example.com", "password": "a long enough one"}
    assert (await visitor.post("/sign-up", None, **sent)).status == 403
    assert (await ada.post("/admin/site/switch", None, value="", **fields)).status == MOVED
    assert "takes no new accounts" not in (await visitor.get("/sign-up")).text


async def test_a_text_is_shown_and_named_at_the_foot_once_it_is_set(site: Api, ada: OperatorsBrowser) -> None:
    visitor = Browser(site)
    for name in ("terms", "privacy", "acceptable-use"):
        assert (await visitor.get(f"/{name}")).status == NOT_FOUND
        assert f'href="/{name}"' not in (await visitor.get("/pricing")).text
        words = "# Our words\n\nBe *kind*. <script>alert(1)</script> " + "ü" * 90_000
        assert (await ada.post(f"/admin/texts/{name}", markdown=words, reason="")).status == UNPROCESSABLE
        assert (await ada.post(f"/admin/texts/{name}", markdown=words, reason=WHY)).status == MOVED
        raw = await site.session.get(f"{site.url}/{name}", headers={"Accept": "text/html"})
        shown = await raw.text()
        assert "<em>kind</em>" in shown
        assert "<h1>Our words</h1>" in shown
        assert "<script>alert" not in shown
        assert f'href="/{name}"' in (await visitor.get("/pricing")).text
        assert (await ada.post(f"/admin/texts/{name}", markdown="", reason=WHY)).status == MOVED
        assert (await visitor.get(f"/{name}")).status == NOT_FOUND
    assert (await ada.get("/admin/texts/no-such-text")).status == NOT_FOUND


async def test_maintenance_closes_the_site_but_not_to_operators_nor_the_apis_reads(
    site: Api, ada: OperatorsBrowser, tenant: Tenant
) -> None:
    await ada.post("/admin/texts/maintenance", markdown="Back at **noon**.", reason=WHY)
    assert (await ada.post("/admin/site/switch", name="maintenance", value="on", reason=WHY)).status == MOVED
    visitor = Browser(site)
    for path in ("/", "/models", "/account", "/sign-up", "/models/recraft-v4"):
        seen = await visitor.get(path)
        assert (seen.status, int(seen.headers["retry-after"]) > 0) == (503, True), path
        assert "noon" in seen.text
    for path in ("/status", "/sign-in"):
        assert (await visitor.get(path)).status == 200, path
    told = (await visitor.get("/status")).text
    assert "accepts no new tasks" in told
    assert "<strong>No new tasks are accepted now</strong>" in told
    assert (await site.get("/api/v1/models")).status == 200
    assert (await site.create(tenant.key)).status == 503
    assert "Maintenance is on" in (await ada.get("/admin")).text
    assert (await ada.post("/admin/site/switch", name="maintenance", value="off", reason=WHY)).status == MOVED
    assert (await visitor.get("/")).status == 200
    assert (await site.create(tenant.key)).status == 200


async def test_the_status_page_says_how_it_stands_and_names_nothing_inside(site: Api, ada: OperatorsBrowser) -> None:
    visitor = Browser(site)
    seen = await visitor.get("/status")
    assert "New tasks are not worked on now" in seen.text, "no worker runs here"
    await ada.post("/admin/texts/incident", markdown="Slow *films* today.", reason=WHY)
    seen = await visitor.get("/status")
    assert "Slow <em>films</em> today." in seen.text
    inside = seen.text.partition("<main")[2].partition("</main>")[0]
    assert re.search(r"recraft|wavespeed|RECRAFT|127\.0|node", inside) is None


async def test_an_account_has_prices_of_its_own_and_reads_them(site: Api, ada: OperatorsBrowser) -> None:
    bob = await somebody(site, "bob@example.com")
    (row,) = await site.app.database.rows(Sql("SELECT account_id FROM sessions WHERE id = $1"), bob.session_id)
    path = f"/admin/accounts/{row[0]}"
    assert "Prices of your own" not in (await bob.get("/billing/credits")).text
    await ada.get(path)
    for wrong in ("0", "1001", "x", "7.5"):
        seen = await ada.post(f"{path}/price", percent=wrong, reason="agreed")
        assert seen.status == 422, wrong
        assert f'value="{wrong}"' in seen.text
    assert (await ada.post(f"{path}/price", percent="80", reason=" ")).status == 422
    assert (await ada.post(f"{path}/price", percent="80", reason="agreed")).status == 303
    assert (await ada.post(f"{path}/price", model="kling-3", percent="70", reason="agreed")).status == 303
    shown = (await ada.get(path)).text
    assert "80 %" in shown
    told = (await bob.get("/billing/credits")).text
    assert "80 % of the list" in told
    assert "70 % of the list" in told
    assert 'href="/models/kling-3"' in told
    assert "Prices of your own" not in (await ada.get("/billing/credits")).text
    await ada.get(path)
    for model in ("", "kling-3"):
        assert (await ada.post(f"{path}/price", model=model, percent="", reason="over")).status == 303
    assert "Prices of your own" not in (await bob.get("/billing/credits")).text


async def test_the_page_of_providers_tells_the_limits_that_are_kept_and_the_published_ones(
    sqlite_path: Path, tmp_path: Path
) -> None:
    pace: dict[str, Any] = {"provider_submits_per_s_max": {"recraft": 0.25}, "provider_concurrent_max": {"recraft": 3}}
    async with served_api(sqlite_url(sqlite_path), tmp_path, environ=RECRAFT, working=False, **pace) as site:
        ada = await operator(site, "ada@example.com")
        seen = (await ada.get("/admin/providers")).text
        (row,) = re.findall(r"<tr><th scope=.row.><code>env:RECRAFT_API_TOKEN</code>.*?</tr>", seen)
        remote = site.app.vendors["recraft"].remote
        assert [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<td.*?</td>", row)][3:5] == [
            f"3 (published: {remote.concurrent_max:g})",
            f"0.25 (published: {remote.submit_per_s_max:g})",
        ]
        kling = site.app.vendors["kling"].remote
        missing = re.search(r"<li><span class=.badge.>kling</span>(.*?)</li>", seen)
        assert missing is not None
        assert f"{kling.submit_per_s_max:g} · {kling.concurrent_max}" in missing[1]
