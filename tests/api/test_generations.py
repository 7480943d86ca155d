"""POST /images/generations: what is accepted is held and durable, what is refused holds nothing."""

import asyncio
import json
from pathlib import Path

from api.served_api import BODY, CREATE, PROMPT, RECRAFT, Api, Got, served_api
from apiinone.accounts.keys import KeyRules
from apiinone.core.credits import whole
from databases import sqlite_url


async def test_a_creation_answers_as_the_contract_shows(api: Api) -> None:
    tenant = await api.tenant()
    got = await api.create(tenant.key)
    assert got.json["code"] == 200
    assert got.json["message"] == "success"
    data = got.data
    assert list(data) == ["task_id", "status", "model", "mode", "credits", "poll_after_s", "created_at"]
    assert data["task_id"].startswith("n78")
    assert data["task_id"].endswith("_recraft")
    assert (data["status"], data["mode"], data["credits"]) == ("IN_PROGRESS", "test", 10)
    assert data["model"] == "recraft-v4-text-to-image"
    assert got.headers["Retry-After"] == str(data["poll_after_s"])
    ended = await api.ended(tenant.key, data["task_id"])
    assert ended["status"] == "SUCCESS"
    await api.assert_sound()


async def test_without_a_model_it_is_recraft_v4(api: Api) -> None:
    tenant = await api.tenant()
    data = (await api.create(tenant.key, {"prompt": PROMPT})).data
    assert data["model"] == "recraft-v4-text-to-image"


async def test_the_hold_is_there_with_the_answer(idle_api: Api) -> None:
    tenant = await idle_api.tenant(balance=100)
    await idle_api.task(tenant.key, {**BODY, "model": "recraft-v4-text-to-vector"})
    data = (await idle_api.get("/api/v1/credits", tenant.key)).data
    assert (data["available"], data["held"], data["mode"]) == (80, 20, "test")


async def test_the_same_idempotency_key_gives_the_task_again_and_another_body_is_refused(api: Api) -> None:
    tenant = await api.tenant(balance=100)
    first = await api.create(tenant.key, Idempotency_Key="order 1")
    await api.ended(tenant.key, first.data["task_id"])
    written_otherwise = json.dumps({name: BODY[name] for name in sorted(BODY, reverse=True)}, indent=3).encode()
    again = await api.ask(
        "POST", CREATE, key=tenant.key, data=written_otherwise, headers={"Idempotency-Key": "order 1"}
    )
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.data["task_id"] == first.data["task_id"]
    assert (again.data["status"], again.data["credits"]) == ("SUCCESS", 10)
    other = await api.create(tenant.key, {**BODY, "prompt": "a fox"}, Idempotency_Key="order 1")
    assert other.refused == (422, "idempotency_mismatch", "Idempotency-Key")
    assert (await api.get("/api/v1/credits", tenant.key)).data["available"] == 90
    assert "Idempotent-Replayed" not in first.headers


async def test_one_idempotency_key_sent_many_times_at_once_makes_one_task(api: Api) -> None:
    tenant = await api.tenant(balance=100)
    answers = await asyncio.gather(*(api.create(tenant.key, Idempotency_Key="k") for _ in range(20)))
    assert len({got.data["task_id"] for got in answers}) == 1
    assert sum("Idempotent-Replayed" in got.headers for got in answers) == 19
    await api.assert_sound()


async def test_an_idempotency_key_belongs_to_its_account_and_mode(idle_api: Api) -> None:
    mine, theirs = await idle_api.tenant(), await idle_api.tenant()
    live = await idle_api.tenant(of=mine, mode="live")
    first = await idle_api.task(mine.key, Idempotency_Key="k")
    assert await idle_api.task(theirs.key, Idempotency_Key="k") != first
    assert (await idle_api.create(live.key, Idempotency_Key="k")).refused[:2] == (402, "insufficient_credits")


async def test_a_creation_tells_workers_at_once(idle_api: Api) -> None:
    heard: list[str] = []
    await idle_api.app.database.listen(heard.append)
    tenant = await idle_api.tenant()
    await idle_api.task(tenant.key)
    await asyncio.sleep(0.05)
    assert heard == ["tasks"]


async def test_what_is_refused_holds_nothing(idle_api: Api) -> None:
    poor = await idle_api.tenant(balance=9)
    assert (await idle_api.create(poor.key)).refused == (402, "insufficient_credits", None)
    frugal = await idle_api.tenant(budget=(whole(15), "total"))
    await idle_api.task(frugal.key)
    assert (await idle_api.create(frugal.key)).refused == (402, "budget_exceeded", None)
    careful = await idle_api.tenant()
    assert (await idle_api.create(careful.key, {**BODY, "max_credits": 9.5})).refused == (
        402,
        "price_above_max",
        "/max_credits",
    )
    busy = await idle_api.tenant(rules=KeyRules(open_tasks_max=1))
    await idle_api.task(busy.key)
    refused = await idle_api.create(busy.key)
    assert refused.refused == (429, "rate_limit_error", None)
    assert refused.headers["Retry-After"] == "1"
    for tenant, held in ((poor, 0), (frugal, 10), (careful, 0), (busy, 10)):
        assert (await idle_api.get("/api/v1/credits", tenant.key)).data["held"] == held
    await idle_api.assert_sound()


