"""Prices of an account's own: quote, hold and capture agree on them, a task keeps its own, others pay the list."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from api.served_api import BODY, CREATE, Api, Tenant, served_api
from apiinone.control.switch_commands import SetAccountPrice
from apiinone.core.errors import BadRequest, NotFound
from apiinone.db import Sql
from apiinone.front_desk import desk_of

PICTURE, OTHER = {**BODY, "model": "recraft-v4-text-to-image"}, {"model": "cogview-4", "prompt": "a hill"}
CHAT = {"model": "gemini", "messages": [{"role": "user", "content": "Say something about the sea."}]}
LISTED, OTHER_LISTED = 10, 4
ACTIONS = Sql("SELECT action, subject, reason FROM operator_actions WHERE action LIKE 'switch:%' ORDER BY id")


async def give(api: Api, tenant: Tenant, percent: int | None, model: str = "") -> None:
    await SetAccountPrice(tenant.account_id, model, percent, "agreed").run(desk_of(api.app))


async def quoted(api: Api, tenant: Tenant, body: dict[str, Any]) -> dict[str, Any]:
    got = await api.ask("POST", "/api/v1/quotes", key=tenant.key, body=body)
    found: dict[str, Any] = got.data
    return found


async def paid(api: Api, tenant: Tenant, body: dict[str, Any]) -> tuple[Any, Any, Any]:
    """What a quote, the hold and the capture say, in credits."""
    quote = await quoted(api, tenant, body)
    made = (await api.ask("POST", CREATE, key=tenant.key, body={**body, "quote_id": quote["quote_id"]})).data
    ended = await api.ended(tenant.key, made["task_id"])
    receipt = (await api.get(f"/api/v1/tasks/{made['task_id']}/receipt", key=tenant.key)).data
    assert receipt["quote"]["price_percent"] == quote["price_percent"]
    assert receipt["settlement"]["captured"] == ended["consumed_credits"]
    return quote["credits"], receipt["hold"]["credits"], ended["consumed_credits"]


async def test_quote_hold_and_capture_agree_on_it_and_others_pay_the_list(database_url: str, tmp_path: Path) -> None:
    async with served_api(database_url, tmp_path) as api:
        ada, bob = await api.tenant(), await api.tenant()
        await give(api, ada, 75)
        await give(api, ada, 150, "cogview-4")
        assert await paid(api, ada, PICTURE) == (8, 8, 8)  # 7.5, upward
        assert await paid(api, ada, OTHER) == (6, 6, 6)
        assert await paid(api, bob, PICTURE) == (LISTED, LISTED, LISTED)
        told = (await api.get("/api/v1/me", key=ada.key)).data["prices"]
        assert told == [{"model": None, "price_percent": 75}, {"model": "cogview-4", "price_percent": 150}]
        assert (await api.get("/api/v1/me", key=bob.key)).data["prices"] == []
        await give(api, ada, None)
        assert await paid(api, ada, PICTURE) == (LISTED, LISTED, LISTED)
        await give(api, ada, None, "cogview-4")
        assert await paid(api, ada, OTHER) == (OTHER_LISTED, OTHER_LISTED, OTHER_LISTED)
        await api.assert_sound()
        rows = [tuple(row) for row in await api.rows(ACTIONS)]
        assert rows[:2] == [
            ("switch: all models at 75 % of the list", ada.account_id, "agreed"),
            ("switch: cogview-4 at 150 % of the list", ada.account_id, "agreed"),
        ]


async def test_a_chat_is_held_and_charged_by_it(database_url: str, tmp_path: Path) -> None:
    async with served_api(database_url, tmp_path) as api:
        ada, bob = await api.tenant(), await api.tenant()
        await give(api, ada, 50)
        quotes = [await quoted(api, one, CHAT) for one in (ada, bob)]
        assert Decimal(str(quotes[0]["credits"])) * 2 == Decimal(str(quotes[1]["credits"]))
        said = [await api.ask("POST", "/api/v1/chat/completions", key=one.key, body=CHAT) for one in (ada, bob)]
        assert [one.status for one in said] == [200, 200]
        assert said[0].json["usage"] == said[1].json["usage"]
        half, whole = (Decimal(str(one.json["credits_consumed"])) for one in said)
        assert 0 <= half * 2 - whole <= Decimal("0.000002")
        await api.assert_sound()


async def test_what_was_accepted_stays_at_its_price_and_a_quote_of_before_is_refused(
    database_url: str, tmp_path: Path
) -> None:
    async with served_api(database_url, tmp_path) as api:
        ada = await api.tenant()
        await give(api, ada, 50)
        quote = await quoted(api, ada, PICTURE)
        waits = {"X-Test-Scenario": "delay=1"}
        made = (await api.ask("POST", CREATE, key=ada.key, body=PICTURE, headers=waits)).data
        await give(api, ada, 200)
        got = await api.ask("POST", CREATE, key=ada.key, body={**PICTURE, "quote_id": quote["quote_id"]})
        assert got.refused[:2] == (409, "conflict")
        assert "own prices have changed" in got.error["message"]
        assert (await api.ended(ada.key, made["task_id"]))["consumed_credits"] == LISTED // 2
        receipt = (await api.get(f"/api/v1/tasks/{made['task_id']}/receipt", key=ada.key)).data
        assert receipt["quote"]["price_percent"] == 50
        await api.assert_sound()


async def test_what_is_no_price_is_refused(database_url: str, tmp_path: Path) -> None:
    async with served_api(database_url, tmp_path, working=False) as api:
        ada = await api.tenant()
        for percent in (0, 1001):
            with pytest.raises(BadRequest):
                await give(api, ada, percent)
        with pytest.raises(NotFound):
            await give(api, ada, 50, "no-such-model")
        with pytest.raises(NotFound):
            await SetAccountPrice("0" * 26, "", 50, "agreed").run(desk_of(api.app))
        with pytest.raises(BadRequest):
            await SetAccountPrice(ada.account_id, "", 50, " ").run(desk_of(api.app))
        assert api.app.board.board.now.prices == {}
