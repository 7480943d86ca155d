"""The pages in a real browser: usable by everybody, on every screen, with nothing but a key."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from apiinone.web.pages import FIXED
from browser.chromium import Theme, arrive, breaches, visit
from serving import HOST, Served, environment_for, free_port_now

pytestmark = pytest.mark.slow
DOORS = ("/sign-in", "/sign-up", "/forgotten")
PAGES = (
    *FIXED,
    *("/usage", "/billing/credits"),
    *DOORS,
    "/models/recraft-v4",
    "/models/kling-3",
    "/models/gemini",
    "/docs/chat",
    "/docs/errors",
    "/nothing",
)
WIDTHS = (360, 768, 1280, 1920)
LONG_MS = 60_000


class Site(Served):
    """A server with a test key."""

    key: str = ""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder, port = tmp_path_factory.mktemp("site"), free_port_now()
    environment = environment_for("", folder)
    arguments = ["serve", "--host", HOST, "--port", str(port)]
    served = Site(arguments, port=port, environment=environment, log=folder / "log")
    served.wait_until_ready()
    account = command(environment, "accounts", "create", "--email", "somebody@example.com")["account_id"]
    served.key = command(environment, "keys", "create", "--account", account, "--test")["key"]
    yield served
    served.kill()


def command(environment: Mapping[str, str], *arguments: str) -> dict[str, str]:
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "apiinone", *arguments, "--json"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("path", PAGES)
def test_no_page_keeps_anybody_out(site: Site, chromium: Browser, path: str) -> None:
    themes: tuple[Theme, ...] = ("light", "dark")
    for theme in themes:
        with visit(chromium, theme=theme, reduced=True) as page:
            arrive(page, site.url + path)
            assert [f"{path}: {breach}" for breach in breaches(page)] == []


@pytest.mark.parametrize("path", PAGES)
def test_no_page_scrolls_sideways(site: Site, chromium: Browser, path: str) -> None:
    with visit(chromium) as page:
        arrive(page, site.url + path)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert (width, beyond) == (width, 0)


def test_the_theme_is_chosen_once_and_stays(site: Site, chromium: Browser) -> None:
    with visit(chromium) as page:
        page.goto(site.url + "/")
        before = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.click("[data-theme-switch]")
        page.goto(site.url + "/pricing")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before


def test_a_page_can_be_used_with_the_keyboard_alone(site: Site, chromium: Browser) -> None:
    with visit(chromium) as page:
        page.goto(site.url + "/models/recraft-v4")
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        tabs = page.locator("#example [role=tab]")
        tabs.first.focus()
        page.keyboard.press("ArrowRight")
        expect(tabs.nth(1)).to_be_focused()
        expect(page.locator("#example-python")).to_be_visible()
        expect(page.locator("#example-curl")).to_be_hidden()


def run_model(page: Page, site: Site, path: str) -> None:
    page.goto(site.url + path)
    page.fill("[data-console-key]", site.key)
    page.keyboard.press("Tab")
    expect(page.locator("[data-console-account]")).to_contain_text("test key", timeout=LONG_MS)


def test_a_key_that_is_pasted_while_the_page_still_loads_is_kept(site: Site, chromium: Browser) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    with visit(chromium) as page:
        page.route("**/api/v1/models", hold)
        page.goto(site.url + "/")
        page.fill("[data-console-key]", site.key)
        held[0].continue_()
        expect(page.locator("#field-prompt")).to_be_visible(timeout=LONG_MS)
        page.keyboard.press("Tab")
        expect(page.locator("[data-console-account]")).to_contain_text("test key", timeout=LONG_MS)
        expect(page.locator("[data-console-key]")).to_have_value(site.key)


def test_a_model_is_run_on_its_page_and_the_charge_is_seen(site: Site, chromium: Browser) -> None:
    with visit(chromium) as page:
        run_model(page, site, "/models/recraft-v4")
        expect(page.locator("[data-console-quote]")).to_have_text("10 credits", timeout=LONG_MS)
        page.select_option("#field-model", label="recraft-v4-text-to-vector")
        expect(page.locator("[data-console-quote]")).to_have_text("20 credits", timeout=LONG_MS)
        page.click("[data-console-run]")
        expect(page.locator("[data-console-result] img")).to_be_visible(timeout=LONG_MS)
        expect(page.locator("[data-console-result]")).to_contain_text("Succeeded, 20 credits")
        page.click("[data-console-result] summary >> text=Receipt")
        expect(page.locator("[data-console-result] pre").first).to_contain_text("capture")
        page.goto(site.url + "/usage")
        expect(page.locator("[data-desk-result]")).to_contain_text("recraft-v4")
        page.goto(site.url + "/billing/credits")
        expect(page.locator("[data-desk-result]")).to_contain_text("Charged")


def test_one_request_is_run_on_the_home_page_and_without_a_script_a_link_leads_to_it(
    site: Site, chromium: Browser
) -> None:
    with visit(chromium) as page:
        run_model(page, site, "/")
        expect(page.locator(".try-one [data-console-models]")).to_be_hidden()
        expect(page.locator(".try-one [data-console-quote]")).to_have_text("10 credits", timeout=LONG_MS)
        page.click(".try-one [data-console-run]")
        expect(page.locator("[data-console-result] img")).to_be_visible(timeout=LONG_MS)
        expect(page.locator("[data-console-result]")).to_contain_text("10 credits")
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.url + "/")
    expect(page.locator(".try-one")).to_be_hidden()
    page.click("text=Run it in the playground")
    expect(page).to_have_url(re.compile("/playground"))
    context.close()


def test_a_mistake_is_shown_at_its_field(site: Site, chromium: Browser) -> None:
    with visit(chromium) as page:
        run_model(page, site, "/models/recraft-v4")
        page.fill("#field-prompt", "")
        page.click("[data-console-run]")
        expect(page.locator(".field.wrong .why")).to_contain_text("prompt", timeout=LONG_MS)


def test_chat_streams_into_the_page(site: Site, chromium: Browser) -> None:
    with visit(chromium) as page:
        run_model(page, site, "/models/gemini")
        page.click("[data-console-run]")
        expect(page.locator("[data-console-result]")).to_contain_text("credits", timeout=LONG_MS)
        expect(page.locator("[data-console-result]")).to_contain_text("built-in test provider")


def test_a_request_can_be_shared_by_its_address(site: Site, chromium: Browser, tmp_path: Path) -> None:
    del tmp_path
    with visit(chromium) as page:
        page.goto(site.url + "/playground?model=cogview-4")
        page.fill("#field-prompt", "A boat with a grüner mast")
        page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }")
        page.click("[data-console-share]")
        page.wait_for_function("location.hash.length > 20")
        address = page.url
    with visit(chromium) as page:
        page.goto(address.partition("?")[0] + "#" + address.partition("#")[2])
        expect(page.locator("#field-prompt")).to_have_value("A boat with a grüner mast", timeout=LONG_MS)


def test_a_link_to_a_route_of_the_reference_arrives_at_it_unfolded(site: Site, chromium: Browser) -> None:
    with visit(chromium) as page:
        page.goto(f"{site.url}/docs/reference#time_lyrics")
        expect(page.locator("#time_lyrics")).to_have_attribute("open", "")
        routes = page.locator("details.operation")
        other = routes.first.get_attribute("id")
        page.evaluate("(id) => { location.hash = id; }", other)
        expect(routes.first).to_have_attribute("open", "")


def test_the_reference_shows_code_as_code(site: Site, chromium: Browser) -> None:
    with visit(chromium) as page:
        page.goto(f"{site.url}/docs/reference")
        assert "`" not in (page.locator("article").text_content() or "")
