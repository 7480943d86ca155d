"""The site in every other language, in a real browser: whole, for everybody, and on every screen."""

import pytest
from playwright.sync_api import Browser, Page, expect

from apiinone.web.languages import ENGLISH, Languages
from browser.chromium import Theme, arrive, breaches, visit
from browser.test_console import WITHIN_MS, made_key, signed_up
from serving import Served

pytestmark = pytest.mark.slow
OTHERS = tuple(name for name in Languages().names if name != ENGLISH)
PAGES = ("/", "/models", "/models/recraft-v4", "/models/gemini", "/pricing", "/docs", "/docs/reference", "/playground")
OWN = ("/console", "/console/keys", "/usage", "/billing/credits", "/account", "/account/members", "/account/profile")
WIDTHS = (360, 1440)


@pytest.fixture(scope="module")
def state(site: Served, chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("state") / "ada.json"
    with visit(chromium) as page:
        signed_up(page, site, "ada@example.com")
        made_key(page, site, "first")
        page.context.storage_state(path=path)
    return str(path)


def shows_all(page: Page, address: str, language: str) -> None:
    """Opens a page and finds it in this language, as wide as the screen, and with nothing that keeps anybody out."""
    arrive(page, address)
    expect(page.locator("html")).to_have_attribute("lang", language)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert (address, width, beyond) == (address, width, 0)
    assert [f"{address}: {breach}" for breach in breaches(page)] == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", OTHERS)
def test_public_pages_are_for_everybody_in_each_language(
    site: Served, chromium: Browser, language: str, theme: Theme
) -> None:
    with visit(chromium, theme=theme, reduced=True) as page:
        page.set_extra_http_headers({"Accept-Language": language})
        for path in PAGES:
            shows_all(page, site.url + path, language)


@pytest.mark.parametrize("language", OTHERS)
def test_the_console_is_for_everybody_in_each_language(
    site: Served, chromium: Browser, state: str, language: str
) -> None:
    with visit(chromium, state=state, reduced=True) as page:
        for path in OWN:
            shows_all(page, f"{site.url}{path}?lang={language}", language)


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_is_chosen_at_the_foot_of_a_page_without_signing_in(
    site: Served, chromium: Browser, language: str
) -> None:
    with visit(chromium) as page:
        page.goto(site.url + "/models")
        expect(page.locator("html")).to_have_attribute("lang", ENGLISH)
        page.click(f"footer a[hreflang={language}]")
        expect(page.locator("html")).to_have_attribute("lang", language)
        page.click("header a[href='/pricing']")
        expect(page.locator("html")).to_have_attribute("lang", language)


@pytest.mark.parametrize("language", OTHERS)
def test_what_was_filtered_since_the_page_came_is_shown_in_the_other_language(
    site: Served, chromium: Browser, language: str
) -> None:
    with visit(chromium) as page:
        page.goto(f"{site.url}/models?endpoint=videos")
        page.fill("[name=search]", "kling")
        expect(page).to_have_url(f"{site.url}/models?search=kling&endpoint=videos")
        page.click(f"footer a[hreflang={language}]")
        expect(page.locator("html")).to_have_attribute("lang", language)
        expect(page.locator("[name=search]")).to_have_value("kling")
        expect(page.locator("[name=endpoint]")).to_have_value("videos")


@pytest.mark.parametrize("language", OTHERS)
def test_what_the_api_refuses_is_told_in_the_language_of_the_page_and_in_the_apis_own_words(
    site: Served, chromium: Browser, language: str
) -> None:
    words = Languages().words(language).gettext
    with visit(chromium) as page:
        page.goto(f"{site.url}/playground?lang={language}&model=recraft-v4")
        page.fill("[data-console-key]", "aio_test_nobodys")
        page.click("[data-console-run]")
        error = page.locator("[data-console-error]")
        expect(error).to_contain_text(words("The key is missing or is not good."), timeout=WITHIN_MS)
        expect(error.locator("[lang=en]")).to_contain_text("key")
        page.goto(f"{site.url}/usage?lang={language}")
        page.fill("[data-desk-key]", "aio_test_nobodys")
        page.click("[data-desk-form] button")
        expect(page.locator("[data-desk-error]")).to_contain_text(words("The key is missing or is not good."))


@pytest.mark.parametrize("language", OTHERS)
def test_the_playground_speaks_the_language_of_its_page(
    site: Served, chromium: Browser, state: str, language: str
) -> None:
    words = Languages().words(language).gettext
    with visit(chromium, state=state) as page:
        page.goto(f"{site.url}/playground?lang={language}&model=recraft-v4")
        expect(page.locator("[data-console-account]")).to_contain_text(
            words("This is a test key: nothing is spent."), timeout=WITHIN_MS
        )
        page.click("[data-console-run]")
        expect(page.locator("[data-console-result]")).to_contain_text(words("Succeeded"), timeout=WITHIN_MS)
        expect(page.locator("[data-console-result] summary").first).to_have_text(words("Receipt"))
