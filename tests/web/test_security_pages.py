"""Password, codes and sessions, by the forms of the site."""

import base64
import re
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from api.served_api import Api, served_api
from apiinone.db import Sql, Tx
from apiinone.people.codes import STEP_S, code_at
from apiinone.web.sign_in_pages import HOME
from databases import sqlite_url
from web.browsing import PASSWORD, Browser, somebody

SECRET = re.compile(r'<code class="secret">([A-Z2-7]+)</code>')
RECOVERY = re.compile(r"<li><code>([0-9a-v-]+)</code></li>")
NEW = "another good one"


@pytest.fixture
async def site(sqlite_path: Path, tmp_path: Path) -> AsyncGenerator[Api]:
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False) as api:
        yield api


async def with_codes(browser: Browser) -> tuple[bytes, list[str]]:
    """Set codes up; the secret and the recovery codes."""
    assert (await browser.post("/account/security/codes")).location == "/account/security#codes"
    seen = await browser.get("/account/security")
    found = SECRET.search(seen.text)
    assert found is not None
    assert "<svg" in seen.text
    secret = base64.b32decode(found[1])
    code = code_at(secret, int(time.time()) // STEP_S)
    seen = await browser.post("/account/security/codes/confirm", code=code)
    assert seen.status == 200, seen.text
    await browser.get("/account/security")
    return secret, RECOVERY.findall(seen.text)


async def change(site: Api, sql: Sql) -> None:
    async def work(tx: Tx) -> None:
        await tx.run(sql)

    await site.app.database.transact(work)


async def test_nobody_is_signed_in_while_a_code_is_due(site: Api) -> None:
    _, recovery = await with_codes(await somebody(site, "ada@example.com"))
    browser = Browser(site)
    assert (await browser.sign_in("ada@example.com")).location == f"/sign-in/code?next={HOME}"
    assert (await browser.get("/account")).location.startswith("/sign-in")
    before = dict(browser.cookies)
    seen = await browser.get("/sign-in/code?next=/pricing")
    assert "/sign-out" not in seen.text
    assert (await browser.post("/sign-in/code", proof="000000", next="/pricing")).status == 422
    assert (await browser.post("/sign-in/code", proof=recovery[0], next="/pricing")).location == "/pricing"
    assert browser.cookies != before
    assert (await browser.get("/account")).status == 200
    browser.cookies = before
    assert (await browser.get("/account")).status == 303


async def test_what_matters_asks_who_one_is_unless_one_has_just_shown_it(site: Api) -> None:
    browser = await somebody(site, "ada@example.com")
    await change(site, Sql("UPDATE sessions SET stepped_up_us = 1"))
    for path in ("codes", "codes/confirm", "codes/end", "recovery"):
        seen = await browser.post(f"/account/security/{path}")
        assert seen.location == "/confirm-identity?next=/account/security", path
    await browser.get("/confirm-identity?next=/account/security")
    assert (await browser.post("/confirm-identity", proof="wrong password", next="")).status == 422
    seen = await browser.post("/confirm-identity", proof=PASSWORD, next="/account/security")
    assert seen.location == "/account/security"
    await browser.get("/account/security")
    await with_codes(browser)


async def test_the_secret_is_shown_until_codes_are_in_force_and_never_after(site: Api) -> None:
    browser = await somebody(site, "ada@example.com")
    _, recovery = await with_codes(browser)
    seen = await browser.get("/account/security")
    assert SECRET.search(seen.text) is None
    assert not any(code in seen.text for code in recovery)
    assert "10 recovery codes are left" in seen.text
    seen = await browser.post("/account/security/recovery")
    assert not set(RECOVERY.findall(seen.text)) & set(recovery)
    assert (await browser.post("/account/security/codes/end")).location == "/account/security"
    assert "Set up codes" in (await browser.get("/account/security")).text


async def test_a_password_is_changed_by_who_knows_it_and_others_are_signed_out(site: Api) -> None:
    browser, other = await somebody(site, "ada@example.com"), Browser(site)
    await other.sign_in("ada@example.com")
    path = "/account/security/password"
    assert (await browser.post(path, old_password="wrong one here", new_password=NEW)).status == 422
    assert (await browser.post(path, old_password=PASSWORD, new_password="short")).status == 422
    before = dict(browser.cookies)
    assert (await browser.post(path, old_password=PASSWORD, new_password=NEW)).location == "/account/security"
    assert (await browser.get("/account")).status == 200
    assert [(await other.get("/account")).status, browser.cookies == before] == [303, False]
    assert (await other.sign_in("ada@example.com", NEW)).location == HOME


async def test_one_ends_ones_own_sessions_and_nobody_elses(site: Api) -> None:
    ada, bob, other = await somebody(site, "ada@example.com"), await somebody(site, "bob@example.com"), Browser(site)
    await other.sign_in("ada@example.com")
    for one in (ada, other):
        assert (await bob.post("/account/security/sessions/end", session=one.session_id)).status == 303
    assert [(await one.get("/account")).status for one in (ada, other)] == [200, 200]
    found = re.findall(r'name="session" value="([0-9a-f]+)"', (await ada.get("/account/security")).text)
    assert len(found) == 1
    await ada.post("/account/security/sessions/end", session=found[0])
    assert [(await one.get("/account")).status for one in (ada, other)] == [200, 303]
