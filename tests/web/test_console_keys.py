"""Keys by the pages of the console: the same rules as by the commands, in the name of who is signed in."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from api.served_api import Api, served_api
from apiinone.control.key_commands import RevokeKey, RotateKey
from apiinone.core.errors import NotFound
from apiinone.db import Sql
from apiinone.front_desk import desk_of
from databases import sqlite_url
from web.browsing import Browser, somebody
from web.owning import KEY, made_key

ACTIONS = Sql("SELECT actor, action, subject FROM operator_actions ORDER BY id")
PERSON = Sql("SELECT id FROM people WHERE email = $1")
RULES = Sql("SELECT rules, name, mode, expires_us FROM keys")
BUDGETS = Sql("SELECT lineage_id, limit_micro, period FROM budgets")


@pytest.fixture
async def site(sqlite_path: Path, tmp_path: Path) -> AsyncGenerator[Api]:
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False) as api:
        yield api


async def status_of(site: Api, key: str) -> int:
    site.app.callers.__init__(site.app.database, site.app.clock, site.app.secret.key("pepper"))  # nothing is cached
    return (await site.get("/api/v1/me", key)).status


async def test_a_key_works_is_shown_this_once_and_names_who_made_it(site: Api) -> None:
    browser = await somebody(site, "ada@example.com")
    key = await made_key(browser, name="the <web>", budget="12.5", budget_period="day", expires_days="30")
    assert await status_of(site, key) == 200
    for path in ("/console", "/console/keys", f"/console/keys/{key.split('_')[2]}"):
        seen = await browser.get(path)
        assert (seen.status, key in seen.text, key.split("_")[3] in seen.text) == (200, False, False)
    ((budget,), ((person,),)) = await site.rows(BUDGETS), await site.rows(PERSON, "ada@example.com")
    assert tuple(budget[1:]) == (12_500_000, "day")
    assert [tuple(row) for row in await site.rows(ACTIONS)] == [(f"person:{person}", "keys.create", key.split("_")[2])]


async def test_a_keys_rules_are_the_ones_that_the_command_would_write(site: Api) -> None:
    browser = await somebody(site, "ada@example.com")
    await made_key(
        browser,
        mode="live",
        models="recraft-v4",
        endpoints="images",
        ip_ranges="10.0.0.7\n2001:db8::/32",
        requests_per_minute="5",
        open_tasks="2",
    )
    ((rules, name, mode, expires_us),) = await site.rows(RULES)
    assert (name, mode, expires_us) == ("a key", "live", None)
    assert rules == (
        '{"scopes":["generate"],"models":["recraft-v4"],"endpoints":["images"],'
        '"ip_ranges":["10.0.0.7/32","2001:db8::/32"],"requests_per_minute_max":5,"open_tasks_max":2}'
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mode", "both"),
        ("name", "n" * 101),
        ("budget", "-1"),
        ("budget", "many"),
        ("budget_period", "week"),
        ("scopes", "everything"),
        ("expires_days", "0"),
        ("expires_days", "soon"),
        ("models", "no-such-model"),
        ("endpoints", "nowhere"),
        ("ip_ranges", "somewhere"),
        ("requests_per_minute", "0"),
        ("open_tasks", "1.5"),
    ],
)
async def test_what_is_wrong_stands_beside_its_field_and_no_key_is_made(site: Api, field: str, value: str) -> None:
    browser = await somebody(site, "ada@example.com")
    await browser.get("/console/keys/new")
    fields = {"mode": "test", "name": "mine", "scopes": "generate", field: value}
    if field == "budget_period":
        fields["budget"] = "5"
    seen = await browser.post("/console/keys", None, **fields)
    shown_at = "budget" if field == "budget_period" else field
    assert (seen.status, f'id="why-{shown_at}"' in seen.text) == (422, True), seen.text
    assert await site.rows(RULES) == []


async def test_a_rotated_key_goes_on_for_its_overlap_and_shares_its_budget(site: Api) -> None:
    browser = await somebody(site, "ada@example.com")
    old = await made_key(browser, budget="5")
    old_id = old.split("_")[2]
    seen = await browser.post(f"/console/keys/{old_id}/rotate", overlap_s="86400")
    found = KEY.search(seen.text)
    assert found is not None
    assert [await status_of(site, key) for key in (old, found[0])] == [200, 200]
    assert len(await site.rows(BUDGETS)) == 1
    again = await browser.post(f"/console/keys/{old_id}/rotate", overlap_s="0")
    assert again.location == f"/console/keys/{old_id}"
    last = await browser.post(f"/console/keys/{found[1]}/rotate", overlap_s="0")
    newest = KEY.search(last.text)
    assert newest is not None
    assert [await status_of(site, key) for key in (found[0], newest[0])] == [401, 200]


async def test_a_revoked_key_is_refused_and_cannot_be_revoked_again(site: Api) -> None:
    browser = await somebody(site, "ada@example.com")
    key = await made_key(browser)
    path = f"/console/keys/{key.split('_')[2]}/revoke"
    assert (await browser.post(path)).location == "/console/keys"
    assert await status_of(site, key) == 401
    assert (await browser.post(path)).status == 404


async def test_another_accounts_key_is_neither_shown_nor_ended(site: Api) -> None:
    ada, bob = await somebody(site, "ada@example.com"), await somebody(site, "bob@example.com")
    key = await made_key(ada)
    path = f"/console/keys/{key.split('_')[2]}"
    assert [(await bob.get(path)).status, (await bob.post(f"{path}/rotate")).status] == [404, 404]
    assert (await bob.post(f"{path}/revoke")).status == 404
    assert await status_of(site, key) == 200


async def test_the_form_comes_back_as_it_was_filled_in(site: Api) -> None:
    browser = await somebody(site, "ada@example.com")
    await browser.get("/console/keys/new")
    seen = await browser.post("/console/keys", mode="live", name='a "name"', scopes="tasks.read", budget="x")
    assert 'value="a "name""' in seen.text  # unescaped by the test's browser
    assert 'name="mode" value="live" checked' in seen.text
    assert 'value="tasks.read" checked' in seen.text
    assert 'value="generate" checked' not in seen.text


async def test_the_switch_on_a_page_that_only_a_form_leads_to_goes_where_there_is_a_page(site: Api) -> None:
    browser: Browser = await somebody(site, "ada@example.com")
    key = await made_key(browser)
    seen = await browser.post(f"/console/keys/{key.split('_')[2]}/rotate", overlap_s="0")
    assert 'name="next" value="/console/keys"' in seen.text


async def test_a_key_that_must_be_one_accounts_is_touched_for_that_account_alone(site: Api) -> None:
    owner, other, desk = await site.tenant(), await site.tenant(), desk_of(site.app)
    for command in (
        RotateKey(owner.key_id, of_account=other.account_id),
        RevokeKey(owner.key_id, of_account=other.account_id),
        RevokeKey("0" * 26, of_account=other.account_id),
    ):
        with pytest.raises(NotFound):
            await command.run(desk)
    assert await site.rows(ACTIONS) == []
    await RevokeKey(owner.key_id, of_account=owner.account_id).run(desk)
    assert await status_of(site, owner.key) == 401
