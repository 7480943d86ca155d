"""A page that asks for a part of itself gets it, or its browser is sent elsewhere; no page comes inside another."""

import json
import re
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from api.served_api import Api, served_api
from apiinone.core.clock import US_PER_S
from apiinone.db import Sql
from apiinone.web.console.look_again import SLOWEST_S, look_again_s
from apiinone.web.templates_of_pages import FOLDER
from databases import sqlite_url
from web.browsing import Browser, Seen, somebody
from web.operating import operator
from web.owning import own_task

DRAWN_FOR = re.compile(r'data-drawn-for="([^"]*)"')
CONFIG = re.compile(r"name=\"htmx-config\" content='([^']*)'")
NEEDS_EVAL = re.compile(r"hx-on|hx-vars|\bjs:|javascript:|hx-trigger=\"[^\"(]*\w\[")
"""What of htmx would have it run text as code: handlers, values and conditions of triggers."""
TO = "hx-redirect"
OWN = ("/console", "/usage", "/usage?status=FAILED", "/billing/credits")


@pytest.fixture
async def site(sqlite_path: Path, tmp_path: Path) -> AsyncGenerator[Api]:
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False) as api:
        yield api


async def drawn_for(browser: Browser, path: str) -> str:
    """Whom the page says it was drawn for."""
    found = DRAWN_FOR.search((await browser.get(path)).text)
    assert found is not None
    return found[1]


async def part(browser: Browser, path: str, whose: str) -> Seen:
    """What the page's script gets that asks for it anew."""
    return await browser.get(path, HX_Request="true", X_Drawn_For=whose)


@pytest.mark.parametrize("path", OWN)
async def test_a_page_gets_the_whole_of_itself_to_take_its_part_from(site: Api, path: str) -> None:
    browser = await somebody(site, "ada@example.com")
    whose = await drawn_for(browser, path)
    seen, whole = await part(browser, path, whose), await browser.get(path)
    assert (seen.status, TO in seen.headers, seen.text) == (200, False, whole.text)


@pytest.mark.parametrize("path", OWN)
async def test_whoever_signed_out_elsewhere_is_led_away_by_the_next_look(site: Api, path: str) -> None:
    browser = await somebody(site, "ada@example.com")
    whose = await drawn_for(browser, path)
    await browser.post("/sign-out")
    seen = await part(browser, path, whose)
    assert (seen.status, seen.headers[TO], seen.text) == (200, path, "")


async def test_what_was_drawn_for_another_mode_account_or_language_is_drawn_anew_whole(site: Api) -> None:
    browser, other = await somebody(site, "ada@example.com"), await somebody(site, "bob@example.com")
    whose = await drawn_for(browser, "/usage")
    assert whose != await drawn_for(other, "/usage")
    assert (await part(other, "/usage", whose)).headers[TO] == "/usage"
    assert (await part(browser, "/usage", "")).headers[TO] == "/usage"
    assert TO not in (await part(browser, "/usage", whose)).headers
    await browser.post("/account/mode", chosen="live")
    assert (await part(browser, "/usage?model=x", whose)).headers[TO] == "/usage?model=x"
    whose = await drawn_for(browser, "/usage")
    await site.change(Sql("UPDATE people SET language = 'zh' WHERE email = 'ada@example.com'"))
    assert (await part(browser, "/usage", whose)).headers[TO] == "/usage"


async def test_an_operator_who_has_to_show_a_code_again_is_led_to_it(site: Api) -> None:
    browser = await operator(site, "ada@example.com")
    whose = await drawn_for(browser, "/admin/accounts")
    assert (await part(browser, "/admin/accounts?q=a", whose)).status == 200
    await site.change(Sql("UPDATE sessions SET stepped_up_us = 1"))
    seen = await part(browser, "/admin/accounts?q=a", whose)
    assert (seen.status, seen.headers[TO]) == (200, "/confirm-identity?next=/admin/accounts")


async def test_a_reader_is_led_by_a_redirect_as_ever_and_caches_are_told_what_decides(site: Api) -> None:
    seen = await Browser(site).get("/console")
    assert (seen.status, seen.location, TO in seen.headers) == (303, "/sign-in?next=/console", False)
    assert {"cookie", "hx-request", "x-drawn-for"} <= set(seen.headers["vary"].split(", "))
    assert seen.headers["cache-control"] == "private, no-store"


async def test_an_address_that_is_told_has_nothing_in_it_that_ends_a_header(site: Api) -> None:
    seen = await part(await somebody(site, "ada@example.com"), "/usage?model=%0D%0AX-A:%201", "")
    assert seen.headers[TO] == "/usage?model=%0D%0AX-A:%201"
    assert "x-a" not in seen.headers


async def test_a_running_task_is_looked_at_again_and_an_ended_one_is_not(site: Api) -> None:
    browser = await somebody(site, "ada@example.com")
    path = f"/console/tasks/{await own_task(browser)}"
    seen = await browser.get(path)
    assert (f'hx-get="{path}" hx-trigger="every 2s"' in seen.text, "/static/htmx" in seen.text) == (True, True)
    await browser.post(f"{path}/cancel")
    seen = await browser.get(path)
    assert ("hx-" in seen.text, "/static/htmx" in seen.text) == (False, False)


def test_the_longer_something_takes_the_rarer_its_page_looks() -> None:
    ages_s = (0, 59, 60, 599, 600, 90_000)
    assert [look_again_s(age_s * US_PER_S) for age_s in ages_s] == [2, 2, 5, 5, SLOWEST_S, SLOWEST_S]


@pytest.mark.parametrize("path", ["/", "/docs", "/pricing", "/playground", "/sign-in", "/models/recraft-v4"])
async def test_a_page_that_asks_for_no_part_of_itself_does_not_load_what_asks(site: Api, path: str) -> None:
    seen = await Browser(site).get(path)
    assert (seen.status, "htmx" in seen.text) == (200, False)
    assert "/static/htmx" in (await Browser(site).get("/models")).text


async def test_what_asks_may_run_no_text_as_code_call_nobody_else_and_keep_no_page(site: Api) -> None:
    found = CONFIG.search((await Browser(site).get("/models")).text)
    assert found is not None
    config = json.loads(found[1])
    allowed = (config["allowEval"], config["allowScriptTags"], config["includeIndicatorStyles"])
    assert (allowed, config["selfRequestsOnly"], config["historyCacheSize"]) == ((False, False, False), True, 0)
    written = {path.name: NEEDS_EVAL.findall(path.read_text()) for path in FOLDER.rglob("*.j2")}
    assert {name: found for name, found in written.items() if found} == {}


@pytest.mark.parametrize(
    "source", ['<a hx-on:click="x">', "<a hx-vals='js:{a: 1}'>", '<p hx-trigger="every 2s[document.hidden]">']
)
def test_what_would_need_eval_is_seen(source: str) -> None:
    assert NEEDS_EVAL.search(source)
