"""Prices of the list set while the product runs: everything that shows or asks a price follows, and nothing else does.

`test_pages_cannot_lie.py` does the same with the overlay's files, before the server starts.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

import pytest

from api.served_api import CREATE, Api, Tenant, served_api
from apiinone.catalog.set_prices import CREDITS_MAX, Priced
from apiinone.control.price_commands import SetListPrices
from apiinone.core.credits import whole
from apiinone.core.errors import BadRequest, NotFound
from apiinone.db import Sql
from apiinone.front_desk import desk_of
from databases import sqlite_url
from scenarios.test_credentials import nothing, within
from web.browsing import Browser, somebody
from web.operating import operator
from web.test_pages_cannot_lie import read

MODEL, PAGE = "cogview-4", "/admin/models/cogview-4"
LISTED, SET = 4, 7
PICTURE: Mapping[str, Any] = {"model": MODEL, "prompt": "A quiet harbour"}
CHAT = {"model": "gemini", "messages": [{"role": "user", "content": "Say something about the sea."}]}
RECRAFT, LOSSY = "recraft-v4-text-to-image", "hunyuan-image-3"
WHY = "the vendor asks for more"
WITHIN_S = 1.0
ACTIONS = Sql("SELECT actor, action, subject, reason FROM operator_actions ORDER BY id")
ROWS = Sql("SELECT model, operation, figure, amount_micro, below_cost FROM list_prices ORDER BY model, figure")
PUT = Sql("INSERT INTO list_prices VALUES ($1, '', $2, $3, 0, 1)")


async def put(api: Api, figures: Mapping[str, int | None], model: str = MODEL, **more: Any) -> None:
    await SetListPrices(model, dict(figures), WHY, **more).run(desk_of(api.app))


async def quoted(api: Api, tenant: Tenant, body: Mapping[str, Any] = PICTURE) -> Any:
    return (await api.ask("POST", "/api/v1/quotes", key=tenant.key, body=dict(body))).data


async def paid(api: Api, tenant: Tenant, body: Mapping[str, Any] = PICTURE) -> tuple[Any, Any, Any]:
    """What a quote, the hold and the capture say, in credits."""
    quote = await quoted(api, tenant, body)
    made = (await api.ask("POST", CREATE, key=tenant.key, body={**body, "quote_id": quote["quote_id"]})).data
    ended = await api.ended(tenant.key, made["task_id"])
    receipt = (await api.get(f"/api/v1/tasks/{made['task_id']}/receipt", key=tenant.key)).data
    assert receipt["quote"]["price_version"] == quote["price_version"] == api.app.catalogue.version
    return quote["credits"], receipt["hold"]["credits"], ended["consumed_credits"]


async def save(browser: Browser, amount: str, seen: int = LISTED, **more: str) -> Any:
    fields = {"model": MODEL, "figure": "fixed", "seen": str(seen), "credits": amount, "reason": WHY, **more}
    return await browser.post(f"{PAGE}/price", None, **fields)


def first_after(text: str, marker: str, pattern: str) -> str:
    """The first text of this form behind a marker."""
    found = re.search(pattern, text.partition(marker)[2])
    assert found is not None, (marker, pattern)
    return found[1]


async def everything_says(api: Api, price: int, position: int) -> None:
    """Page, text, lists, machines' text, schema's neighbours, panel: all of them, at this price."""
    dollars, link = f"${price / 100:.2f}", f"/models/{MODEL}"
    for path in (link, f"{link}.md"):
        page = await read(api, path)
        assert f"{price} credits per image ({dollars})" in page, path
        assert f"{LISTED + SET - price} credits per image" not in page, path
    assert f"{price} créditos" in await read(api, f"{link}?lang=es")
    assert f"{position}/11" in await read(api, link)
    assert first_after(await read(api, "/pricing"), link, r"(\$0\.\d\d)") == dollars
    assert first_after(await read(api, "/llms.txt"), link, r"(\$0\.\d\d)") == dollars
    for path in ("/models", "/models?search=cogview", "/"):
        assert first_after(await read(api, path), link, r"(\d+) credits") == str(price), path
    page = (await api.get(f"/api/v1/models/{MODEL}")).data
    assert page["prices"]["text"] == f"{price} credits per image ({dollars})"
    assert [page["prices"][name] for name in ("base", "low", "high")] == [price] * 3
    assert [page["sub_models"][0][name] for name in ("low", "high")] == [price] * 2
    assert (page["panel"]["position"], page["routes"][0]["low"]) == (position, price)
    listed = {one["id"]: one["prices"]["base"] for one in (await api.get("/api/v1/models")).data}
    assert listed[MODEL] == price
    panel = (await api.get("/api/v1/models/recraft-v4")).data["panel"]
    assert {one["id"]: one["base"] for one in panel["peers"]}[MODEL] == price


@pytest.mark.parametrize("language", ["en", "es", "zh"])
async def test_a_price_set_on_the_page_shows_and_counts_everywhere_in_a_running_server(
    database_url: str, tmp_path: Path, language: str
) -> None:
    async with served_api(database_url, tmp_path) as api:
        ada, tenant = await operator(api, "ada@example.com"), await api.tenant()
        await everything_says(api, LISTED, 1)
        assert await paid(api, tenant) == (LISTED,) * 3
        shown = (await ada.get(f"{PAGE}?lang={language}")).text
        assert re.search(r'name="credits"[^>]* placeholder="4" value="4"', shown)
        assert "wavespeed z-ai/cogview-4" in shown, "the dearest offer stands beside it"
        done = await save(ada, str(SET))
        assert (done.status, done.location) == (303, PAGE)
        await everything_says(api, SET, 4)
        assert await paid(api, tenant) == (SET,) * 3
        shown = (await ada.get(f"{PAGE}?lang={language}")).text
        assert re.search(r'name="credits"[^>]* placeholder="4" value="7"', shown)
        assert (await save(ada, str(SET), SET, back="yes")).status == 303
        await everything_says(api, LISTED, 1)
        assert await paid(api, tenant) == (LISTED,) * 3
        assert await api.rows(ROWS) == []
        await api.assert_sound()


async def test_schema_and_document_tell_the_price_of_the_moment(sqlite_path: Path, tmp_path: Path) -> None:
    """Where a model has several versions, its schema says what each costs; the document holds every schema."""
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False) as api:
        before, after = f"{RECRAFT} (10 credits)", f"{RECRAFT} (11 credits)"

        async def told() -> list[str]:
            schema = (await api.get("/api/v1/models/recraft-v4/schema")).json["properties"]["model"]["description"]
            return [schema, json.dumps((await api.get("/openapi.json")).json), await read(api, "/docs/reference")]

        assert [before in text for text in (await told())[:2]] == [True, True]
        await put(api, {"fixed": whole(11)}, RECRAFT)
        for text in await told():
            assert before not in text
        assert [after in text for text in (await told())[:2]] == [True, True]


async def test_a_chat_is_held_and_charged_at_rates_that_are_set(database_url: str, tmp_path: Path) -> None:
    async with served_api(database_url, tmp_path) as api:
        ada = await api.tenant()

        async def said() -> tuple[Decimal, Decimal, Any]:
            quote = await quoted(api, ada, CHAT)
            answer = (await api.ask("POST", "/api/v1/chat/completions", key=ada.key, body=CHAT)).json
            return Decimal(str(quote["credits"])), Decimal(str(answer["credits_consumed"])), answer["usage"]

        held, charged, usage = await said()
        names = {"tokens.input_per_million": whole(180), "tokens.output_per_million": whole(900)}
        await put(api, {**names, "tokens.hold": whole(1)}, "gemini")
        held_after, charged_after, usage_after = await said()
        assert usage_after == usage
        assert 0 <= charged * 2 - charged_after <= Decimal("0.000002")
        assert held == 5, "the least that is held; the answer can cost less"
        assert 1 < held_after < 5
        assert "1 credit" in await read(api, "/models/gemini")
        await api.assert_sound()


async def test_what_was_accepted_stays_at_its_price_and_a_quote_of_before_is_refused(
    database_url: str, tmp_path: Path
) -> None:
    async with served_api(database_url, tmp_path) as api:
        ada = await api.tenant()
        quote, version = await quoted(api, ada), api.app.catalogue.version
        waits = {"X-Test-Scenario": "delay=1"}
        made = (await api.ask("POST", CREATE, key=ada.key, body=dict(PICTURE), headers=waits)).data
        await put(api, {"fixed": whole(SET)})
        body = {**PICTURE, "quote_id": quote["quote_id"]}
        got = await api.ask("POST", CREATE, key=ada.key, body=body)
        assert got.refused[:2] == (409, "conflict")
        assert "prices have changed since this quote" in got.error["message"]
        assert (await api.ended(ada.key, made["task_id"]))["consumed_credits"] == LISTED
        receipt = (await api.get(f"/api/v1/tasks/{made['task_id']}/receipt", key=ada.key)).data
        assert receipt["quote"]["price_version"] == version
        await put(api, {"fixed": None})
        again = (await api.ask("POST", CREATE, key=ada.key, body=body)).data
        assert again["credits"] == LISTED, "the price list is again the one that it was given for"
        await api.assert_sound()


async def test_a_price_that_changes_while_a_request_is_read_leaves_it_one_price_and_the_version_of_that(
    database_url: str, tmp_path: Path
) -> None:
    """Else a quote of the new list could be spent at a price of the old one."""
    async with served_api(database_url, tmp_path) as api:
        ada, version = await api.tenant(), api.app.catalogue.version

        async def meanwhile(*_: object) -> dict[str, object]:
            await put(api, {"fixed": whole(SET)})
            return {}

        with patch("apiinone.api.creation.own_references", meanwhile):
            made = (await api.create(ada.key, PICTURE)).data
        assert api.app.catalogue.version != version
        receipt = (await api.get(f"/api/v1/tasks/{made['task_id']}/receipt", key=ada.key)).data
        assert (receipt["hold"]["credits"], receipt["quote"]["price_version"]) == (LISTED, version)
        await put(api, {"fixed": None})
        with patch("apiinone.api.creation.own_references", meanwhile):
            quote = await quoted(api, ada)
        assert (quote["credits"], quote["price_version"]) == (LISTED, version)


async def test_every_process_follows_within_a_second_and_each_task_has_one_price(
    postgres_url: str, tmp_path: Path
) -> None:
    """The other one still asks the old price for that long; what it holds is what it charges."""
    async with served_api(postgres_url, tmp_path) as here, served_api(postgres_url, tmp_path, working=False) as there:
        ada = await here.tenant()

        async def follows() -> bool:
            return there.app.catalogue.version == here.app.catalogue.version

        await put(here, {"fixed": whole(SET)})
        made = (await there.create(ada.key, PICTURE)).data
        assert made["credits"] in (LISTED, SET)
        assert (await here.ended(ada.key, made["task_id"]))["consumed_credits"] == made["credits"]
        await within(WITHIN_S, follows)
        assert (await quoted(there, ada))["credits"] == SET
        for api in (here, there):
            await everything_says(api, SET, 4)
        assert await paid(here, ada) == (SET,) * 3
        await here.assert_sound()


async def test_a_price_set_by_another_process_counts_within_a_second(database_url: str, tmp_path: Path) -> None:
    async with served_api(database_url, tmp_path, working=False) as api:
        desk = replace(desk_of(api.app), reread_switches=nothing)
        await SetListPrices(MODEL, {"fixed": whole(SET)}, WHY).run(desk)

        async def shown() -> bool:
            return (await api.get(f"/api/v1/models/{MODEL}")).data["prices"]["base"] == SET

        await within(WITHIN_S, shown)


async def test_a_set_price_is_there_after_a_restart_before_the_first_request(database_url: str, tmp_path: Path) -> None:
    async with served_api(database_url, tmp_path, working=False) as api:
        await put(api, {"fixed": whole(SET)})
        version = api.app.catalogue.version
    async with served_api(database_url, tmp_path, working=False) as api:
        assert api.app.catalogue.version == version
        await everything_says(api, SET, 4)


async def test_below_cost_is_refused_unless_the_operator_says_that_it_is_meant(
    database_url: str, tmp_path: Path
) -> None:
    async with served_api(database_url, tmp_path, working=False) as api:
        ada = await operator(api, "ada@example.com")
        page = f"/admin/models/{LOSSY}"
        shown = (await ada.get(page)).text
        assert "dearest offer 12 (wavespeed" in shown
        fields = {"model": LOSSY, "figure": "fixed", "seen": "25", "credits": "11", "reason": WHY}
        seen = await ada.post(f"{page}/price", None, **fields)
        assert (seen.status, "would sell below its cost" in seen.text) == (422, True)
        assert 'value="11"' in seen.text, "what was sent is kept"
        assert await api.rows(ROWS) == []
        assert api.app.catalogue is api.app.running.listed
        assert (await ada.post(f"{page}/price", None, **{**fields, "credits": "12"})).status == 303, (
            "it covers the cost"
        )
        assert [tuple(row)[3:] for row in await api.rows(ROWS)] == [(whole(12), 0)]
        fields |= {"seen": "12", "below_cost": "yes"}
        assert (await ada.post(f"{page}/price", None, **fields)).status == 303
        assert [tuple(row)[3:] for row in await api.rows(ROWS)] == [(whole(11), 1)]
        assert (await ada.post(f"{page}/price", None, **{**fields, "seen": "11", "credits": "13"})).status == 303
        assert [tuple(row)[3:] for row in await api.rows(ROWS)] == [(whole(13), 0)], "what was not needed is not kept"


async def test_each_change_is_written_down_with_who_why_before_and_after(database_url: str, tmp_path: Path) -> None:
    async with served_api(database_url, tmp_path, working=False) as api:
        ada = await operator(api, "ada@example.com")
        await ada.get(PAGE)
        await save(ada, "7.5")
        await save(ada, "8", seen=0)
        await save(ada, "", seen=8)
        await put(api, {"fixed": whole(11)}, LOSSY, below_cost=True)
        await put(api, {"fixed": whole(3)}, "suno", operation="music/timestamped-lyrics")
        assert [tuple(row) for row in await api.rows(ACTIONS)] == [
            (ada.id, "price: fixed from 4 credits (catalogue) to 7.5 credits", MODEL, WHY),
            (ada.id, "price: fixed from 7.5 credits to 8 credits", MODEL, WHY),
            (ada.id, "price: fixed from 8 credits to 4 credits (catalogue)", MODEL, WHY),
            ("operator", "price: fixed from 25 credits (catalogue) to 11 credits, below cost", LOSSY, WHY),
            ("operator", "price: fixed from 2 credits (catalogue) to 3 credits", "suno music/timestamped-lyrics", WHY),
        ]
        log = (await ada.get("/admin/log")).text.partition("<main")[2]
        assert "price: fixed from 4 credits (catalogue) to 7.5 credits" in log
        assert "ada@example.com" in log
        assert WHY in log


async def test_only_what_was_changed_on_a_page_is_set(sqlite_path: Path, tmp_path: Path) -> None:
    """A page that was open while another operator set a price does not undo it."""
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False) as api:
        ada = await operator(api, "ada@example.com")
        page = "/admin/models/flux-2"
        shown = (await ada.get(page)).text
        figures = re.findall(r'name="figure" value="([^"]+)"', shown)
        values = re.findall(r'name="seen" value="([^"]+)"', shown)
        assert values == ["5", "7", "14", "24"]
        await put(api, {figures[1]: whole(9)}, "flux-2")
        fields = [("csrf", ada.csrf), ("model", "flux-2"), ("operation", ""), ("reason", WHY)]
        for name, value in zip(figures, values, strict=True):
            fields += [("figure", name), ("seen", value), ("credits", "6" if value == "5" else value)]
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": api.url}
        done = await ada.ask("POST", f"{page}/price", headers=headers, body=urlencode(fields).encode())
        assert done.status == 303
        assert {row[2]: row[3] for row in await api.rows(ROWS)} == {figures[0]: whole(6), figures[1]: whole(9)}


async def test_who_is_no_operator_sets_no_price(sqlite_path: Path, tmp_path: Path) -> None:
    """Whatever their role in an account; and an operator must have shown a code, from a page of ours."""
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False) as api:
        for role in ("viewer", "developer", "billing", "admin", "owner"):
            member = await somebody(api, f"{role}@example.com", role=role)  # pyright: ignore[reportArgumentType] - each
            await member.get("/account")
            assert (await member.get(PAGE)).status == 404
            assert (await save(member, str(SET))).status == 404, role
            assert (await member.post("/admin/unfit-prices", model=MODEL, reason=WHY)).status == 404
        assert (await save(Browser(api), str(SET))).status == 404
        ada = await operator(api, "ada@example.com")
        await ada.get(PAGE)
        assert (await save(ada, str(SET), csrf="0" * 64)).status == 403
        await api.change(Sql("UPDATE sessions SET stepped_up_us = 1 WHERE person_id = $1"), ada.id)
        assert (await save(ada, str(SET))).location.startswith("/confirm-identity")
        assert await api.rows(ROWS) == []
        assert await api.rows(ACTIONS) == []


async def test_what_is_no_price_or_has_no_reason_is_refused(sqlite_path: Path, tmp_path: Path) -> None:
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False) as api:
        ada = await operator(api, "ada@example.com")
        await ada.get(PAGE)
        for wrong in ("0", "-1", "1e3", "x", "1.0000001", "4", "1000001", "7,5"):
            seen = await save(ada, wrong, seen=5 if wrong == "4" else LISTED)
            assert seen.status == 422, wrong
            assert f'value="{wrong}"' in seen.text
        assert (await save(ada, str(SET), reason=" ")).status == 422
        assert (await save(ada, str(SET), model="flux-2")).status == 422
        assert (await save(ada, str(SET), figure="no-such-figure")).status == 404
        for model, figures in (
            ("recraft-v4", {"fixed": whole(11)}),
            (MODEL, {}),
            (MODEL, {"fixed": 0}),
            (MODEL, {"fixed": CREDITS_MAX + 1}),
        ):
            with pytest.raises(BadRequest):
                await put(api, figures, model)
        for model, figure in (("no-such-model", "fixed"), (MODEL, "tokens.hold")):
            with pytest.raises(NotFound):
                await put(api, {figure: whole(9)}, model)
        assert await api.rows(ROWS) == []
        assert await api.rows(ACTIONS) == []


async def test_a_row_that_fits_nothing_is_shown_and_not_used_until_it_is_taken_back(
    database_url: str, tmp_path: Path
) -> None:
    """As after an upgrade: the model is gone, or has another rule now."""
    async with served_api(database_url, tmp_path, working=False) as api:
        await put(api, {"fixed": whole(SET)})
    rows = (("no-such-model", "fixed"), (MODEL, "per_second(seconds).fixed"))
    async with served_api(database_url, tmp_path, working=False) as api:
        for model, figure in rows:
            await api.change(PUT, model, figure, whole(9))
    async with served_api(database_url, tmp_path) as api:
        await everything_says(api, SET, 4)
        assert await paid(api, await api.tenant()) == (SET,) * 3
        unfit = [(one.priced, one.figure) for one in api.app.running.unfit]
        assert unfit == [(Priced(model), figure) for model, figure in reversed(rows)]
        ada = await operator(api, "ada@example.com")
        assert "Set prices that are not used" in (await ada.get("/admin")).text
        shown = (await ada.get("/admin/models")).text
        for model, figure in rows:
            assert f"<code>{figure}</code>" in shown
            sent = {"model": model, "operation": "", "figure": figure, "seen": "", "credits": ""}
            assert (await ada.post("/admin/unfit-prices", None, **sent, reason=" ")).status == 422
            assert (await ada.post("/admin/unfit-prices", None, **sent, reason=WHY)).status == 303
        assert api.app.running.unfit == ()
        assert "Set prices that are not used" not in (await ada.get("/admin")).text
        assert [tuple(row)[:4] for row in await api.rows(ROWS)] == [(MODEL, "", "fixed", whole(SET))]
        assert [row[1] for row in await api.rows(ACTIONS)][1:] == [
            "price: fixed from 9 credits to nothing (not in the catalogue)",
            "price: per_second(seconds).fixed from 9 credits to nothing (not in the catalogue)",
        ]


async def test_an_offers_priority_is_a_field_that_goes_back_to_the_catalogues(
    database_url: str, tmp_path: Path
) -> None:
    """What routing makes of it stands in `test_switches.py`."""
    async with served_api(database_url, tmp_path, working=False) as api:
        ada = await operator(api, "ada@example.com")
        await ada.get(PAGE)
        fields = {"sub_model": MODEL, "provider": "wavespeed", "upstream_model": "z-ai/cogview-4", "orders": "on"}

        async def first() -> str:
            text = (await ada.get(PAGE)).text
            return first_after(text, '<div class="offer">', r"<strong>(\w+)</strong>")

        assert await first() == "zhipu"
        assert (await ada.post(f"{PAGE}/offer", None, **fields, priority="0", reason=WHY)).status == 303
        assert await first() == "wavespeed"
        assert (await ada.post(f"{PAGE}/offer", None, **fields, priority="0", back="yes", reason=WHY)).status == 303
        assert await first() == "zhipu"
        assert [row[1] for row in await api.rows(ACTIONS)] == [
            "switch: on, priority 0, before: on",
            "switch: on, before: on, priority 0",
        ]
