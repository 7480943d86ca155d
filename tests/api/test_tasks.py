"""Tasks as their owners see them: looked at, listed, cancelled, deleted."""

import asyncio
import base64
from typing import Any

from aiohttp import ClientSession

from api.served_api import BODY, PNG, PROMPT, Api, statement
from apiinone.api.task_page import REQUEST_SHOWN_BYTES_MAX
from apiinone.core.clock import parse_iso
from apiinone.schema import metadata as tables
from assets.pictures import picture

FIELDS = [
    *("task_id", "status", "stage", "model", "endpoint", "operation", "mode", "request", "response", "outputs"),
    "held_credits",
    *("consumed_credits", "error", "metadata", "poll_after_s", "created_at", "started_at", "finished_at", "expires_at"),
]


async def test_a_task_under_way_shows_what_is_held_and_when_to_look_again(idle_api: Api) -> None:
    tenant = await idle_api.tenant()
    task_id = await idle_api.task(tenant.key, {**BODY, "metadata": {"order": "7"}})
    got = await idle_api.get(f"/api/v1/tasks/{task_id}", tenant.key)
    task = got.data
    assert list(task) == FIELDS
    assert (task["task_id"], task["status"], task["stage"]) == (task_id, "IN_PROGRESS", "queued")
    assert (task["model"], task["endpoint"], task["mode"]) == ("recraft-v4-text-to-image", "images", "test")
    assert task["request"] == {"model": "recraft-v4-text-to-image", "prompt": PROMPT, "image_size": "1024x1024"}
    assert (task["held_credits"], task["consumed_credits"]) == (10, 0)
    assert (task["response"], task["outputs"], task["error"]) == ([], [], None)
    assert task["metadata"] == {"order": "7"}
    assert (task["started_at"], task["finished_at"], task["expires_at"]) == (None, None, None)
    assert got.headers["Retry-After"] == str(task["poll_after_s"]) == "1"


async def test_a_finished_task_shows_its_outputs_and_what_it_cost(api: Api) -> None:
    tenant = await api.tenant()
    task_id = await api.task(tenant.key, {**BODY, "result_ttl_s": 120})
    await api.ended(tenant.key, task_id)
    got = await api.get(f"/api/v1/tasks/{task_id}", tenant.key)
    task = got.data
    assert list(task) == FIELDS
    assert (task["status"], task["stage"], task["poll_after_s"]) == ("SUCCESS", "done", None)
    assert (task["held_credits"], task["consumed_credits"]) == (0, 10)
    (output,) = task["outputs"]
    assert task["response"] == [output["url"]]
    assert (output["content_type"], output["bytes"], output["width"]) == ("image/png", len(PNG), 1)
    assert output["duration_s"] is None
    assert task["created_at"] <= task["started_at"] <= task["finished_at"] < task["expires_at"]
    assert parse_iso(task["expires_at"]) - parse_iso(task["finished_at"]) == 120 * 1_000_000
    assert "Retry-After" not in got.headers


async def test_a_failed_task_carries_an_error_like_any_refusal_and_costs_nothing(api: Api) -> None:
    tenant = await api.tenant(balance=10)
    got = await api.create(tenant.key, X_Test_Scenario="fail=moderation", X_Request_Id="mine-1")
    task = await api.ended(tenant.key, got.data["task_id"])
    assert (task["status"], task["consumed_credits"], task["outputs"]) == ("FAILED", 0, [])
    error = task["error"]
    assert (error["code"], error["type"], error["param"]) == (400, "content_policy", None)
    assert (error["retryable"], error["request_id"]) == (False, "mine-1")
    assert (await api.get("/api/v1/credits", tenant.key)).data["available"] == 10
    await api.assert_sound()


async def test_a_partial_result_costs_what_was_delivered(api: Api) -> None:
    tenant = await api.tenant()
    body = {"model": "imagen4-fast", "prompt": PROMPT, "num_images": 3}
    task_id = await api.task(tenant.key, body, X_Test_Scenario="partial=1")
    task = await api.ended(tenant.key, task_id)
    receipt = (await api.get(f"/api/v1/tasks/{task_id}/receipt", tenant.key)).data
    assert (task["status"], len(task["outputs"])) == ("SUCCESS", 1)
    assert (receipt["hold"]["credits"], task["consumed_credits"]) == (12, 4)
    assert (receipt["settlement"]["captured"], receipt["settlement"]["released"]) == (4, 8)
    await api.assert_sound()


