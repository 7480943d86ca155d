"""Balance, entries, usage, quotes and receipts: what they say agrees with one another and with the ledger."""

import json
from decimal import Decimal
from typing import Any

from api.served_api import BODY, Api, statement
from apiinone.accounts.keys import KeyRules
from apiinone.core.clock import day_of, parse_iso
from apiinone.core.credits import Credits, whole


async def test_a_receipt_tells_price_hold_attempts_and_settlement(api: Api) -> None:
    tenant = await api.tenant()
    created = await api.create(tenant.key, X_Request_Id="order-17")
    task_id = created.data["task_id"]
    await api.ended(tenant.key, task_id)
    receipt = (await api.get(f"/api/v1/tasks/{task_id}/receipt", tenant.key)).data
    assert (receipt["task_id"], receipt["status"], receipt["mode"]) == (task_id, "SUCCESS", "test")
    assert (receipt["key_id"], receipt["request_id"]) == (tenant.key_id, "order-17")
    assert receipt["quote"] == {"unit": 10, "units": 1, "total": 10, "price_version": api.app.catalogue.version}
    assert receipt["hold"]["credits"] == sum(part["credits"] for part in receipt["hold"]["lots"]) == 10
    (attempt,) = receipt["attempts"]
    assert (attempt["provider"], attempt["outcome"], attempt["attempt_no"]) == ("local", "finished", 1)
    assert "test mode" in attempt["chosen_because"]
    assert not [name for name in attempt if "cost" in name]
    assert (receipt["settlement"]["kind"], receipt["settlement"]["captured"]) == ("capture", 10)
    assert [(entry["kind"], entry["credits"]) for entry in receipt["entries"]] == [("hold", 10), ("capture", 10)]
    listed = {entry["entry_no"] for entry in (await api.get("/api/v1/credits/entries", tenant.key)).data}
    assert {entry["entry_no"] for entry in receipt["entries"]} <= listed


async def test_a_receipt_shows_every_attempt_and_the_release(api: Api) -> None:
    tenant = await api.tenant()
    task_id = await api.task(tenant.key, {**BODY, "deadline_s": 60}, X_Test_Scenario="fail=invalid_input")
    await api.ended(tenant.key, task_id)
    receipt = (await api.get(f"/api/v1/tasks/{task_id}/receipt", tenant.key)).data
    assert [attempt["outcome"] for attempt in receipt["attempts"]] == ["rejected"]
    assert receipt["attempts"][0]["fault"] == "bad_request"
    assert (receipt["settlement"]["kind"], receipt["settlement"]["released"]) == ("release", 10)
    assert [entry["kind"] for entry in receipt["entries"]] == ["hold", "release"]


async def test_an_open_hold_has_no_settlement_and_counts_in_its_budget_period(idle_api: Api) -> None:
    tenant = await idle_api.tenant(budget=(whole(50), "day"))
    task_id = await idle_api.task(tenant.key)
    receipt = (await idle_api.get(f"/api/v1/tasks/{task_id}/receipt", tenant.key)).data
    assert (receipt["settlement"], receipt["attempts"]) == (None, [])
    assert receipt["hold"]["budget_period"] == day_of(idle_api.app.clock.now_us())
    me = (await idle_api.get("/api/v1/me", tenant.key)).data
    assert (me["budget"]["credits"], me["budget"]["left"], me["open_tasks"]) == (50, 40, 1)


async def test_the_balance_is_the_sum_of_its_entries_and_of_its_lots(api: Api) -> None:
    tenant, neighbour = await api.tenant(balance=100), await api.tenant()
    await api.task(neighbour.key)
    for scenario in ("delay=0", "fail=moderation", "delay=50"):
        task_id = await api.task(tenant.key, X_Test_Scenario=scenario)
        if scenario != "delay=50":
            await api.ended(tenant.key, task_id)
    balance = (await api.get("/api/v1/credits", tenant.key)).data
    assert (balance["available"], balance["held"]) == (80, 10)
    assert sum(lot["available"] for lot in balance["lots"]) == 80
    assert sum(lot["held"] for lot in balance["lots"]) == 10
    entries: list[Any] = []
    path = "/api/v1/credits/entries?limit=2"
    while path:
        got = await api.get(path, tenant.key)
        entries += got.data
        cursor = got.json["next_cursor"]
        path = f"/api/v1/credits/entries?limit=2&cursor={cursor}" if cursor else ""
    numbers = [entry["entry_no"] for entry in entries]
    assert numbers == list(range(len(numbers), 0, -1))
    assert sum(entry["available_change"] for entry in entries) == 80
    assert sum(entry["held_change"] for entry in entries) == 10
    tasks = {task["task_id"] for task in (await api.get("/api/v1/tasks", tenant.key)).data}
    assert {entry["task_id"] for entry in entries} - {None} == tasks
    assert all(entry["request_id"] for entry in entries if entry["task_id"])


