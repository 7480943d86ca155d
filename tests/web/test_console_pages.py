"""What the console's pages show of tasks and money, what their buttons do, and what their files hold."""

import csv
import io
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from api.served_api import Api, served_api
from apiinone.core.credits import Credits, whole
from apiinone.db import Sql
from apiinone.ledger.history import DayUse
from apiinone.tasks.call_log import LogWanted, read_call_log
from apiinone.web.console import csv_rows, usage_pages
from apiinone.web.console.csv_rows import written
from apiinone.web.console.shell import amount, moments_in, seconds
from apiinone.web.console.spend_chart import HEIGHT, days_until, spend_chart
from apiinone.web.console.statuses import ALL_STATES
from databases import sqlite_url
from web.browsing import Browser, somebody
from web.owning import TASK, made_key, own_delivery, own_key, own_task, run

STATE = Sql("SELECT state, held_micro, captured_micro FROM tasks")
DELIVERY = Sql("SELECT state, due_us FROM deliveries")


@pytest.fixture
async def site(sqlite_path: Path, tmp_path: Path) -> AsyncGenerator[Api]:
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False) as api:
        yield api


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


async def test_cancelling_gives_back_what_was_held_and_an_ended_task_can_be_deleted(site: Api) -> None:
    browser = await somebody(site, "ada@example.com")
    path = f"/console/tasks/{await own_task(browser)}"
    seen = await browser.get(path)
    assert ("hx-get" in seen.text, "Cancel the task" in seen.text, "10 credits are held" in seen.text) == (True,) * 3
    assert (await browser.post(f"{path}/delete")).location == path
    assert "Cancel it first" in (await browser.get(path)).text
    await browser.post(f"{path}/cancel")
    ((state, held, captured),) = await site.rows(STATE)
    assert (state, held, captured) == ("canceled", 10_000_000, 0)
    seen = await browser.get(path)
    assert ("hx-get" in seen.text, "0 credits charged, 10 given back" in seen.text) == (False, True)
    assert "mountain landscape" in seen.text
    await browser.post(f"{path}/delete")
    seen = await browser.get(path)
    assert (seen.status, "mountain landscape" in seen.text) == (200, False)


@pytest.mark.parametrize("role", ["billing", "viewer"])
async def test_who_only_looks_has_no_buttons_and_they_would_not_help(site: Api, role: str) -> None:
    browser = await somebody(site, "ada@example.com")
    path = f"/console/tasks/{await own_task(browser)}"
    await site.change(Sql("UPDATE members SET role = $1"), role)
    seen = await browser.get(path)
    assert (seen.status, "Cancel the task" in seen.text, 'href="/console/keys"' in seen.text) == (200, False, False)
    assert (await browser.post(f"{path}/cancel")).status == 403


async def test_a_task_is_found_in_whichever_mode_the_switch_is(site: Api) -> None:
    browser = await somebody(site, "ada@example.com")
    path = f"/console/tasks/{await own_task(browser)}"
    await browser.post("/account/mode", chosen="live")
    assert (await browser.get(path)).status == 200
    assert (await browser.get(path.replace("_", "_x"))).status == 404


async def test_a_callback_is_sent_anew_once_it_is_asked_for(site: Api) -> None:
    browser = await somebody(site, "ada@example.com")
    delivery_id = await own_delivery(browser)
    assert "Not delivered" in (await browser.get("/console/webhooks?state=failed")).text
    assert "No callback yet" in (await browser.get("/console/webhooks?state=delivered")).text
    assert (await browser.post(f"/console/deliveries/{delivery_id}/redeliver", next="//e.example")).location == (
        "/console/webhooks"
    )
    ((state, due_us),) = await site.rows(DELIVERY)
    assert (state, due_us is not None) == ("waiting", True)


