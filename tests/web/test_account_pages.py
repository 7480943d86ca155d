"""Profile, members, invitations, export and leaving, by the forms of the site."""

import io
import json
import re
import zipfile
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from aiohttp import ClientResponse

from api.served_api import BODY, Api, served_api
from apiinone.db import Sql, Tx
from apiinone.web.moments import browser_name, is_time_zone, moment, time_zones
from apiinone.web.sign_in_pages import HOME
from databases import sqlite_url
from web.browsing import HTML, PASSWORD, Browser, letters, link_in, somebody
from web.buying import bought
from web.owning import made_key, run


@pytest.fixture
async def site(sqlite_path: Path, tmp_path: Path) -> AsyncGenerator[Api]:
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False) as api:
        yield api


@pytest.fixture
async def live_site(sqlite_path: Path, tmp_path: Path) -> AsyncGenerator[Api]:
    """A site where live keys are accepted; no worker sends anything."""
    environ = {"RECRAFT_API_TOKEN": "not-a-token"}
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False, environ=environ) as api:
        yield api


async def change(site: Api, sql: Sql, *values: str) -> None:
    async def work(tx: Tx) -> None:
        await tx.run(sql, *values)

    await site.app.database.transact(work)


async def test_a_profile_is_saved_and_moments_follow_its_time_zone(site: Api) -> None:
    browser = await somebody(site, "ada@example.com")
    path = "/account/profile"
    for wrong in ({"name": " "}, {"language": "xx"}, {"time_zone": "Nowhere/Else"}, {"time_zone": "../etc/passwd"}):
        fields = {"name": "Ada", "language": "", "time_zone": "", **wrong}
        assert (await browser.post(path, None, **fields)).status == 422, wrong
    saved = await browser.post(path, name="Ada L.", language="en", time_zone="Asia/Tokyo")
    assert saved.location == path
    seen = await browser.get(path)
    assert 'value="Ada L."' in seen.text
    assert '<option value="Asia/Tokyo" selected>' in seen.text
    assert " JST" in (await browser.get("/account/security")).text


async def test_an_address_is_changed_by_the_letter_to_the_new_one(site: Api) -> None:
    browser = await somebody(site, "ada@example.com")
    seen = await browser.post("/account/profile/address", email="ada@new.example")
    assert "ada@new.example" in seen.text
    link = await link_in(site)
    reader = Browser(site)
    assert "ada@new.example" in (await reader.get(link)).text
    assert "ada@example.com" in (await browser.get("/account/profile")).text
    token = link.partition("token=")[2]
    assert (await reader.post("/change-address", token=token)).location == "/account/profile"
    assert (await reader.get(link)).status == 410
    assert "ada@new.example" in (await browser.get("/account/profile")).text
    assert [letter.to for letter in await letters(site)] == ["ada@example.com"]


async def test_an_address_is_not_changed_by_a_session_that_was_left_open(site: Api) -> None:
    browser = await somebody(site, "ada@example.com")
    await change(site, Sql("UPDATE sessions SET stepped_up_us = 1"))
    for method, path in (("POST", "/account/profile/address"), ("POST", "/account/leave"), ("GET", "/account/export")):
        seen = await (browser.get(path) if method == "GET" else browser.post(path, email="ada@example.com"))
        assert seen.location.startswith("/confirm-identity?next=/account/"), path
    assert await letters(site) == []