async def test_waiting_for_a_task_returns_as_soon_as_it_ends(api: Api) -> None:
    tenant = await api.tenant()
    task_id = await api.task(tenant.key, X_Test_Scenario="delay=1")
    began_s = asyncio.get_running_loop().time()
    got = await api.get(f"/api/v1/tasks/{task_id}?wait=30", tenant.key)
    assert got.data["status"] == "SUCCESS"
    assert asyncio.get_running_loop().time() - began_s < 10
    again = await api.get(f"/api/v1/tasks/{task_id}", tenant.key, Prefer="wait=30")
    assert (again.data["status"], again.headers["Preference-Applied"]) == ("SUCCESS", "wait=30")


async def test_lists_are_newest_first_and_paged_without_gaps(idle_api: Api) -> None:
    tenant = await idle_api.tenant()
    made = [await idle_api.task(tenant.key) for _ in range(7)]
    pages: list[list[str]] = []
    path = "/api/v1/tasks?limit=3"
    while path:
        got = await idle_api.get(path, tenant.key)
        pages.append([task["task_id"] for task in got.data])
        cursor = got.json["next_cursor"]
        path = f"/api/v1/tasks?limit=3&cursor={cursor}" if cursor else ""
    assert pages == [made[:3:-1], made[3:0:-1], made[:1]]


async def test_lists_keep_every_filter(api: Api) -> None:
    key = (await api.tenant()).key
    red = await api.task(key, {**BODY, "metadata": {"colour": "red", "shop": "a"}})
    blue = await api.task(key, {**BODY, "metadata": {"colour": "blue", "shop": "a"}})
    failed = await api.task(key, X_Test_Scenario="fail=moderation")
    vector = await api.task(key, {**BODY, "model": "recraft-v4-text-to-vector"}, X_Test_Scenario="delay=50")
    for task_id in (red, blue, failed):
        await api.ended(key, task_id)
    moment = (await api.get(f"/api/v1/tasks/{failed}", key)).data["created_at"]

    async def found(query: str) -> list[str]:
        return [task["task_id"] for task in (await api.get(f"/api/v1/tasks?{query}", key)).data]

    assert await found("") == [vector, failed, blue, red]
    assert await found("status=SUCCESS") == [blue, red]
    assert await found("status=FAILED") == [failed]
    assert await found("status=IN_PROGRESS") == [vector]
    assert await found("status=CANCELED") == []
    assert await found("model=recraft-v4") == [vector, failed, blue, red]
    assert await found("model=recraft-v4-text-to-vector") == [vector]
    assert await found("model=flux-2") == []
    assert await found("model=unheard-of") == []
    assert await found("metadata[colour]=red") == [red]
    assert await found("metadata[colour]=red&metadata[shop]=a") == [red]
    assert await found("metadata[shop]=a") == [blue, red]
    assert await found("metadata[shop]=a&status=FAILED") == []
    assert await found("metadata%5Bshop%5D=a&limit=1") == [blue]
    assert await found("metadata[colour]=red&metadata[shop]=b") == []
    assert await found(f"created_after={moment}") in ([vector, failed], [vector])
    assert await found("created_after=2100-01-01") == []
    assert await found("created_before=2020-01-01") == []
    assert await found(f"created_after=2020-01-01T00:00:00Z&created_before={moment}") == [blue, red]
    assert await found("mode=live") == []


async def test_a_queued_task_is_cancelled_at_once_and_costs_nothing(idle_api: Api) -> None:
    tenant = await idle_api.tenant(balance=10)
    task_id = await idle_api.task(tenant.key)
    for _ in range(2):
        task = (await idle_api.ask("POST", f"/api/v1/tasks/{task_id}/cancel", key=tenant.key)).data
        assert (task["status"], task["consumed_credits"], task["error"]) == ("CANCELED", 0, None)
    assert (await idle_api.get("/api/v1/credits", tenant.key)).data["available"] == 10
    await idle_api.assert_sound()


async def test_what_a_vendor_may_be_at_work_on_is_not_cancelled_but_asked_to_stop(idle_api: Api) -> None:
    tenant = await idle_api.tenant(mode="live")
    task_id = await idle_api.task(tenant.key)
    await _send(idle_api, task_id)
    heard: list[str] = []
    await idle_api.app.database.listen(heard.append)
    for _ in range(2):
        got = await idle_api.ask("POST", f"/api/v1/tasks/{task_id}/cancel", key=tenant.key)
        assert got.refused == (409, "conflict", None)
        assert got.error["cancel_requested"] is True
    assert (await idle_api.get(f"/api/v1/tasks/{task_id}", tenant.key)).data["status"] == "IN_PROGRESS"
    await asyncio.sleep(0.05)
    assert f"cancel:{task_id[3:29]}" in heard


