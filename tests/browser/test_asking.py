"""Pages that ask for parts of themselves: as one types, by themselves, and never against their reader."""

import json
import re
from collections.abc import Generator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Route, expect

from apiinone.catalog.load import load_catalogue
from browser.chromium import breaches, visit
from browser.test_console import WITHIN_MS, Ada, asked, made_key, signed_up
from browser.test_people import is_for_everybody
from serving import Served

pytestmark = pytest.mark.slow
DELAYED = {"X-Test-Scenario": "delay=3"}
ENDLESS = {"X-Test-Scenario": "delay=60"}
KEPT = "JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage)])"
MODELS = len(load_catalogue().entries)
STILL_MS = 6000


@contextmanager
def staying(page: Page, *, failing: bool = False) -> Generator[list[Request]]:
    """The page is not left meanwhile, and its console stays empty unless it is made to fail; what it asked for."""
    page.evaluate("window.here = true")
    seen: list[Request] = []
    said: list[str] = []

    def note(request: Request) -> None:
        seen.append(request)

    def hear(message: ConsoleMessage) -> None:
        said.append(message.text)

    page.on("request", note)
    page.on("console", hear)
    yield seen
    page.remove_listener("request", note)
    page.remove_listener("console", hear)
    assert failing or said == []
    assert page.evaluate("window.here") is True
    assert [one.url for one in seen if one.is_navigation_request()] == []


def titles(page: Page) -> list[str]:
    return page.locator(".card h3").all_text_contents()


def without_script(chromium: Browser, address: str) -> list[str]:
    """What the same address shows to whoever has no scripts."""
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    found = titles(page)
    context.close()
    return found


def test_the_catalogue_answers_as_one_types_with_what_the_address_shows_without_a_script(
    site: Served, chromium: Browser
) -> None:
    with visit(chromium) as page:
        page.goto(f"{site.url}/models")
        search = page.locator("[name=search]")
        with staying(page):
            search.press_sequentially("recraft design", delay=20)
            expect(page.locator(".card")).to_have_count(1)
            expect(page.locator("#told")).to_have_text(f"1 of {MODELS} models, all called the same way.")
            expect(search).to_be_focused()
            expect(search).to_have_value("recraft design")
            expect(page).to_have_url(f"{site.url}/models?search=recraft%20design")
            search.fill("zhipu")
            expect(page).to_have_url(re.compile("search=zhipu$"))
            page.select_option("[name=sort]", "price")
            expect(page).to_have_url(re.compile("search=zhipu&sort=price$"))
        shown = titles(page)
        assert shown
        assert shown == without_script(chromium, page.url)
        with staying(page):
            search.fill("no such thing")
            expect(page.locator(".empty")).to_be_visible()
        assert breaches(page) == []


def test_the_way_back_shows_list_and_filters_as_they_were(site: Served, chromium: Browser) -> None:
    with visit(chromium) as page:
        page.goto(f"{site.url}/models")
        with staying(page):
            page.select_option("[name=output]", "video")
            expect(page).to_have_url(re.compile("output=video$"))
        films = titles(page)
        assert 0 < len(films) < MODELS
        page.click(".card a >> nth=0")
        expect(page).to_have_url(re.compile("/models/[a-z]"))
        page.go_back()
        expect(page.locator("[name=output]")).to_have_value("video")
        assert titles(page) == films
        page.go_back()
        expect(page).to_have_url(f"{site.url}/models")
        expect(page.locator(".card")).to_have_count(MODELS)
        expect(page.locator("[name=output]")).to_have_value("")
        page.go_forward()
        expect(page.locator("[name=output]")).to_have_value("video")
        expect(page.locator(".card")).to_have_count(len(films))


def test_a_search_can_be_sent_and_cleared_with_the_keyboard_alone(site: Served, chromium: Browser) -> None:
    with visit(chromium, reduced=True) as page:
        page.goto(f"{site.url}/models")
        page.focus("[name=search]")
        with staying(page):
            page.keyboard.type("kling")
            page.keyboard.press("Enter")
            expect(page).to_have_url(re.compile("search=kling$"))
            expect(page.locator(".card")).not_to_have_count(MODELS)
            expect(page.locator("[name=search]")).to_be_focused()
            page.keyboard.press("Control+a")
            page.keyboard.press("Delete")
            expect(page.locator(".card")).to_have_count(MODELS)
            expect(page).to_have_url(f"{site.url}/models")


def test_a_running_tasks_page_ends_by_itself_and_stops_asking(site: Served, chromium: Browser, ada: Ada) -> None:
    with visit(chromium, state=ada.state) as page:
        task_id = asked(page, site, ada.key, **DELAYED)
        page.goto(f"{site.url}/console/tasks/{task_id}")
        page.focus("#cancel")
        with staying(page) as requests:
            expect(page.locator("#told")).to_have_text("In progress")
            expect(page.locator(".outputs img")).to_be_visible(timeout=WITHIN_MS)
            expect(page.locator("#told")).to_have_text("Succeeded")
            expect(page.locator("#live")).to_be_focused()
            before = len(requests)
            page.wait_for_timeout(STILL_MS)
            assert [one.url for one in requests[before:]] == []
        is_for_everybody(page)


def test_while_nothing_changes_the_page_is_left_alone(site: Served, chromium: Browser, ada: Ada) -> None:
    with visit(chromium, state=ada.state) as page:
        task_id = asked(page, site, ada.key, **ENDLESS)
        page.goto(f"{site.url}/console/tasks/{task_id}")
        page.focus("#key")
        with staying(page) as requests:
            wait_for_looks(page, requests, 1)
            page.wait_for_timeout(200)
            expect(page.locator("#key")).to_be_focused()
            page.evaluate("document.getElementById('live').left = true")
            wait_for_looks(page, requests, len(requests) + 1)
            page.wait_for_timeout(200)
            assert page.evaluate("document.getElementById('live').left") is True
        page.click("text=Cancel the task")


