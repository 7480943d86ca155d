"""With the keyboard alone: in, a key made, a model run, out; where one is can be seen, and nothing holds one fast."""

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from browser.chromium import visit
from browser.test_console import WITHIN_MS, signed_up
from browser.test_people import PASSWORD
from serving import Served

pytestmark = pytest.mark.slow
EMAIL = "grace@example.com"
TABS_MAX = 120
STOPS_MAX = 400
SEEN = """() => {
  const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
  const bar = document.querySelector(".top").getBoundingClientRect();
  const covered = !at.closest(".top, .skip") && box.bottom <= bar.bottom;
  const outlined = at.matches(":focus-visible") && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const onScreen = box.width > 0 && box.bottom > 0 && box.top < innerHeight && !covered;
  return at === document.body || (outlined && onScreen) ? "" : at.outerHTML.slice(0, 200);
}"""
"""Whether the element that keys go to has an outline and stands on the screen; else what it is."""


def is_at(one: Locator) -> bool:
    return one.count() > 0 and bool(one.first.evaluate("at => at === document.activeElement"))


def tab_to(page: Page, one: Locator, key: str = "Tab") -> None:
    """Press Tab until it is there; each stop on the way can be seen."""
    for _ in range(TABS_MAX):
        page.keyboard.press(key)
        assert page.evaluate(SEEN) == "", page.url
        if is_at(one):
            return
    raise AssertionError(f"Tab does not come to {one} on {page.url}")


def follow(page: Page, one: Locator) -> None:
    tab_to(page, one)
    page.keyboard.press("Enter")


def sign_in(page: Page, site: Served) -> None:
    page.goto(f"{site.url}/sign-in")
    expect(page.locator("[name=email]")).to_be_focused()
    page.keyboard.type(EMAIL)
    tab_to(page, page.locator("[name=password]"))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".who > summary")).to_be_visible()


def skip_to_content(page: Page) -> None:
    follow(page, page.locator(".skip"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def open_and_close_the_menu(page: Page) -> None:
    menu = page.locator(".who > summary")
    tab_to(page, menu, "Shift+Tab")
    page.keyboard.press("Enter")
    tab_to(page, page.locator(".who-menu a").first)
    page.keyboard.press("Escape")
    expect(page.locator(".who-menu")).to_be_hidden()
    expect(menu).to_be_focused()
    page.keyboard.press("Enter")
    follow(page, page.locator(".who-menu a[href='/console']"))
    page.wait_for_url("**/console")


def make_a_key(page: Page) -> None:
    follow(page, page.locator("main a[href='/console/keys/new']"))
    page.wait_for_url("**/console/keys/new")
    tab_to(page, page.locator("[name=name]"))
    page.keyboard.type("by keyboard")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Your new key")
    follow(page, page.locator("main a[href='/playground']"))


def run_a_model(page: Page) -> None:
    expect(page.locator("[data-console-keys]")).to_contain_text("by keyboard")
    expect(page.locator("[data-console-quote]")).to_contain_text("credit")
    tab_to(page, page.locator("[data-console-run]"))
    page.keyboard.press("Space")
    result = page.locator("[data-console-result]")
    expect(result.locator("figure").first).to_be_visible(timeout=WITHIN_MS)
    follow(page, result.locator("summary").first)
    expect(result.locator("details[open] pre").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(result.locator("details[open]")).to_have_count(0)


def test_from_signing_in_to_signing_out(site: Served, chromium: Browser) -> None:
    with visit(chromium) as page:
        signed_up(page, site, EMAIL)
    with visit(chromium, reduced=True) as page:
        sign_in(page, site)
        skip_to_content(page)
        open_and_close_the_menu(page)
        make_a_key(page)
        run_a_model(page)
        tab_to(page, page.locator(".skip"))  # past the page's end to its beginning: nothing holds one fast
        follow(page, page.locator(".top a[href='/console']"))
        page.wait_for_url("**/console")
        follow(page, page.locator(".who > summary"))
        follow(page, page.locator(".who-menu form[action='/sign-out'] button"))
        expect(page.locator("[role=status]")).to_contain_text("You are signed out")


@pytest.mark.parametrize(
    "path", ["/", "/models", "/models/recraft-v4", "/pricing", "/docs/reference", "/playground", "/sign-up"]
)
def test_every_stop_can_be_seen_and_the_last_leads_to_the_first(site: Served, chromium: Browser, path: str) -> None:
    with visit(chromium, reduced=True) as page:
        page.goto(site.url + path)
        tab_to(page, page.locator(".skip"))
        for _ in range(STOPS_MAX):
            page.keyboard.press("Tab")
            assert page.evaluate(SEEN) == "", path
            if is_at(page.locator(".skip")):
                return
        raise AssertionError(path)
