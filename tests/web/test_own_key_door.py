"""The playground of who is signed in: a key of the account by its id, with the key's own rules (hazard 47)."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from api.served_api import BODY, CREATE, Api, served_api
from apiinone.db import Sql
from databases import sqlite_url
from web.browsing import Browser, somebody
from web.owning import made_key, own_key, own_task, run

TASKS = Sql("SELECT account_id, key_id, mode FROM tasks")


@pytest.fixture
async def site(sqlite_path: Path, tmp_path: Path) -> AsyncGenerator[Api]:
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False) as api:
        yield api


async def refused(browser: Browser, key_id: str, **headers: str) -> tuple[int, str]:
    status, text = await run(browser, key_id, BODY, CREATE, **headers)
    return status, json.loads(text)["error"]["type"]


async def test_a_run_is_the_keys_own_and_the_key_is_not_sent(site: Api) -> None:
    browser = await somebody(site, "ada@example.com")
    key = await made_key(browser)
    status, text = await run(browser, key.split("_")[2])
    assert status == 200
    assert key.split("_")[3] not in text
    ((account_id, key_id, mode),) = await site.rows(TASKS)
    assert (key_id, mode) == (key.split("_")[2], "test")
    assert json.loads(text)["data"]["credits"] == 10
    told = await browser.get("/console/play")
    facts = json.loads(told.text)
    assert [one["id"] for one in facts["keys"]] == [key_id]
    assert (key in told.text, facts["mode"], facts["may_run"], bool(account_id)) == (False, "test", True, True)


async def test_nobody_runs_who_is_not_signed_in_or_comes_from_elsewhere(site: Api) -> None:
    ada = await somebody(site, "ada@example.com")
    key_id = await own_key(ada)
    stranger = Browser(site)
    await stranger.get("/sign-in")
    assert await refused(stranger, key_id) == (401, "authentication_error")
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://e.example"}):
        assert await refused(ada, key_id, **headers) == (403, "permission_denied")
    for token in ("", "0" * 64, stranger.csrf):
        assert await refused(ada, key_id, **{"X-CSRF-Token": token}) == (403, "permission_denied")
    assert await site.rows(TASKS) == []


async def test_a_key_of_another_account_is_not_there(site: Api) -> None:
    ada, bob = await somebody(site, "ada@example.com"), await somebody(site, "bob@example.com")
    key_id = await own_key(ada)
    for name in (key_id, "0" * 26, "nothing", key_id.upper()):
        assert await refused(bob, name) == (404, "not_found")
    assert await site.rows(TASKS) == []


@pytest.mark.parametrize("role", ["billing", "viewer"])
async def test_who_may_not_make_keys_may_not_run_with_them(site: Api, role: str) -> None:
    browser = await somebody(site, "ada@example.com")
    key_id = await own_key(browser)
    await site.change(Sql("UPDATE members SET role = $1"), role)
    assert await refused(browser, key_id) == (403, "permission_denied")
    assert json.loads((await browser.get("/console/play")).text)["keys"] == []


async def test_the_keys_rules_hold(site: Api) -> None:
    browser = await somebody(site, "ada@example.com")
    reading = (await made_key(browser, scopes="tasks.read")).split("_")[2]
    assert await refused(browser, reading) == (403, "permission_denied")
    other = (await made_key(browser, models="flux-2")).split("_")[2]
    assert await refused(browser, other) == (403, "permission_denied")
    elsewhere = (await made_key(browser, ip_ranges="203.0.113.7")).split("_")[2]
    assert await refused(browser, elsewhere) == (403, "permission_denied")
    poor = (await made_key(browser, budget="1")).split("_")[2]
    assert await refused(browser, poor) == (402, "budget_exceeded")
    slow = (await made_key(browser, requests_per_minute="1")).split("_")[2]
    assert [(await run(browser, slow))[0] for _ in range(2)] == [200, 429]
    gone = await own_key(browser)
    await browser.post(f"/console/keys/{gone}/revoke")
    assert await refused(browser, gone) == (401, "authentication_error")


async def test_only_what_a_playground_needs_is_behind_the_door(site: Api) -> None:
    browser = await somebody(site, "ada@example.com")
    key_id = await own_key(browser)
    headers = {"X-CSRF-Token": browser.csrf, "Content-Type": "application/json"}
    for method, path in (
        ("GET", "/api/v1/webhooks/secret"),
        ("POST", "/api/v1/webhooks/secret/rotate"),
        ("GET", "/api/v1/usage"),
        ("GET", CREATE),
        ("DELETE", f"/api/v1/tasks/{await own_task(browser)}"),
        ("GET", "/metrics"),
        ("GET", "/api/v1/credits/../usage"),
        ("GET", ""),
    ):
        seen = await browser.ask(method, f"/console/with/{key_id}{path}", headers=headers, body=b"{}")
        assert seen.status in (404, 405), (method, path, seen.text)
    for path in ("/api/v1/me", "/api/v1/credits"):
        url = f"/console/with/{(await made_key(browser, scopes='billing.read')).split('_')[2]}{path}"
        assert (await browser.ask("GET", url, headers=headers)).status == 200
        assert (await browser.ask("GET", url)).status == 403


async def test_a_request_cannot_say_itself_whose_key_it_uses(site: Api) -> None:
    browser = await somebody(site, "ada@example.com")
    key_id = await own_key(browser)
    seen = await browser.ask("GET", "/api/v1/me", headers={"apiinone.own_key": key_id, "X-CSRF-Token": browser.csrf})
    assert seen.status == 401
