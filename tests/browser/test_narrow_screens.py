"""What pages show on every screen: nothing cut off, nothing out of view, in every language that is there."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.chromium import cut_off, visit
from browser.test_console import WITHIN_MS, Ada, asked
from serving import Served

pytestmark = pytest.mark.slow
WIDTHS = (360, 390, 430, 600, 768, 1440)
CUT = "(() => { const name = document.querySelector('.who-name'); return name.scrollWidth > name.clientWidth; })()"
FREE_PX = """(() => {
    const [brand, who] = [".brand span", ".who"].map((one) => document.querySelector(one).getBoundingClientRect());
    return innerWidth < 640 ? who.left - brand.right : 0;
})()"""
"""Between brand and name where the header has two lines; in one line, places of the site stand between them."""
GAP_PX_MAX = 14
SCREEN_PX = 900
BEYOND = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def ended(site: Served, chromium: Browser, ada: Ada) -> str:
    """A task that has ended; its id."""
    with visit(chromium, state=ada.state) as page:
        task_id = asked(page, site, ada.key)
        page.goto(f"{site.url}/console/tasks/{task_id}")
        expect(page.locator(".outputs img")).to_be_visible(timeout=WITHIN_MS)
    return task_id


def is_inside(page: Page, selector: str) -> bool:
    """Whether the first of these lies in the window from side to side."""
    box = page.locator(selector).first.bounding_box()
    size = page.viewport_size
    assert box is not None
    assert size is not None
    return box["x"] >= 0 and box["x"] + box["width"] <= size["width"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_asks_before_a_deletion_opens_inside_the_window(
    site: Served, chromium: Browser, ada: Ada, ended: str, language: str
) -> None:
    with visit(chromium, state=ada.state) as page:
        page.goto(f"{site.url}/console/tasks/{ended}?lang={language}")
        page.click(".ask summary")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert (width, is_inside(page, ".ask form"), page.evaluate(BEYOND)) == (width, True, 0)


@pytest.mark.parametrize("path", ["/pricing", "/console", "/usage", "/billing/credits"])
def test_each_cell_of_prices_tasks_and_ledger_is_read_without_scrolling_sideways(
    site: Served, chromium: Browser, ada: Ada, ended: str, path: str
) -> None:
    del ended
    with visit(chromium, state=ada.state) as page:
        page.goto(site.url + path)
        expect(page.locator(".stacks tbody tr").first).to_be_visible()
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert (width, cut_off(page)) == (width, [])
            rows = page.get_by_role("table").get_by_role("row")
            assert rows.count() == page.locator(".stacks tr").count()
            expect(page.get_by_role("columnheader", name=re.compile("Credits|Held")).first).to_be_attached()


def test_a_name_is_cut_only_where_the_header_has_no_more_room(site: Served, chromium: Browser, ada: Ada) -> None:
    with visit(chromium, state=ada.state) as page:
        page.goto(f"{site.url}/console")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            for name in ("Ada Löwe", "Ada Löwe and everybody who works with her on films and songs"):
                page.evaluate("(name) => { document.querySelector('.who-name').textContent = name; }", name)
                cut = page.evaluate(CUT)
                room = page.evaluate(FREE_PX)
                assert (width, name, cut and room > GAP_PX_MAX, page.evaluate(BEYOND)) == (width, name, False, 0)


def test_the_headline_of_the_status_stands_beside_its_dot(site: Served, chromium: Browser) -> None:
    with visit(chromium) as page:
        page.goto(f"{site.url}/status?lang=es")
        for text in (None, "Algunas cosas no funcionan como deben"):
            page.evaluate("(text) => { if (text) document.querySelector('.state strong').textContent = text; }", text)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                dot, words = (page.locator(f".state {one}").bounding_box() for one in (".dot", "strong"))
                assert dot is not None
                assert words is not None
                assert (width, words["x"] > dot["x"] + dot["width"]) == (width, True)


def test_documents_begin_with_their_text_and_their_places_are_one_click_away(site: Served, chromium: Browser) -> None:
    with visit(chromium, width=390) as page:
        page.goto(f"{site.url}/docs/chat")
        heading = page.locator("h1").bounding_box()
        assert heading is not None
        assert heading["y"] < SCREEN_PX / 2
        places = page.get_by_role("navigation", name="Documentation")
        expect(places).to_have_count(0)
        page.click(".folded-menu summary")
        expect(places).to_have_count(1)
        page.set_viewport_size({"width": 1440, "height": SCREEN_PX})
        expect(places).to_have_count(1)
        expect(page.locator(".folded-menu")).to_be_hidden()


def test_what_copies_an_example_covers_none_of_it(site: Served, chromium: Browser) -> None:
    with visit(chromium, width=390) as page:
        page.goto(f"{site.url}/models/recraft-v4")
        button = page.locator("#example .copy").first.bounding_box()
        code = page.locator("#example code").first.bounding_box()
        assert button is not None
        assert code is not None
        assert button["y"] + button["height"] <= code["y"]
