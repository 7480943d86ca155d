"""Balance, entries and receipts: what they say agrees with one another and with the ledger."""

import json
from decimal import Decimal
from typing import Any

from api.served_api import BODY, Api, statement
from apiinone.core.clock import day_of
from apiinone.core.credits import Credits, whole


async def test_a_receipt_tells_price_hold_attempts_and_settlement(api: Api) -> None:
    tenant = await api.tenant()
    created = await api.create(tenant.key, X_Request_Id="order-17")
    task_id = created.data["task_id"]
    await api.ended(tenant.key, task_id)
    receipt = (await api.get(f"/api/v1/tasks/{task_id}/receipt", tenant.key)).data
    assert (receipt["task_id"], receipt["status"], receipt["mode"]) == (task_id, "SUCCESS", "test")
    assert (receipt["key_id"], receipt["request_id"]) == (tenant.key_id, "order-17")
    frozen = {"unit": 10, "units": 1, "total": 10, "price_version": api.app.catalogue.version}
    assert receipt["quote"] == {**frozen, "own_key_unit": None, "whose_keys": "house", "price_percent": 100}
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