async def test_a_signing_secret_is_shown_when_asked_for_and_a_new_one_takes_its_place(site: Api) -> None:
    browser = await somebody(site, "ada@example.com")
    assert "whsec_" not in (await browser.get("/console/webhooks")).text
    first = await browser.post("/console/webhooks/secret")
    again = await browser.post("/console/webhooks/secret")
    rotated = await browser.post("/console/webhooks/secret/rotate")
    assert [seen.text.count("whsec_") for seen in (first, again, rotated)] == [1, 1, 2]


async def test_the_log_keeps_its_filters_over_its_pages(site: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage_pages, "ROWS", 2)
    browser = await somebody(site, "ada@example.com")
    first, second = await own_key(browser), await own_key(browser)
    made = [(await run(browser, key))[1] for key in (first, second, first, first)]
    ids = [found[0] for found in map(TASK.search, made) if found is not None]
    seen = await browser.get(f"/usage?key={first}")
    assert [one in seen.text for one in ids] == [False, False, True, True]
    assert f"/usage?key={first}&after=" in seen.text
    older = seen.text.split('href="/usage?key=')[-1].split('"')[0]
    seen = await browser.get(f"/usage?key={older}")
    assert [one in seen.text for one in ids] == [True, False, False, False]
    for nothing in ("status=SUCCESS", "model=flux-2", "mode=live", "from=2099-01-01", "to=2020-01-01"):
        seen = await browser.get(f"/usage?{nothing}")
        assert ("Nothing here" in seen.text, seen.status) == (True, 200), nothing
    for wrong in ("from=yesterday", "to=2026-13-01", "model=none", "key=x", "from=0001-01-01", "to=9999-12-31"):
        assert (await browser.get(f"/usage?{wrong}")).status == 422, wrong
    seen = await browser.get("/usage?status=IN_PROGRESS&model=recraft-v4&from=2020-01-01&to=2099-01-01&mode=test")
    assert (seen.status, ids[3] in seen.text) == (200, True)