async def test_a_refused_request_may_be_sent_again_under_its_key(idle_api: Api) -> None:
    tenant = await idle_api.tenant()
    refused = await idle_api.create(tenant.key, {**BODY, "max_credits": 1}, Idempotency_Key="k")
    assert refused.status == 402
    await idle_api.task(tenant.key, {**BODY, "max_credits": 10}, Idempotency_Key="k")


async def test_a_key_reaches_only_the_models_and_endpoints_it_names(small_api: Api) -> None:
    model = await small_api.tenant(rules=KeyRules(models=("recraft-v4-text-to-image",)))
    whole_model = await small_api.tenant(rules=KeyRules(models=("recraft-v4",)))
    endpoint = await small_api.tenant(rules=KeyRules(endpoints=("videos",)))
    vector = {**BODY, "model": "recraft-v4-text-to-vector"}
    assert (await small_api.create(model.key)).status == 200
    assert (await small_api.create(model.key, vector)).refused == (403, "permission_denied", "/model")
    assert (await small_api.create(whole_model.key, vector)).status == 200
    assert (await small_api.create(endpoint.key)).refused[:2] == (403, "permission_denied")


async def test_a_live_key_needs_a_configured_offer_and_a_test_key_none(sqlite_path: Path, tmp_path: Path) -> None:
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False) as bare:
        live = await bare.tenant(mode="live")
        got = await bare.create(live.key)
        assert got.refused == (503, "provider_not_configured", None)
        assert not got.error["retryable"]
        assert (await bare.get("/api/v1/credits", live.key)).data["held"] == 0
        assert (await bare.get("/api/v1/tasks", live.key)).data == []
        test = await bare.tenant()
        assert (await bare.create(test.key)).status == 200
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False, environ=RECRAFT) as configured:
        live = await configured.tenant(mode="live")
        assert (await configured.create(live.key)).data["mode"] == "live"


async def test_a_test_scenario_is_for_test_keys(idle_api: Api) -> None:
    live, test = await idle_api.tenant(mode="live"), await idle_api.tenant()
    assert (await idle_api.create(live.key, X_Test_Scenario="fail=moderation")).refused == (
        400,
        "bad_request",
        "X-Test-Scenario",
    )
    assert (await idle_api.create(test.key, X_Test_Scenario="fail=rain")).refused[2] == "X-Test-Scenario"
    assert (await idle_api.create(test.key, X_Test_Scenario="fail=moderation")).status == 200


async def test_prefer_wait_gives_the_ended_task(api: Api) -> None:
    tenant = await api.tenant()
    got = await api.create(tenant.key, Prefer="respond-async, wait=20")
    assert got.headers["Preference-Applied"] == "wait=20"
    assert (got.data["status"], got.data["credits"]) == ("SUCCESS", 10)
    assert "wait;dur=" in got.headers["Server-Timing"]
    assert "Retry-After" not in got.headers


async def test_prefer_wait_gives_the_task_as_it_stands_when_the_time_is_over(api: Api) -> None:
    tenant = await api.tenant()
    got = await api.create(tenant.key, Prefer="wait=1", X_Test_Scenario="delay=30")
    assert got.data["status"] == "IN_PROGRESS"
    assert got.headers["Retry-After"] == "1"


async def test_waiters_are_capped_for_each_key(sqlite_path: Path, tmp_path: Path) -> None:
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False, waiting_requests_max=1) as api:
        tenant = await api.tenant()
        task_id = await api.task(tenant.key)
        path = f"/api/v1/tasks/{task_id}"
        asking = {asyncio.create_task(api.get(f"{path}?wait=60", tenant.key)) for _ in range(3)}
        answered: set[asyncio.Task[Got]] = set()
        while len(answered) < 2:
            done, asking = await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
            answered |= done
        assert [one.result().data["status"] for one in answered] == ["IN_PROGRESS"] * 2
        (waiting,) = asking
        assert (await api.ask("POST", f"{path}/cancel", key=tenant.key)).status == 200
        assert (await waiting).data["status"] == "CANCELED"


async def test_a_reference_to_a_task_is_resolved_among_the_callers_own_with_an_output(api: Api) -> None:
    tenant, other = await api.tenant(balance=100), await api.tenant(balance=100)
    drawn = await api.create(tenant.key)
    await api.ended(tenant.key, drawn.data["task_id"])
    body = {"model": "grok-imagine/upscale", "task_id": drawn.data["task_id"]}
    for route in (CREATE, "/api/v1/quotes"):
        foreign = await api.ask("POST", route, key=other.key, data=json.dumps(body).encode())
        assert foreign.refused == (404, "not_found", "/task_id")
        unknown = await api.ask(
            "POST", route, key=tenant.key, data=json.dumps({**body, "task_id": "n3106_grok"}).encode()
        )
        assert unknown.refused == (404, "not_found", "/task_id")
    assert (await api.get("/api/v1/credits", other.key)).data["available"] == 100
    failed = await api.create(tenant.key, X_Test_Scenario="fail=moderation")
    await api.ended(tenant.key, failed.data["task_id"])
    empty = await api.create(tenant.key, {**body, "task_id": failed.data["task_id"]})
    assert empty.refused == (400, "bad_request", "/task_id")
    assert (await api.create(tenant.key, body)).status == 200
