"""What members do in the console, in a real browser: one server and one browser for all, one test for each thing."""

import json
import re
import time
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.chromium import visit
from browser.test_people import PASSWORD, is_for_everybody, send
from serving import Served

pytestmark = pytest.mark.slow
KEY = re.compile(r"aio_test_[0-9a-v]{26}_[0-9a-v]{52}")
CREATE = "/api/v1/images/generations"
BODY = {"model": "recraft-v4-text-to-image", "prompt": "A minimalist line art illustration of a mountain landscape"}
WITHIN_MS = 20_000


class Ada(NamedTuple):
    """Somebody with a key, as browsers come back to be her."""

    state: str
    key: str


def signed_up(page: Page, site: Served, email: str) -> None:
    before = links(site)
    page.goto(f"{site.url}/sign-up")
    page.fill("[name=name]", "Ada")
    page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    send(page)
    expect(page.locator("main")).to_contain_text(email)
    page.goto(new_link(site, before))
    page.fill("[name=password]", PASSWORD)
    send(page)


def links(site: Served) -> set[str]:
    """Those of all letters so far."""
    return set(re.findall(rf"{re.escape(site.url)}/confirm\?token=[0-9a-v]+", site.log))


def new_link(site: Served, before: set[str]) -> str:
    """The link of the letter that comes now."""
    ends_s = time.monotonic() + WITHIN_MS / 1000
    while time.monotonic() < ends_s:
        for link in links(site) - before:
            return link
        time.sleep(0.05)
    raise AssertionError(site.log)


def made_key(page: Page, site: Served, name: str) -> str:
    page.goto(f"{site.url}/console/keys/new")
    page.fill("[name=name]", name)
    send(page)
    found = KEY.search(page.content())
    assert found is not None, page.content()
    return found[0]


def asked(page: Page, site: Served, key: str, **headers: str) -> str:
    """A task made by a program with this key; its id."""
    sent = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **headers}
    answer = page.request.post(f"{site.url}{CREATE}", headers=sent, data=json.dumps(BODY))
    assert answer.ok, answer.text()
    return cast("dict[str, Any]", answer.json())["data"]["task_id"]


def test_from_signing_up_to_the_charge_of_a_run_in_the_playground(site: Served, chromium: Browser) -> None:
    with visit(chromium) as page:
        signed_up(page, site, "grace@example.com")
        expect(page.locator("#first")).to_be_visible()
        page.click(".to-do .button >> nth=0")
        page.fill("[name=name]", "playground")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_contain_text("Your new key")
        page.click("text=Open the playground")
        expect(page.locator("[data-console-keys]")).to_have_text("playground (test)")
        expect(page.locator("[data-console-key]")).to_be_hidden()
        page.select_option("[data-console-models]", "recraft-v4")
        expect(page.locator("[data-console-quote]")).to_have_text("10 credits")
        page.click("[data-console-run]")
        expect(page.locator("[data-console-result] figure img")).to_be_visible(timeout=WITHIN_MS)
        page.click("[data-console-result] p a")
        expect(page.locator("main")).to_contain_text("10 credits charged")
        expect(page.locator(".outputs img")).to_be_visible()
        page.goto(f"{site.url}/console")
        expect(page.locator(".figures")).to_contain_text("990")
        expect(page.locator(".bars .bar")).to_have_count(1)
        page.goto(f"{site.url}/billing/credits")
        expect(page.locator("main")).to_contain_text("Charged")


def test_the_log_is_filtered_and_comes_as_a_file(site: Served, chromium: Browser, ada: Ada) -> None:
    with visit(chromium, state=ada.state) as page:
        other = made_key(page, site, "second")
        ids = [asked(page, site, key) for key in (ada.key, other)]
        page.goto(f"{site.url}/usage")
        for task_id in ids:
            expect(page.locator("table")).to_contain_text(task_id)
        page.select_option("[name=key]", label="second (test)")
        page.click("text=Filter")
        expect(page.locator("tbody tr")).to_have_count(1)
        expect(page.locator("table")).to_contain_text(ids[1])
        with page.expect_download() as waited:
            page.click("text=Export CSV")
        assert ids[1] in Path(waited.value.path()).read_text()
        page.select_option("[name=mode]", label="Live")
        page.click("text=Filter")
        expect(page.locator("main")).to_contain_text("Nothing here")


def test_a_key_is_rotated(site: Served, chromium: Browser, ada: Ada) -> None:
    with visit(chromium, state=ada.state) as page:
        old = made_key(page, site, "to be rotated")
        page.click("text=I have copied it")
        page.click("text=to be rotated")
        page.select_option("[name=overlap_s]", label="an hour")
        page.click("text=Rotate the key")
        found = KEY.search(page.content())
        assert found is not None
        for key in (old, found[0]):
            assert asked(page, site, key)


def test_a_task_is_cancelled_and_the_page_follows_it(site: Served, chromium: Browser, ada: Ada) -> None:
    with visit(chromium, state=ada.state) as page:
        slow = asked(page, site, ada.key, **{"X-Test-Scenario": "delay=60"})
        page.goto(f"{site.url}/console/tasks/{slow}")
        expect(page.locator("#live[hx-trigger]")).to_have_count(1)
        page.click("text=Cancel the task")
        expect(page.locator(".flash")).to_be_visible()
        soon = asked(page, site, ada.key, **{"X-Test-Scenario": "delay=2"})
        page.goto(f"{site.url}/console/tasks/{soon}")
        expect(page.locator(".outputs img")).to_be_visible(timeout=WITHIN_MS)


def test_signing_out_everywhere_ends_every_browser(site: Served, chromium: Browser) -> None:
    with visit(chromium) as first:
        signed_up(first, site, "mary@example.com")
        with visit(chromium) as second:
            second.goto(f"{site.url}/sign-in?next=/usage")
            second.fill("[name=email]", "mary@example.com")
            second.fill("[name=password]", PASSWORD)
            send(second)
            expect(second.locator("h1")).to_have_text("Usage")
            second.click(".who summary")
            second.click("text=Sign out on all devices")
            for page in (first, second):
                page.goto(f"{site.url}/console")
                expect(page).to_have_url(re.compile("/sign-in"))


def test_every_page_is_for_everybody(site: Served, chromium: Browser, ada: Ada) -> None:
    with visit(chromium, state=ada.state) as page:
        task_id = asked(page, site, ada.key)
        key_id = ada.key.split("_")[2]
        paths = ["", "/keys", "/keys/new", f"/keys/{key_id}", "/webhooks", f"/tasks/{task_id}"]
        for path in (*(f"/console{one}" for one in paths), "/usage", "/billing/credits", "/playground"):
            page.goto(f"{site.url}{path}")
            is_for_everybody(page)
        page.goto(f"{site.url}/console/keys/new")
        page.fill("[name=budget]", "much")
        send(page)
        expect(page.locator("#why-budget")).to_be_visible()
        is_for_everybody(page)
        page.goto(f"{site.url}/console/webhooks")
        page.click("text=Show the secret")
        is_for_everybody(page)
