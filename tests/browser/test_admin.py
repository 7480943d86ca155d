"""An operator at work in a real browser: every page is for everybody, and what is done by hand is seen to be done."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest
from playwright.sync_api import Browser, Page, expect

from apiinone.web.admin.admin_routes import ADMIN
from browser.chromium import visit
from browser.test_people import EMAIL, PASSWORD, is_for_everybody, link_in_log, send
from browser.test_site import command
from serving import HOST, Served, environment_for, free_port_now

pytestmark = pytest.mark.slow
WHY = "because a test wants it"


class Site(Served):
    """A server with an account that operators look at."""

    account: str = ""
    database: Path


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder, port = tmp_path_factory.mktemp("admin"), free_port_now()
    environment = environment_for("", folder, {"RECRAFT_API_TOKEN": "token-for-tests"})
    served = Site(
        ["serve", "--host", HOST, "--port", str(port)], port=port, environment=environment, log=folder / "log"
    )
    served.wait_until_ready()
    served.account = command(environment, "accounts", "create", "--email", "somebody@example.com")["account_id"]
    command(environment, "keys", "create", "--account", served.account, "--test")
    served.database = next(folder.rglob("apiinone.sqlite"))
    yield served
    served.kill()


def become_operator(site: Site) -> None:
    """As the command line and a code would have it."""
    opened: Any = apsw.Connection(str(site.database))
    with closing(opened) as connection:
        connection.set_busy_timeout(30_000)
        connection.execute("UPDATE people SET operator = 1, totp_confirmed_us = 1, totp_sealed = x'00', totp_step = 1")
        connection.execute("UPDATE sessions SET stepped_up_us = ?", (int(time.time() * 1_000_000),))


def sign_up_as_operator(site: Site, page: Page) -> None:
    """By the forms and the log; before that there is no /admin."""
    page.goto(f"{site.url}/sign-up")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    send(page)
    page.goto(link_in_log(site, "/confirm"))
    page.get_by_label("Password").fill(PASSWORD)
    send(page)
    answered = page.goto(f"{site.url}/admin")
    assert answered is not None
    assert answered.status == 404
    become_operator(site)


def do(page: Page, button: str) -> None:
    """Send the form of this button with a reason."""
    form = page.locator("form", has=page.get_by_role("button", name=button, exact=True))
    form.get_by_label("Reason").fill(WHY)
    form.get_by_role("button", name=button, exact=True).click()


def look_at_an_account(page: Page, site: Site) -> None:
    """And stop; its console names the look."""
    page.goto(f"{site.url}/admin/accounts/{site.account}")
    do(page, "Look at it")
    for path in ("/console", "/usage", "/billing/credits", "/console/keys"):
        page.goto(site.url + path)
        expect(page.get_by_role("region", name="You look at another account")).to_contain_text("somebody@example.com")
        is_for_everybody(page)
    page.goto(f"{site.url}/console")
    expect(page.get_by_role("region", name="Table of looks")).to_contain_text(WHY)
    page.get_by_role("button", name="Stop looking").click()
    expect(page).to_have_url(f"{site.url}/admin/accounts/{site.account}")


def set_a_price(page: Page, site: Site) -> None:
    """And take it back; a model with many amounts is for everybody as well."""
    page.goto(f"{site.url}/admin/models/cogview-4")
    page.get_by_label("credits per image").fill("0.5")
    do(page, "Set the prices")
    expect(page.get_by_role("status")).to_contain_text("Every process follows")
    expect(page.get_by_label("credits per image")).to_have_value("0.5")
    is_for_everybody(page)
    do(page, "As in the catalogue")
    expect(page.get_by_label("credits per image")).to_have_value("4")
    page.goto(f"{site.url}/admin/models/kling-3")
    is_for_everybody(page)


def edges(page: Page, part: str) -> tuple[float, float]:
    """Where a part of the page begins and how wide it is, on a wide screen."""
    page.set_viewport_size({"width": 1440, "height": 900})
    box = page.locator(part).first.bounding_box()
    assert box is not None
    return box["x"], box["width"]


def test_an_operator_looks_after_the_installation(site: Site, chromium: Browser) -> None:
    with visit(chromium, reduced=True) as page:
        sign_up_as_operator(site, page)
        ids = {"account_id": site.account, "model": "recraft-v4", "text": "terms"}
        of_their_own = ("{task_id}", "{order_id}")  # there is none yet
        shown = (one for one in ADMIN if one.method == "GET" and not any(name in one.path for name in of_their_own))
        for route in shown:
            page.goto(site.url + route.path.format(**ids))
            expect(page.get_by_role("navigation", name="Operators")).to_be_visible()
            assert (route.path, edges(page, ".bar"), edges(page, ".columns")) == (
                route.path,
                *[edges(page, ".admin")] * 2,
            )
            is_for_everybody(page)

        page.goto(f"{site.url}/admin/accounts")
        expect(page.locator("tbody tr")).to_have_count(2)
        page.get_by_role("searchbox").press_sequentially("somebody")
        expect(page).to_have_url(f"{site.url}/admin/accounts?q=somebody")
        expect(page.locator("tbody tr")).to_have_count(1)
        page.get_by_role("link", name="somebody@example.com").click()
        page.get_by_label("Credits").fill("12.5")
        do(page, "Change the balance")
        expect(page.get_by_role("status")).to_contain_text("written down with your name")
        expect(page.get_by_role("region", name="Live ledger")).to_contain_text(WHY)
        page.get_by_label("Credits").fill("50000")
        do(page, "Change the balance")
        expect(page.get_by_role("status")).to_contain_text("waits for a second operator")
        page.goto(f"{site.url}/admin/adjustments")
        is_for_everybody(page)
        do(page, "Say so")
        expect(page.locator(".empty")).to_contain_text("Nothing waits")

        set_a_price(page, site)
        page.goto(f"{site.url}/admin/site")
        do(page, "Start draining")
        expect(page.locator(".admin .notice")).to_contain_text("No process accepts new tasks")
        is_for_everybody(page)
        page.goto(f"{site.url}/status")
        expect(page.locator("main")).to_contain_text("accepts no new tasks")
        is_for_everybody(page)
        page.goto(f"{site.url}/admin/site")
        do(page, "Accept tasks again")
        expect(page.locator(".admin .notice")).to_have_count(0)
        page.goto(f"{site.url}/admin/log")
        expect(page.get_by_role("region", name="Audit log")).to_contain_text("switch: on")
        look_at_an_account(page, site)
