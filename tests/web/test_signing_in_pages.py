"""Signing up, in and out by the forms of the site."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from api.served_api import Api, served_api
from apiinone.db import Sql
from apiinone.web.cookies import Cookies
from apiinone.web.forms import local_path
from databases import sqlite_url
from web.browsing import PASSWORD, Browser, letters, link_in, somebody

ATTRIBUTES = ("Path=/", "HttpOnly", "SameSite=Lax")


@pytest.fixture
async def site(sqlite_path: Path, tmp_path: Path) -> AsyncGenerator[Api]:
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False) as api:
        yield api


async def test_from_signing_up_to_signing_out(site: Api) -> None:
    browser = await somebody(site, "ada@example.com")
    seen = await browser.get("/account")
    assert ("ada" in seen.text, "Owner" in seen.text, 'lang="en"' in seen.text) == (True, True, True)
    before = dict(browser.cookies)
    assert (await browser.post("/sign-out")).location == "/sign-in"
    assert "You are signed out." in (await browser.get("/sign-in")).text
    assert "You are signed out." not in (await browser.get("/sign-in")).text
    browser.cookies = before
    assert (await browser.get("/account")).location == "/sign-in?next=/account"


async def test_a_page_one_was_sent_away_from_is_where_one_goes_on(site: Api) -> None:
    await somebody(site, "ada@example.com")
    browser = Browser(site)
    seen = await browser.get((await browser.get("/account")).location)
    assert 'name="next" value="/account"' in seen.text
    signed_in = await browser.post("/sign-in", email="ada@example.com", password=PASSWORD, next="/account?a=1")
    assert signed_in.location == "/account?a=1"
    assert (await browser.get("/sign-in?next=/pricing")).location == "/pricing"


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "/ä", "/a\nb", ""]
)
def test_nobody_is_led_to_another_site(path: str) -> None:
    assert local_path(path, "/account") == "/account"


async def test_what_was_typed_stays_and_what_is_wrong_stands_beside_its_field(site: Api) -> None:
    browser = Browser(site)
    await browser.get("/sign-up")
    seen = await browser.post("/sign-up", name='A "quoted" <name>', email="nobody", password="short but fine")
    assert seen.status == 422
    assert 'value="A "quoted" <name>"' in seen.text  # unescaped by the test's browser, as a real one does
    assert 'id="why-email">This is not an e-mail address.' in seen.text
    assert 'aria-invalid="true"' in seen.text
    assert "short but fine" not in seen.text


async def test_the_answer_to_a_known_and_to_an_unknown_address_is_the_same(site: Api) -> None:
    await somebody(site, "ada@example.com")
    forms: dict[str, dict[str, str]] = {"/sign-up": {"name": "Ada", "password": PASSWORD}, "/forgotten": {}}
    for path, fields in forms.items():
        said: list[str] = []
        for email in ("ada@example.com", "bob@example.com"):
            browser = Browser(site)
            await browser.get(path)
            seen = await browser.post(path, None, **fields, email=email)
            said.append(f"{seen.status} {seen.text.replace(email, 'X')}")
        assert said[0] == said[1], path
    await letters(site)
    said = []
    for email in ("ada@example.com", "nobody@example.com"):
        browser = Browser(site)
        seen = await browser.sign_in(email, "not the password")
        said.append(f"{seen.status} {seen.text.replace(email, 'X').replace(browser.csrf, 'C')}")
    assert said[0] == said[1]


async def test_links_in_letters_lead_to_our_own_address_whatever_the_request_says(
    sqlite_path: Path, tmp_path: Path
) -> None:
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False, public_url="https://one.example/") as site:
        browser = Browser(site)
        await browser.get("/forgotten", Host="evil.example")
        await browser.get("/sign-up", Host="evil.example")
        headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Origin": "https://one.example"}
        seen = await browser.post("/sign-up", headers, name="Ada", email="ada@example.com", password=PASSWORD)
        assert seen.status == 200, seen.text
        (letter,) = await letters(site)
        assert "https://one.example/confirm?token=" in letter.text
        assert "evil" not in letter.text


async def test_opening_a_link_changes_nothing(site: Api) -> None:
    browser = Browser(site)
    await browser.get("/sign-up")
    await browser.post("/sign-up", name="Ada", email="ada@example.com", password=PASSWORD)
    link = await link_in(site)
    for _ in range(2):
        seen = await browser.get(link)
        assert (seen.status, seen.headers["referrer-policy"].endswith("no-referrer")) == (200, True)
    assert (await browser.sign_in("ada@example.com")).status == 200
    assert "Look into your mail" in (await browser.post("/sign-in", email="ada@example.com", password=PASSWORD)).text


async def test_a_forgotten_password_is_replaced(site: Api) -> None:
    elsewhere = await somebody(site, "ada@example.com")
    browser = Browser(site)
    await browser.get("/forgotten")
    await browser.post("/forgotten", email="ada@example.com")
    link = await link_in(site)
    await browser.get(link)
    token = link.partition("token=")[2]
    assert (await browser.post("/new-password", token=token, password="short")).status == 422
    assert (await browser.post("/new-password", token=token, password="a new good one")).location == "/sign-in"
    assert (await browser.get(link)).status == 410
    assert (await elsewhere.get("/account")).status == 303
    assert (await browser.sign_in("ada@example.com", "a new good one")).location == "/console"


async def test_signing_out_everywhere_reaches_every_browser(site: Api) -> None:
    first, second = await somebody(site, "ada@example.com"), Browser(site)
    await second.sign_in("ada@example.com")
    await second.get("/account")
    await second.post("/sign-out/everywhere")
    assert [(await one.get("/account")).status for one in (first, second)] == [303, 303]


async def test_the_session_is_another_after_signing_in_than_before(site: Api) -> None:
    browser = await somebody(site, "ada@example.com")
    before = dict(browser.cookies)
    await browser.get("/account")
    browser.cookies.pop(Cookies(site.url).form, None)
    csrf = browser.csrf
    seen = await browser.post("/sign-in", email="ada@example.com", password=PASSWORD)
    assert seen.location == "/console"
    names = Cookies(site.url)
    assert browser.cookies[names.session] != before[names.session]
    await browser.get("/account")
    assert browser.csrf != csrf
    browser.cookies = before
    assert (await browser.get("/account")).status == 303


async def test_cookies_are_out_of_reach_of_scripts_other_sites_and_plain_http(site: Api) -> None:
    browser = Browser(site)
    lines = [*(await browser.get("/sign-in")).set_cookies]
    await somebody(site, "ada@example.com")
    lines += [*(await browser.sign_in("ada@example.com")).set_cookies]
    assert len(lines) >= 3
    for line in lines:
        assert all(f"; {one}" in line for one in ATTRIBUTES), line
        assert "Domain" not in line
    secure = Cookies("https://one.example")
    for _, value in (secure.begin_session("x"), secure.set_form("x"), secure.set_flash("x"), secure.set_language("en")):
        assert value.startswith(b"__Host-")
        assert b"; Secure" in value
        assert b"; Path=/;" in value


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("https://one.example", True),
        ("http://127.0.0.1:8400", True),
        ("http://[::1]:8400", True),
        ("http://localhost:8400", True),
        ("http://one.example", False),
        ("http://192.0.2.7:8400", False),
    ],
)
def test_nobody_signs_in_over_plain_http_but_on_this_machine(address: str, allowed: bool) -> None:  # noqa: FBT001
    assert Cookies(address).sessions_allowed is allowed


async def test_where_the_address_is_plain_http_the_site_says_so_and_sets_no_session(
    sqlite_path: Path, tmp_path: Path
) -> None:
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False, public_url="http://one.example") as site:
        browser = Browser(site)
        assert "without encryption" in (await browser.get("/sign-in")).text
        browser.cookies = {}
        seen = await browser.post("/sign-in", {"Origin": "http://one.example"}, email="a@b.example", password="x")
        assert seen.status in (200, 403)
        assert not any("session" in line for line in seen.set_cookies)


async def test_too_many_tries_are_told_to_wait(site: Api) -> None:
    browser = Browser(site)
    await browser.get("/sign-in")
    for _ in range(10):
        assert (await browser.post("/sign-in", email="ada@example.com", password="x")).status == 422
    seen = await browser.post("/sign-in", email="ada@example.com", password="x")
    assert (seen.status, int(seen.headers["retry-after"]) > 0) == (429, True)


async def test_one_looks_only_at_accounts_one_belongs_to(site: Api) -> None:
    ada, bob = await somebody(site, "ada@example.com"), await somebody(site, "bob@example.com")
    del ada
    account = await site.app.database.rows(Sql("SELECT id FROM accounts WHERE email = 'ada@example.com'"))
    assert (await bob.post("/account/go-to", chosen=account[0][0])).status == 404
    assert (await bob.post("/account/go-to", chosen="")).status == 404


async def test_the_switch_is_turned_and_says_where_it_stands(site: Api) -> None:
    browser = await somebody(site, "ada@example.com")
    assert "Switch to live mode" in (await browser.get("/account")).text
    assert (await browser.post("/account/mode", chosen="live", next="/account")).location == "/account"
    assert "Switch to test mode" in (await browser.get("/account")).text
    assert (await browser.post("/account/mode", chosen="both")).status == 400


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"x=" + b"a" * 40_000, "application/x-www-form-urlencoded", 413),
        (b"&".join(b"a%d=1" % n for n in range(200)), "application/x-www-form-urlencoded", 400),
        (b"{}", "application/json", 415),
        (b"\xff\xfe", "application/x-www-form-urlencoded", 400),
        (b"email=%00", "application/x-www-form-urlencoded", 400),
        (b"email=%ff", "application/x-www-form-urlencoded", 400),
    ],
)
async def test_a_form_has_limits(site: Api, body: bytes, kind: str, status: int) -> None:
    browser = Browser(site)
    seen = await browser.ask("POST", "/sign-in", headers={"Content-Type": kind}, body=body)
    assert seen.status == status


async def test_a_field_that_a_form_has_not_is_refused(site: Api) -> None:
    browser = Browser(site)
    await browser.get("/sign-in")
    assert (await browser.post("/sign-in", email="a@b.example", password="x", admin="1")).status == 400
