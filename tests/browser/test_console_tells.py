"""What the console says of prices and runs is so at that moment, whatever comes late, is refused or gets lost."""

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from browser.chromium import visit
from browser.test_console import CREATE, WITHIN_MS, Ada, asked
from serving import Served

pytestmark = pytest.mark.slow
QUOTES, MODEL, TASKS = "**/api/v1/quotes", "**/api/v1/models/kling-3", "**/api/v1/tasks/*"
CHANGED_AT_ONCE = """() => {
    document.getElementById("field-prompt").dispatchEvent(new Event("input", { bubbles: true }));
    return document.querySelector("[data-console-quote]").textContent;
}"""
QUOTE_AFTER_MS = 500


def with_a_price(page: Page, site: Served, key: str) -> None:
    page.goto(f"{site.url}/playground?model=recraft-v4")
    page.fill("[data-console-key]", key)
    page.keyboard.press("Tab")
    expect(page.locator("[data-console-quote]")).to_have_text("10 credits", timeout=WITHIN_MS)


class Held:
    """Requests that wait until they are let go."""

    def __init__(self) -> None:
        self.routes: list[Route] = []

    def __call__(self, route: Route) -> None:
        self.routes.append(route)


def refuse(route: Route) -> None:
    route.abort()


def test_a_price_goes_with_the_change_that_makes_it_another_requests(site: Served, chromium: Browser, ada: Ada) -> None:
    held = Held()
    with visit(chromium) as page:
        with_a_price(page, site, ada.key)
        page.route(QUOTES, held)
        assert page.evaluate(CHANGED_AT_ONCE) == ""
        page.wait_for_timeout(QUOTE_AFTER_MS * 2)
        assert page.evaluate(CHANGED_AT_ONCE) == ""
        held.routes[0].continue_()
        page.wait_for_timeout(QUOTE_AFTER_MS // 2)
        expect(page.locator("[data-console-quote]")).to_have_text("")


def test_while_another_model_comes_nothing_is_priced_and_nothing_can_be_run(
    site: Served, chromium: Browser, ada: Ada
) -> None:
    held = Held()
    with visit(chromium) as page:
        with_a_price(page, site, ada.key)
        page.route(MODEL, held)
        page.select_option("[data-console-models]", "kling-3")
        expect(page.locator("[data-console-quote]")).to_have_text("")
        expect(page.locator("[data-console-run]")).to_be_disabled()
        page.select_option("[data-console-models]", "cogview-4")
        expect(page.locator("[data-console-run]")).to_be_enabled()
        held.routes[0].continue_()
        page.wait_for_timeout(QUOTE_AFTER_MS * 2)
        expect(page.locator("[data-console-models]")).to_have_value("cogview-4")
        expect(page.locator("[data-console-preview]")).to_contain_text("cogview-4")


def test_a_refused_request_is_told_as_one_that_made_nothing(site: Served, chromium: Browser, ada: Ada) -> None:
    with visit(chromium) as page:
        with_a_price(page, site, ada.key)
        page.fill("#field-prompt", "")
        page.click("[data-console-run]")
        expect(page.locator(".field.wrong .why")).to_contain_text("prompt")
        expect(page.locator("[data-console-result]")).to_contain_text("Nothing was made, and nothing is charged.")


@pytest.mark.parametrize(
    ("lost", "said"), [(f"**{CREATE}", "No answer came."), (TASKS, "This run was not followed to its end.")]
)
def test_what_is_not_known_of_a_run_is_left_to_the_usage_page(
    site: Served, chromium: Browser, ada: Ada, lost: str, said: str
) -> None:
    with visit(chromium) as page:
        with_a_price(page, site, ada.key)
        page.route(lost, refuse)
        page.click("[data-console-run]")
        expect(page.locator("[data-console-result]")).to_contain_text(said)
        expect(page.locator("[data-console-result]")).to_contain_text("The usage page tells")


def test_a_good_key_that_is_pasted_takes_the_word_of_the_bad_one_away(
    site: Served, chromium: Browser, ada: Ada
) -> None:
    account = "[data-console-account]"
    with visit(chromium) as page:
        page.goto(f"{site.url}/playground?model=recraft-v4")
        page.fill("[data-console-key]", "aio_test_wrong")
        page.keyboard.press("Tab")
        expect(page.locator(account)).not_to_have_text("The key stays in this tab.")
        page.focus("[data-console-key]")
        page.evaluate(
            """(key) => {
                const field = document.querySelector("[data-console-key]");
                field.dispatchEvent(new ClipboardEvent("paste", { bubbles: true }));
                field.value = key;
                field.dispatchEvent(new Event("input", { bubbles: true }));
            }""",
            ada.key,
        )
        expect(page.locator(account)).to_contain_text("test key")
        expect(page.locator("[data-console-quote]")).to_have_text("10 credits")


def cells(page: Page, rows: str) -> list[list[str]]:
    """The words of each row."""
    return page.locator(rows).evaluate_all("(rows) => rows.map((row) => [...row.cells].map((cell) => cell.innerText))")


def test_lots_and_ledger_read_the_same_with_a_pasted_key_as_signed_in(
    site: Served, chromium: Browser, ada: Ada
) -> None:
    with visit(chromium, state=ada.state) as page:
        task_id = asked(page, site, ada.key)
        page.goto(f"{site.url}/console/tasks/{task_id}")
        expect(page.locator(".outputs img")).to_be_visible(timeout=WITHIN_MS)
        page.goto(f"{site.url}/billing/credits")
        lots, ledger = cells(page, "section:has(#lots) tbody tr"), cells(page, "#entries tbody tr")
    with visit(chromium) as page:
        page.goto(f"{site.url}/billing/credits")
        page.fill("[data-desk-key]", ada.key)
        page.keyboard.press("Enter")
        expect(page.locator("[data-desk-result] table")).to_have_count(2)
        seen = cells(page, "[data-desk-result] tbody tr")
    assert lots
    assert [row for row in ledger if task_id in row]
    assert seen == [*lots, *ledger]