async def _send(api: Api, task_id: str) -> None:
    """As if a worker had sent the task to its vendor."""
    attempt = api.app.ids.new()
    await api.change(
        statement(
            "INSERT INTO attempts (id, task_id, attempt_no, state, provider, upstream_model, chosen_because,"
            " created_us) VALUES ($1, $2, 1, 'sending', 'recraft', 'recraftv4', 'the only one', 1)"
        ),
        attempt,
        task_id[3:29],
    )
    moved = statement("UPDATE tasks SET state = 'submitting', attempts = 1, attempt_id = $1 WHERE id = $2")
    await api.change(moved, attempt, task_id[3:29])


async def test_an_ended_task_is_not_cancelled(api: Api) -> None:
    tenant = await api.tenant()
    task_id = await api.task(tenant.key)
    await api.ended(tenant.key, task_id)
    got = await api.ask("POST", f"/api/v1/tasks/{task_id}/cancel", key=tenant.key)
    assert got.refused == (409, "conflict", None)
    assert "cancel_requested" not in got.error


async def test_a_deleted_task_keeps_its_money_and_loses_its_words_and_pictures(api: Api) -> None:
    tenant = await api.tenant()
    canary = "a canary that sings in a marble hall"
    body = {**BODY, "prompt": canary, "metadata": {"bird": canary}}
    task_id = await api.task(tenant.key, body, X_Test_Scenario="fail=provider_error;delay=0")
    live = await api.task(tenant.key, body, X_Test_Scenario="delay=50")
    kept = await api.task(tenant.key, body)
    task = await api.ended(tenant.key, kept)
    await api.ended(tenant.key, task_id)
    url = task["outputs"][0]["url"]
    async with ClientSession() as session, session.get(url) as response:
        assert response.status == 200
    refused = await api.ask("DELETE", f"/api/v1/tasks/{live}", key=tenant.key)
    assert refused.refused == (409, "conflict", None)
    receipt = (await api.get(f"/api/v1/tasks/{kept}/receipt", tenant.key)).data
    for ended in (kept, task_id, kept):
        deleted = (await api.ask("DELETE", f"/api/v1/tasks/{ended}", key=tenant.key)).data
        assert (deleted["request"], deleted["metadata"], deleted["outputs"]) == (None, {}, [])
    shown = (await api.get(f"/api/v1/tasks/{kept}", tenant.key)).data
    assert (shown["status"], shown["consumed_credits"], shown["response"]) == ("SUCCESS", 10, [])
    async with ClientSession() as session, session.get(url) as response:
        assert response.status == 404
    assert (await api.get(f"/api/v1/tasks?metadata[bird]={canary.replace(' ', '+')}", tenant.key)).data[0][
        "task_id"
    ] == live
    assert (await api.get(f"/api/v1/tasks/{kept}/receipt", tenant.key)).data["settlement"] == receipt["settlement"]
    await api.ask("POST", f"/api/v1/tasks/{live}/cancel", key=tenant.key)
    await api.ask("DELETE", f"/api/v1/tasks/{live}", key=tenant.key)
    assert canary not in await _dump(api)
    assert [stored.key async for stored in api.app.storage.list("test")] == []
    await api.assert_sound()


async def _dump(api: Api) -> str:
    """Every row of every table, as text."""
    found: list[Any] = []
    for table in tables.sorted_tables:
        found += await api.rows(statement(f"SELECT * FROM {table.name}"))  # noqa: S608 - our own tables' names
    return "\n".join(str(tuple(row)) for row in found)


async def test_a_long_request_is_shown_without_the_insides_of_its_data_urls(idle_api: Api) -> None:
    tenant = await idle_api.tenant()
    drawn = base64.b64encode(picture("PNG", (1200, 1200))).decode()
    long = f"data:image/png;base64,{drawn}"
    assert len(long) > REQUEST_SHOWN_BYTES_MAX
    task_id = await idle_api.task(
        tenant.key,
        {"model": "seedream/4.5-edit", "prompt": PROMPT, "image_urls": [long, "https://example.com/a.png"]},
    )
    shown = await idle_api.get(f"/api/v1/tasks/{task_id}", tenant.key)
    assert len(shown.body) < 2_000
    first, second = shown.data["request"]["image_urls"]
    assert first.startswith(long[:60])
    assert first.endswith(f"… ({len(long)} characters)")
    assert second == "https://example.com/a.png"


async def test_a_vector_is_served_as_svg(api: Api) -> None:
    tenant = await api.tenant()
    task_id = await api.task(tenant.key, {**BODY, "model": "recraft-v4-text-to-vector"})
    (output,) = (await api.ended(tenant.key, task_id))["outputs"]
    assert output["content_type"] == "image/svg+xml"
