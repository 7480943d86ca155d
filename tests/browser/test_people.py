"""Somebody makes an account, loses the password, finds it and leaves, in a real browser, with the log for a mailbox."""

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.chromium import breaches, visit
from serving import Served

pytestmark = pytest.mark.slow
EMAIL, PASSWORD, NEW_PASSWORD = "ada@example.com", "correct horse battery", "another horse entirely"
LETTER_WITHIN_S = 20
WIDTHS = (360, 1920)


def link_in_log(site: Served, path: str) -> str:
    """The link of a letter that the log shows."""
    ends_s = time.monotonic() + LETTER_WITHIN_S
    while time.monotonic() < ends_s:
        found = re.search(rf"{re.escape(site.url + path)}\?token=[0-9a-v]+", site.log)
        if found:
            return found[0]
        time.sleep(0.05)
    raise AssertionError(site.log)


def is_for_everybody(page: Page) -> None:
    """Nothing that axe finds in either theme, and no scrolling sideways on the smallest and the widest screen."""
    page.evaluate("document.querySelector('.who')?.setAttribute('open', '')")
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        assert breaches(page) == [], page.url
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert (page.url, width, beyond) == (page.url, width, 0)
    page.set_viewport_size({"width": 1280, "height": 900})


def settings_are_for_everybody(page: Page, site: Served) -> None:
    for path in ("profile", "members", "leave", "security"):
        page.goto(f"{site.url}/account/{path}")
        is_for_everybody(page)
    page.click("text=Set up codes")
    expect(page.locator("svg.qr")).to_be_visible()
    is_for_everybody(page)


def send(page: Page) -> None:
    """Send the page's own form."""
    page.click("form.stack button")


def test_from_an_account_made_to_an_account_left(site: Served, chromium: Browser, tmp_path: Path) -> None:
    del tmp_path
    with visit(chromium) as page:
        page.goto(f"{site.url}/")
        page.click("text=Start")
        page.fill("[name=name]", "Ada & Söhne")
        page.fill("[name=email]", EMAIL)
        page.fill("[name=password]", "ada@example.com")
        send(page)
        expect(page.locator("#why-password")).to_be_visible()
        expect(page.locator("[name=email]")).to_have_value(EMAIL)
        is_for_everybody(page)
        page.fill("[name=password]", PASSWORD)
        send(page)
        expect(page.locator("main")).to_contain_text(EMAIL)
        is_for_everybody(page)
        page.goto(link_in_log(site, "/confirm"))
        is_for_everybody(page)
        page.fill("[name=password]", PASSWORD)
        send(page)
        expect(page.locator("h1")).to_have_text("Ada & Söhne")
        is_for_everybody(page)
        settings_are_for_everybody(page, site)
        page.goto(f"{site.url}/models")
        page.click("header >> text=Console")
        expect(page).to_have_url(f"{site.url}/console")
        page.click(".who summary")
        page.click("text=Sign out >> nth=0")
        expect(page.locator("[role=status]")).to_have_text("You are signed out.")
        page.click("text=Forgot your password?")
        page.fill("[name=email]", EMAIL)
        send(page)
        page.goto(link_in_log(site, "/new-password"))
        is_for_everybody(page)
        page.fill("[name=password]", NEW_PASSWORD)
        send(page)
        page.fill("[name=email]", EMAIL)
        page.fill("[name=password]", NEW_PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Ada & Söhne")
