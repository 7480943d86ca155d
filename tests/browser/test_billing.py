"""Somebody buys credits in a real browser, at the demo's own shop: declined, 3-D Secure, late, refunded."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.chromium import cut_off, visit
from browser.test_people import PASSWORD, is_for_everybody, link_in_log, send
from serving import PROGRAM, Served, environment_for, free_port_now

pytestmark = pytest.mark.slow
EMAIL = "ada@example.com"
GOOD, DECLINED, CHALLENGE, LATE = "4242424242424242", "4000000000000002", "4000002500003155", "late"
WITHIN_MS = 20_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(folder: Path) -> Iterator[Served]:
    """The demo as anybody starts it; its log is where letters are shown."""
    port = free_port_now()
    (folder / "demo").mkdir()
    log = folder / "demo" / "server.log"
    served = Served(["demo", "--port", str(port)], port=port, environment=environment_for("", folder), log=log)
    served.wait_until_ready()
    yield served
    served.kill()


def signed_up(page: Page, demo: Served) -> None:
    page.goto(f"{demo.url}/sign-up")
    page.fill("[name=name]", "Ada")
    page.fill("[name=email]", EMAIL)
    page.fill("[name=password]", PASSWORD)
    send(page)
    page.goto(link_in_log(demo, "/confirm"))
    page.fill("[name=password]", PASSWORD)
    send(page)


def looks_good(page: Page) -> None:
    is_for_everybody(page)
    page.evaluate("document.querySelector('.who')?.removeAttribute('open')")


def buys(page: Page, demo: Served, offer: str) -> None:
    page.goto(f"{demo.url}/billing/credits")
    page.check(f"[name=offer][value={offer}]")
    page.click("text=Go on to pay")
    expect(page.locator("fieldset legend")).to_have_text("Test card")


def pays(page: Page, card: str) -> None:
    page.check(f"[value='{card}']")
    page.click("button:has-text('Pay')")


def becomes(page: Page, state: str) -> None:
    """The page says so by itself, without being asked again."""
    expect(page.locator("h1 .badge")).to_have_text(state, timeout=WITHIN_MS)


def sent_back(folder: Path, order_id: str) -> None:
    """By the command that operators give."""
    subprocess.run(  # noqa: S603 - our own program
        [sys.executable, *PROGRAM, "orders", "refund", order_id, "--amount-minor", "500", "--reason", "asked for it"],
        env=environment_for("", folder),
        check=True,
        capture_output=True,
    )


def looks_at_the_rest(page: Page, demo: Served) -> None:
    page.goto(f"{demo.url}/billing/credits")
    page.fill("[name=code]", "AAAA-AAAA-AAAA-AAAA")
    page.click("button:has-text('Redeem')")
    expect(page.locator("#why-code")).to_be_visible()
    for path in ("orders", "documents", "plan"):
        page.goto(f"{demo.url}/billing/{path}")
        looks_good(page)
        page.set_viewport_size({"width": 390, "height": 900})
        assert (path, cut_off(page), page.locator(".stacks tbody tr").count() > 0) == (path, [], path != "plan")


def test_buying_from_the_first_card_to_the_refund(demo: Served, chromium: Browser, folder: Path) -> None:
    with visit(chromium) as page:
        signed_up(page, demo)
        page.goto(f"{demo.url}/billing/credits")
        looks_good(page)
        page.check("[value=own]")
        page.fill("[name=amount]", "1")
        page.click("text=Go on to pay")
        expect(page.locator("#why-amount")).to_be_visible()
        looks_good(page)

        buys(page, demo, "studio")
        pays(page, DECLINED)
        expect(page.locator("[role=alert]")).to_contain_text("declined")
        page.click("text=Cancel")
        becomes(page, "Waiting for payment")
        looks_good(page)
        page.click("text=Pay now")
        pays(page, CHALLENGE)
        page.click("text=Confirm")
        becomes(page, "Paid")
        expect(page.locator("#stands")).to_have_text("5,250 credits are yours")
        looks_good(page)

        page.click(".papers a")
        expect(page.locator(".paper")).to_contain_text("50.00 USD")
        looks_good(page)
        with page.expect_download() as waited:
            page.click("text=Download PDF")
        assert Path(waited.value.path()).read_bytes().startswith(b"%PDF")

        buys(page, demo, "starter")
        pays(page, LATE)
        becomes(page, "Waiting for payment")
        becomes(page, "Paid")
        sent_back(folder, page.url.rpartition("/")[2])
        page.reload()
        expect(page.locator("#stands + p")).to_contain_text("5.00 USD of it went back", timeout=WITHIN_MS)
        expect(page.locator(".papers")).to_contain_text("Credit note C-000001")
        looks_at_the_rest(page, demo)