async def test_credits_are_exact_decimals_on_the_wire(small_api: Api) -> None:
    tenant = await small_api.tenant(budget=(Credits(1), "total"))
    grant = statement(
        "UPDATE balances SET available_micro = available_micro + 1 WHERE account_id = $1 AND mode = 'test'"
    )
    await small_api.change(grant, tenant.account_id)
    shown = await small_api.get("/api/v1/me", tenant.key)
    exact = json.loads(shown.body, parse_float=Decimal)
    assert exact["data"]["budget"]["credits"] == Decimal("0.000001")
    assert b'"credits":0.000001' in shown.body


async def test_usage_adds_up_by_day_model_and_key(api: Api) -> None:
    tenant = await api.tenant()
    second = await api.tenant(of=tenant)
    made = [
        (tenant, BODY, ""),
        (tenant, {**BODY, "model": "recraft-v4-text-to-vector"}, ""),
        (tenant, BODY, "fail=moderation"),
        (second, {"model": "imagen4-fast", "prompt": "x"}, ""),
    ]
    for who, body, scenario in made:
        task_id = await api.task(who.key, body, **({"X_Test_Scenario": scenario} if scenario else {}))
        await api.ended(who.key, task_id)

    async def rows(query: str = "") -> list[tuple[str, str, int, int, int]]:
        data = (await api.get(f"/api/v1/usage?{query}", tenant.key)).data
        found = [
            (row["model"], row["key_id"], row["tasks_succeeded"], row["tasks_not_charged"], row["credits"])
            for row in data["rows"]
        ]
        if "limit" not in query:
            assert data["total"]["credits"] == sum(row[4] for row in found)
            assert data["total"]["tasks_succeeded"] == sum(row[2] for row in found)
        return found

    recraft = ("recraft-v4", tenant.key_id, 2, 1, 30)
    imagen = ("imagen-4", second.key_id, 1, 0, 4)
    assert await rows() == [recraft, imagen]
    assert await rows("model=recraft-v4-text-to-vector") == [recraft]
    assert await rows(f"key_id={second.key_id}") == [imagen]
    assert await rows("last_day=2020-01-01") == []
    today = day_of(api.app.clock.now_us())
    assert await rows(f"first_day={today}&last_day={today}") == [recraft, imagen]
    page = (await api.get("/api/v1/usage?limit=1", tenant.key)).data
    assert await rows(f"limit=1&cursor={page['next_cursor']}") == [imagen]
    stranger = await api.tenant()
    assert (await api.get(f"/api/v1/usage?key_id={tenant.key_id}", stranger.key)).data["rows"] == []


async def test_a_quote_is_good_once_for_its_own_body_and_owner(idle_api: Api) -> None:
    tenant, stranger = await idle_api.tenant(), await idle_api.tenant()
    body = {**BODY, "metadata": {"a": "b"}}
    quote = (await idle_api.ask("POST", "/api/v1/quotes", key=tenant.key, body=body)).data
    assert (quote["credits"], quote["model"], quote["mode"]) == (10, "recraft-v4-text-to-image", "test")
    assert quote["lines"] == [{"label": "recraft-v4-text-to-image", "units": 1, "unit": 10, "total": 10}]
    lasts_s = (parse_iso(quote["expires_at"]) - idle_api.app.clock.now_us()) / 1_000_000
    assert 14 * 60 < lasts_s <= 15 * 60
    priced = {**body, "quote_id": quote["quote_id"]}
    assert (await idle_api.create(stranger.key, priced)).refused == (400, "bad_request", "/quote_id")
    assert (await idle_api.create(tenant.key, {**priced, "prompt": "x"})).refused == (409, "conflict", "/quote_id")
    assert (await idle_api.create(tenant.key, priced)).data["credits"] == 10
    assert (await idle_api.create(tenant.key, priced)).refused == (409, "conflict", "/quote_id")
    nested = await idle_api.ask("POST", "/api/v1/quotes", key=tenant.key, body=priced)
    assert nested.refused == (400, "bad_request", "/quote_id")


async def test_a_quote_holds_nothing_and_expires(idle_api: Api) -> None:
    tenant = await idle_api.tenant()
    quote = (await idle_api.ask("POST", "/api/v1/quotes", key=tenant.key, body=BODY)).data
    assert (await idle_api.get("/api/v1/credits", tenant.key)).data["held"] == 0
    await idle_api.change(statement("UPDATE quotes SET expires_us = 1 WHERE id = $1"), quote["quote_id"])
    refused = await idle_api.create(tenant.key, {**BODY, "quote_id": quote["quote_id"]})
    assert refused.refused == (409, "conflict", "/quote_id")


async def test_a_key_tells_what_it_is_and_may_do(small_api: Api) -> None:
    rules = KeyRules(scopes=("generate",), models=("flux-2",), requests_per_minute_max=120, open_tasks_max=5)
    tenant = await small_api.tenant(mode="live", rules=rules)
    me = (await small_api.get("/api/v1/me", tenant.key)).data
    assert (me["account_id"], me["key_id"], me["mode"]) == (tenant.account_id, tenant.key_id, "live")
    assert (me["scopes"], me["models"], me["endpoints"]) == (["generate"], ["flux-2"], None)
    assert (me["requests_per_minute_max"], me["open_tasks_max"], me["open_tasks"]) == (120, 5, 0)
    assert (me["budget"], me["expires_at"]) == (None, None)
    assert tenant.key not in json.dumps(me)