async def test_somebody_is_invited_signs_up_and_is_removed(site: Api) -> None:
    ada = await somebody(site, "ada@example.com")
    for wrong in ({"email": "nobody"}, {"email": "ada@example.com"}):
        assert (await ada.post("/account/members/invite", None, **{"role": "viewer", **wrong})).status == 422
    assert (await ada.post("/account/members/invite", email="x@example.com", role="king")).status == 400
    await ada.post("/account/members/invite", email="Bob@example.com", role="developer")
    link = await link_in(site)
    assert "bob@example.com" in (await ada.get("/account/members")).text
    assert "you are signed in with another address" in (await ada.get(link)).text
    bob = Browser(site)
    seen = await bob.get(link)
    assert ("ada" in seen.text, "Developer" in seen.text, "bob@example.com" in seen.text) == (True, True, True)
    token = link.partition("token=")[2]
    assert (await bob.post("/invitation", token=token, name="Bob", password="short")).status == 422
    assert (await bob.post("/invitation", token=token, name="Bob", password=PASSWORD)).location == HOME
    assert (await bob.get(link)).status == 410
    assert "Developer" in (await bob.get("/account")).text
    members = (await ada.get("/account/members")).text
    (bobs_id,) = re.findall(r'action="/account/members/(\w+)/remove"', members)
    assert (await bob.post("/account/members/invite", email="x@example.com", role="viewer")).status == 403
    bobs_key = await made_key(bob)
    assert (await site.get("/api/v1/me", key=bobs_key)).status == 200
    assert (await ada.post(f"/account/members/{bobs_id}/role", role="viewer")).location == "/account/members"
    assert (await bob.get("/account")).status == 303
    assert (await ada.post(f"/account/members/{bobs_id}/remove")).location == "/account/members"
    assert "bob@example.com" not in (await ada.get("/account/members")).text
    assert await site.app.database.rows(Sql("SELECT 1 FROM keys WHERE revoked_us IS NULL")) == []
    await bob.sign_in("bob@example.com")
    assert "You belong to no account" in (await bob.get("/account")).text
    assert (await bob.get("/account/members")).status == 403


async def test_who_is_known_signs_in_to_join_and_looks_at_the_account_then(site: Api) -> None:
    ada, bob = await somebody(site, "ada@example.com"), await somebody(site, "bob@example.com")
    await ada.post("/account/members/invite", email="bob@example.com", role="viewer")
    link = await link_in(site)
    stranger = Browser(site)
    seen = await stranger.get(link)
    found = re.search(r'href="(/sign-in\?next=[^"]+)"', seen.text)
    assert found is not None
    await stranger.get(found[1])
    back = re.search(r'name="next" value="([^"]+)"', (await stranger.get(found[1])).text)
    assert back is not None
    assert back[1] == link
    token = link.partition("token=")[2]
    await stranger.get(link)
    assert (await stranger.post("/invitation", token=token, name="Bob", password=PASSWORD)).status == 410
    await bob.get(link)
    assert (await bob.post("/invitation/accept", token=token)).location == HOME
    seen = await bob.get("/account")
    assert ("Viewer" in seen.text, seen.text.count("Go there")) == (True, 1)


async def test_a_members_budget_is_set_seen_by_both_and_bounds_what_they_run(live_site: Api) -> None:
    site = live_site
    ada, bob = await somebody(site, "ada@example.com"), Browser(site)
    key_id = (await made_key(ada, mode="live")).split("_")[2]
    await bought(ada)
    await ada.post("/account/members/invite", email="bob@example.com", role="developer")
    token = (await link_in(site)).partition("token=")[2]
    await bob.get(f"/invitation?token={token}")
    await bob.post("/invitation", token=token, name="Bob", password=PASSWORD)
    (person_id,) = re.findall(r'action="/account/members/(\w+)/remove"', (await ada.get("/account/members")).text)
    path = f"/account/members/{person_id}/budgets"
    wrong = await ada.post(path, day="much", month="100")
    assert wrong.status == 422
    assert (f'id="why-day-{person_id}"' in wrong.text, 'value="much"' in wrong.text) == (True, True)
    assert (await ada.post(path, day="15", month="")).location == "/account/members"
    await bob.get("/account/members")
    await ada.get("/account/members")
    assert (await run(bob, key_id))[0] == 200
    status, text = await run(bob, key_id)
    assert (status, json.loads(text)["error"]["type"]) == (402, "budget_exceeded")
    assert (await run(ada, key_id))[0] == 200
    for browser in (ada, bob):
        assert "10 of 15 credits spent today" in (await browser.get("/account/members")).text
    assert path not in (await bob.get("/account/members")).text
    assert (await bob.post(path, day="500")).status == 403
    assert (await ada.post(path, day="", month="")).location == "/account/members"
    assert "credits spent today" not in (await bob.get("/account/members")).text
    assert (await run(bob, key_id))[0] == 200


async def test_the_last_owner_is_told_why_they_cannot_leave(site: Api) -> None:
    ada = await somebody(site, "ada@example.com")
    seen = await ada.post("/account/members/leave")
    assert (seen.status, "has to own the account" in seen.text) == (409, True)