def wait_for_looks(page: Page, requests: list[Request], count: int) -> None:
    for _ in range(WITHIN_MS // 100):
        if len(requests) >= count:
            return
        page.wait_for_timeout(100)
    raise AssertionError(requests)


def test_the_overview_follows_what_programs_do(site: Served, chromium: Browser, ada: Ada) -> None:
    with visit(chromium, state=ada.state) as page:
        first = asked(page, site, ada.key, **ENDLESS)
        page.goto(f"{site.url}/console")
        held = page.locator("#figures").inner_text()
        with staying(page):
            second = asked(page, site, ada.key, **ENDLESS)
            expect(page.locator("#now")).to_contain_text(second, timeout=WITHIN_MS)
            assert page.locator("#figures").inner_text() != held
        for task_id in (first, second):
            page.goto(f"{site.url}/console/tasks/{task_id}")
            page.click("text=Cancel the task")


def test_the_log_is_filtered_and_paged_without_leaving_it(site: Served, chromium: Browser, ada: Ada) -> None:
    with visit(chromium, state=ada.state) as page:
        for _ in range(52):
            asked(page, site, ada.key)
        page.goto(f"{site.url}/usage")
        rows = page.locator("tbody tr")
        with staying(page):
            expect(rows).to_have_count(50)
            page.locator("text=Older").focus()
            page.keyboard.press("Enter")
            expect(page).to_have_url(re.compile("after="))
            expect(page.locator("#log")).to_be_focused()
            expect(page.locator("text=Newest")).to_be_visible()
            page.focus("[name=status]")
            page.select_option("[name=status]", label="Failed")
            expect(page.locator("#log")).to_contain_text("Nothing here")
            expect(page.locator("#told")).to_have_text("0 rows")
            expect(page.locator("[name=status]")).to_be_focused()
            assert "status=FAILED" in (page.locator("#export").get_attribute("href") or "")
            page.fill("[name=from]", "2026-01-01")
            expect(page).to_have_url(re.compile("from=2026-01-01"))
        is_for_everybody(page)


def test_who_signed_out_elsewhere_is_led_to_the_door_by_the_next_look(site: Served, chromium: Browser) -> None:
    with visit(chromium) as page:
        signed_up(page, site, "mary@example.com")
        key = made_key(page, site, "first")
        task_id = asked(page, site, key, **ENDLESS)
        page.goto(f"{site.url}/console/tasks/{task_id}")
        other = page.context.new_page()
        other.goto(f"{site.url}/usage")
        other.click(".who summary")
        other.click("text=Sign out >> nth=0")
        expect(page).to_have_url(f"{site.url}/sign-in?next=/console/tasks/{task_id}", timeout=WITHIN_MS)
        expect(page.locator("h1")).to_have_count(1)


def test_another_modes_list_does_not_come_into_a_page_of_this_one(site: Served, chromium: Browser) -> None:
    with visit(chromium) as page:
        signed_up(page, site, "grace@example.com")
        page.goto(f"{site.url}/usage")
        other = page.context.new_page()
        other.goto(f"{site.url}/console")
        other.click(".switch >> text=Live")
        page.select_option("[name=status]", label="Failed")
        expect(page.locator(".mode-line")).to_contain_text("Live mode")


@pytest.mark.parametrize(("answer", "said"), [(503, "This cannot be shown now."), (None, "cannot be reached")])
def test_a_look_that_fails_says_so_beside_what_is_there(
    site: Served, chromium: Browser, answer: int | None, said: str
) -> None:
    def fail(route: Route) -> None:
        route.abort() if answer is None else route.fulfill(status=answer, body="<p>no</p>")

    with visit(chromium) as page:
        page.goto(f"{site.url}/models")
        page.route("**/models?*", fail)
        with staying(page, failing=True):
            page.fill("[name=search]", "recraft")
            expect(page.locator("[role=alert]")).to_contain_text(said)
            expect(page.locator(".card")).to_have_count(MODELS)
            assert breaches(page) == []
            page.unroute("**/models?*")
            page.fill("[name=search]", "kling")
            expect(page.locator("[role=alert]")).to_have_count(0)


def test_a_page_without_the_part_is_opened_whole(site: Served, chromium: Browser) -> None:
    def another(route: Route) -> None:
        page_itself = route.request.is_navigation_request()
        route.continue_() if page_itself else route.fulfill(status=200, body="<title>Another</title><p>Other</p>")

    with visit(chromium) as page:
        page.goto(f"{site.url}/models")
        page.route("**/models?*", another)
        with page.expect_navigation():
            page.fill("[name=search]", "recraft")
        expect(page.locator(".card")).to_have_count(MODELS)


def test_nothing_of_an_account_is_kept_in_the_browser(site: Served, chromium: Browser, ada: Ada) -> None:
    with visit(chromium, state=ada.state) as page:
        task_id = asked(page, site, ada.key)
        page.goto(f"{site.url}/usage")
        page.select_option("[name=key]", label="first (test)")
        expect(page).to_have_url(re.compile("key="))
        expect(page.locator("#log")).to_contain_text(task_id)
        assert json.loads(page.evaluate(KEPT)) == [[], []]
        page.go_back()
        expect(page.locator("[name=key]")).to_have_value("")
        for path in ("/console", "/billing/credits", f"/console/tasks/{task_id}", "/models"):
            page.goto(f"{site.url}{path}")
            page.wait_for_load_state()
            assert json.loads(page.evaluate(KEPT)) == [[], []], path