async def test_an_export_holds_every_line_of_the_account_and_none_of_others(
    site: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (csv_rows, usage_pages):
        monkeypatch.setattr(module, "PAGE_ROWS", 2)
    ada, bob = await somebody(site, "ada@example.com"), await somebody(site, "bob@example.com")
    ids = [await own_task(ada) for _ in range(5)]
    await own_task(bob)
    seen = await ada.get("/usage/export.csv?status=IN_PROGRESS")
    heads, *lines = rows_of(seen.text)
    assert seen.headers["content-type"].startswith("text/csv")
    assert seen.headers["content-disposition"] == 'attachment; filename="usage-test.csv"'
    assert seen.headers["cache-control"] == "private, no-store"
    assert [line[heads.index("task_id")] for line in lines] == ids[::-1]
    assert {line[heads.index("mode")] for line in lines} == {"test"}
    ledger = rows_of((await ada.get("/billing/credits/export.csv")).text)
    assert (len(ledger), ledger[-1][3]) == (1 + 1 + 5, "1000")
    assert (await Browser(site).get("/usage/export.csv")).status == 303


async def test_credits_show_the_balance_the_lots_and_each_entry(site: Api) -> None:
    browser = await somebody(site, "ada@example.com")
    await own_task(browser)
    seen = await browser.get("/billing/credits")
    assert all(text in seen.text for text in ("990", "Held for a task", "daily test credits", "-10", "+1,000"))
    older = await browser.get("/billing/credits?before=2")
    assert ("Held for a task" in older.text, "daily test credits" in older.text) == (False, True)
    assert (await browser.get("/billing/credits?before=x")).status == 200


@pytest.mark.parametrize("path", ["/usage", "/billing/credits"])
async def test_who_is_not_signed_in_can_look_with_a_key_as_before(site: Api, path: str) -> None:
    seen = await Browser(site).get(path)
    assert (seen.status, "data-desk-key" in seen.text, f"/sign-in?next={path}" in seen.text) == (200, True, True)


async def test_the_overview_says_what_to_do_first_until_there_is_something_to_see(site: Api) -> None:
    browser = await somebody(site, "ada@example.com")
    assert "Make your first request" in (await browser.get("/console")).text
    await own_task(browser)
    seen = await browser.get("/console")
    assert ("Make your first request" in seen.text, "990" in seen.text, "recraft-v4" in seen.text) == (
        False,
        True,
        True,
    )


async def test_the_command_on_the_page_of_a_new_key_runs_as_it_stands(site: Api) -> None:
    browser = await somebody(site, "ada@example.com")
    await browser.get("/console/keys/new")
    seen = await browser.post("/console/keys", mode="test", name="x", scopes="generate")
    body = seen.text.split("-d '")[1].split("'</code>")[0]
    key = seen.text.split("Bearer ")[1].split('"')[0]
    answer = await site.ask("POST", "/api/v1/images/generations", key=key, data=body.encode())
    assert answer.status == 200


async def test_a_log_is_read_for_its_owner_alone(site: Api) -> None:
    ada = await somebody(site, "ada@example.com")
    await made_key(ada)
    await own_task(ada)
    found = await site.app.database.read(lambda tx: read_call_log(tx, ("0" * 26, "test"), LogWanted(10, ALL_STATES)))
    assert found == []


def test_what_a_spreadsheet_would_run_is_text_in_an_export() -> None:
    row = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\n=x", "plain", "a=b", 'q"q', -5, None]
    (read,) = rows_of(written([row]).decode())
    assert read == ["'=1+1", "'+1", "'-1", "'@x", "'\tx", "'\rx", "'\n=x", "plain", "a=b", 'q"q', "-5", ""]


def test_a_chart_has_a_bar_for_each_day_on_which_something_was_spent() -> None:
    days = days_until("2026-03-02", 4)
    assert days == ("2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02")
    used = [DayUse(days[0], 3, 1, whole(100)), DayUse(days[2], 1, 0, Credits(1)), DayUse(days[3], 0, 1, Credits(0))]
    chart = spend_chart(used, days)
    assert [bar.height for bar in chart.bars] == [HEIGHT, 0, 2, 0]
    assert [bar.y + bar.height for bar in chart.bars] == [HEIGHT] * 4
    assert (chart.total, chart.success_percent) == (whole(100) + 1, 66)
    assert spend_chart([], days).success_percent is None


def test_figures_are_written_as_people_read_them() -> None:
    assert [amount(micro) for micro in (0, 1_234_500_000, -10_000_000, 1)] == ["0", "1,234.5", "-10", "0.000001"]
    assert [seconds(us) for us in (None, 0, 840_000, 3_290_000, 125_000_000)] == [
        "",
        "0 ms",
        "840 ms",
        "3.2 s",
        "2 min 05 s",
    ]
    assert moments_in("Europe/Berlin")(0) == "1970-01-01 01:00:00"
    assert moments_in("No/Where")(0) == moments_in("../etc")(0) == moments_in("")(0) == "1970-01-01 00:00:00"


@pytest.mark.parametrize(
    ("field", "value", "at"),
    [
        ("url", "", "url"),
        ("url", "https://127.0.0.1/x", "url"),
        ("url", "nowhere", "url"),
        ("url", "https://taken.example.com/", "url"),
        ("name", "n" * 101, "name"),
        ("events", "task.never", "events"),
    ],
)
async def test_an_address_that_cannot_be_called_is_not_registered(site: Api, field: str, value: str, at: str) -> None:
    browser = await somebody(site, "ada@example.com")
    await browser.get("/console/webhooks")
    taken = {"url": "https://taken.example.com/", "name": "taken", "events": "task.failed"}
    assert (await browser.post("/console/webhooks/endpoints", None, **taken)).status == 303
    fields = {"url": "https://hooks.example.com/", "name": "mine", "events": "task.failed", field: value}
    seen = await browser.post("/console/webhooks/endpoints", None, **fields)
    assert (seen.status, f'id="why-{at}"' in seen.text) == (422, True)
    assert "'url'" not in seen.text, "no page calls it so"
    assert len(await site.rows(Sql("SELECT id FROM webhook_endpoints"))) == 1