async def test_an_account_is_renamed(site: Api) -> None:
    ada = await somebody(site, "ada@example.com")
    assert (await ada.post("/account/name", name=" ")).status == 422
    await ada.post("/account/name", name="Difference & Engine")
    assert "Difference & Engine" in (await ada.get("/account")).text


async def test_the_export_holds_what_we_hold_and_no_secret(site: Api) -> None:
    browser = await somebody(site, "ada@example.com")
    (row,) = await site.app.database.rows(Sql("SELECT account_id FROM members"))
    tenant = await site.tenant(balance=0)
    await change(site, Sql("UPDATE keys SET account_id = $1, name = 'the laptop'"), row[0])
    await site.task(tenant.key, {**BODY, "prompt": "a canary of mine", "metadata": {"note": "kept"}})
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    answer: ClientResponse
    async with site.session.get(f"{site.url}/account/export", headers={**HTML, "Cookie": cookie}) as answer:
        assert answer.headers["Content-Type"] == "application/zip"
        assert answer.headers["Content-Disposition"].startswith("attachment")
        packed = zipfile.ZipFile(io.BytesIO(await answer.read()))
    person = json.loads(packed.read("person.json"))
    account = json.loads(packed.read(f"account-{row[0]}.json"))
    assert (person["email"], person["accounts"][0][2]) == ("ada@example.com", "owner")
    assert [key["name"] for key in account["keys"]] == ["the laptop"]
    assert account["tasks"][0]["request"]["prompt"] == "a canary of mine"
    assert account["tasks"][0]["metadata"] == {"note": "kept"}
    assert account["entries"]
    whole = b"".join(packed.read(name) for name in packed.namelist())
    assert b"argon2" not in whole
    assert tenant.key.rpartition("_")[2].encode() not in whole


async def test_where_sign_up_is_by_invitation_or_closed_the_page_says_so(sqlite_path: Path, tmp_path: Path) -> None:
    for policy, words in (("invited", "by invitation"), ("closed", "takes no new accounts")):
        async with served_api(sqlite_url(sqlite_path), tmp_path, working=False, sign_up=policy) as site:
            browser = Browser(site)
            assert words in (await browser.get("/sign-up")).text
            await browser.get("/sign-in")
            seen = await browser.post("/sign-up", name="Ada", email="ada@example.com", password=PASSWORD)
            assert seen.status == 403
            assert await letters(site) == []


def test_a_moment_is_shown_in_the_readers_time_zone() -> None:
    at_us = 1_764_000_000_000_000
    assert moment(at_us, "") == "2025-11-24 16:00 UTC"
    assert moment(at_us, "Europe/Berlin") == "2025-11-24 17:00 CET"
    assert moment(at_us, "No/Where") == moment(at_us, "../../etc/passwd") == moment(at_us, "")
    assert "Europe/Berlin" in time_zones()
    assert [is_time_zone(name) for name in ("", "Asia/Tokyo", "x", "/etc/passwd")] == [True, True, False, False]


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari, iPhone"),
        ("curl/8.5.0", "curl"),
        ("something", "something"),
        ("", "?"),
    ],
)
def test_a_browser_is_called_what_people_call_it(agent: str, name: str) -> None:
    assert browser_name(agent) == name


async def test_pages_about_oneself_stand_in_the_consoles_frame(site: Api) -> None:
    ada = await somebody(site, "ada@example.com")
    paths = ("/account", "/account/profile", "/account/security", "/account/members", "/account/leave")
    for path in paths:
        seen = (await ada.get(path)).text
        assert '<nav aria-label="Console">' in seen, path
        assert 'href="/console/keys"' in seen, path
        current = re.findall(r'href="(/[^"]*)" aria-current="page"', seen)
        assert current == ["/account/profile" if path == "/account/leave" else path]
        assert "Nothing here costs money" not in seen
    seen = await ada.post("/account/mode", chosen="live", next="/account/security")
    assert seen.location == "/account/security"

    async def part(tx: Tx) -> None:
        await tx.run(Sql("DELETE FROM members"))

    await site.app.database.transact(part)
    for path in ("/account", "/account/profile", "/account/security"):
        seen = (await ada.get(path)).text
        assert '<nav aria-label="Console">' not in seen, path
        assert 'href="/account/security"' in seen, path
