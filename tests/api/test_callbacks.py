"""Callbacks from the outside: asked for in a create, received, verified, looked up, sent anew, rotated, deleted."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import WebhookVerificationError

from api.served_api import BODY, RECRAFT, Api, Tenant, served_api, statement
from apiinone.schema import metadata
from databases import sqlite_url
from outbound.addresses_for_tests import NEVER
from outbound.loopback import answer
from webhooks.receivers import WITHIN_S, Receiver, arrived

LOG = "/api/v1/webhooks/deliveries"
SECRET = "/api/v1/webhooks/secret"
DUE_NOW = "UPDATE deliveries SET due_us = 1 WHERE due_us IS NOT NULL"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as server:
        yield server


@pytest.fixture
async def calling_api(database_url: str, tmp_path: Path, receiver: Receiver) -> AsyncIterator[Api]:
    """The API with its worker, which may call the receiver."""
    async with served_api(database_url, tmp_path, allowed_private_hosts=(receiver.netloc,)) as served:
        yield served


async def _one(api: Api, tenant: Tenant, state: str) -> Any:
    """The tenant's only delivery, once it is in this state."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            found = (await api.get(LOG, tenant.key)).data
            if [one["state"] for one in found] == [state]:
                return found[0]
            await asyncio.sleep(0.02)


async def test_a_tasks_end_is_told_signed_with_the_task_as_get_shows_it(calling_api: Api, receiver: Receiver) -> None:
    tenant = await calling_api.tenant()
    task_id = await calling_api.task(tenant.key, {**BODY, "callback_url": f"{receiver.url}/hook?x=1"})
    (came,) = await arrived(receiver)
    secret = (await calling_api.get(SECRET, tenant.key)).data["secret"]
    event = came.verified(secret)
    task = await calling_api.ended(tenant.key, task_id)
    assert came.first_line == "POST /hook?x=1 HTTP/1.1"
    assert came.headers["content-type"] == "application/json"
    assert "authorization" not in came.headers
    assert event["type"] == "task.succeeded"
    assert event["timestamp"] == task["finished_at"]
    links = ("response", "outputs")
    assert {name: event["data"][name] for name in task if name not in links} == {
        name: task[name] for name in task if name not in links
    }
    (output,) = event["data"]["outputs"]
    assert (await calling_api.get(output["url"].removeprefix(calling_api.url))).status == 200
    delivery = await _one(calling_api, tenant, "delivered")
    assert delivery["delivery_id"] == came.id
    assert delivery["task_id"] == task_id
    assert [(one["status"], one["fault"]) for one in delivery["tries"]] == [(200, None)]
    (on_receipt,) = (await calling_api.get(f"/api/v1/tasks/{task_id}/receipt", tenant.key)).data["deliveries"]
    assert (on_receipt["delivery_id"], on_receipt["state"], on_receipt["tries"]) == (came.id, "delivered", 1)


@pytest.mark.parametrize(
    ("scenario", "type_", "error"),
    [("fail=moderation", "task.failed", "content_policy"), (None, "task.canceled", None)],
)
async def test_every_end_is_told_once(
    calling_api: Api, receiver: Receiver, scenario: str | None, type_: str, error: str | None
) -> None:
    tenant = await calling_api.tenant()
    headers = {"X_Test_Scenario": scenario or "delay=50"}
    task_id = await calling_api.task(tenant.key, {**BODY, "callback_url": receiver.url}, **headers)
    if scenario is None:
        assert (await calling_api.ask("POST", f"/api/v1/tasks/{task_id}/cancel", key=tenant.key)).status == 200
    (came,) = await arrived(receiver)
    assert came.json["type"] == type_
    assert (came.json["data"]["error"] is None) == (error is None)
    assert error is None or came.json["data"]["error"]["type"] == error
    await _one(calling_api, tenant, "delivered")
    assert len(receiver.requests) == 1


async def test_what_failed_is_sent_again_under_the_same_id_and_what_is_gone_is_not(
    calling_api: Api, receiver: Receiver
) -> None:
    receiver.answers = [answer(b"", status=500), answer(b"", "Location: /elsewhere", status=302)]
    receiver.answers.append(answer(b"", status=410))
    tenant = await calling_api.tenant()
    await calling_api.task(tenant.key, {**BODY, "callback_url": receiver.url})
    for count in (1, 2, 3):
        await arrived(receiver, count)
        async with asyncio.timeout(WITHIN_S):
            while len((await calling_api.get(LOG, tenant.key)).data[0]["tries"]) < count:  # noqa: ASYNC110 - a process of its own pace fills it
                await asyncio.sleep(0.02)
        if count < 3:
            await calling_api.change(statement(DUE_NOW))
    gone = await _one(calling_api, tenant, "gone")
    assert [one["status"] for one in gone["tries"]] == [500, 302, 410]
    assert gone["next_try_at"] is None
    receiver.answers = []
    anew = await calling_api.ask("POST", f"{LOG}/{gone['delivery_id']}/redeliver", key=tenant.key)
    assert anew.data["state"] == "waiting"
    came = await arrived(receiver, 4)
    assert {one.id for one in came} == {gone["delivery_id"]}
    assert {one.first_line for one in came} == {"POST / HTTP/1.1"}
    assert len((await _one(calling_api, tenant, "delivered"))["tries"]) == 4


async def test_another_accounts_or_modes_deliveries_do_not_exist(calling_api: Api, receiver: Receiver) -> None:
    owner = await calling_api.tenant()
    task_id = await calling_api.task(owner.key, {**BODY, "callback_url": receiver.url})
    delivery = await _one(calling_api, owner, "delivered")
    path = f"{LOG}/{delivery['delivery_id']}/redeliver"
    for stranger in (await calling_api.tenant(), await calling_api.tenant(of=owner, mode="live")):
        assert (await calling_api.get(LOG, stranger.key)).data == []
        assert (await calling_api.get(f"{LOG}?task_id={task_id}", stranger.key)).data == []
        assert (await calling_api.ask("POST", path, key=stranger.key)).refused == (404, "not_found", "delivery_id")
        theirs, ours = await calling_api.get(SECRET, stranger.key), await calling_api.get(SECRET, owner.key)
        assert theirs.data["secret"] != ours.data["secret"]
    assert len(receiver.requests) == 1


async def test_deliveries_are_listed_page_by_page_and_by_task_and_state(calling_api: Api, receiver: Receiver) -> None:
    tenant = await calling_api.tenant()
    task_ids = [await calling_api.task(tenant.key, {**BODY, "callback_url": receiver.url}) for _ in range(5)]
    await calling_api.task(tenant.key)
    await arrived(receiver, 5)
    async with asyncio.timeout(WITHIN_S):
        while len((await calling_api.get(f"{LOG}?state=delivered", tenant.key)).data) < 5:  # noqa: ASYNC110 - a process of its own pace fills it
            await asyncio.sleep(0.02)
    seen: list[str] = []
    cursor = ""
    while True:
        got = await calling_api.get(f"{LOG}?limit=2{cursor}", tenant.key)
        seen += [row["task_id"] for row in got.data]
        if got.json["next_cursor"] is None:
            break
        cursor = f"&cursor={got.json['next_cursor']}"
    assert sorted(seen) == sorted(task_ids)
    assert [row["task_id"] for row in (await calling_api.get(f"{LOG}?task_id={seen[3]}", tenant.key)).data] == [seen[3]]
    assert (await calling_api.get(f"{LOG}?state=failed", tenant.key)).data == []
    assert (await calling_api.get(f"{LOG}?state=odd", tenant.key)).refused == (400, "bad_request", "state")
    assert (await calling_api.get(f"{LOG}?cursor=odd", tenant.key)).refused == (400, "bad_request", "cursor")


async def test_a_rotated_secret_signs_along_until_its_overlap_is_over(calling_api: Api, receiver: Receiver) -> None:
    tenant = await calling_api.tenant()
    old = (await calling_api.get(SECRET, tenant.key)).data["secret"]
    rotated = (await calling_api.ask("POST", f"{SECRET}/rotate", key=tenant.key)).data
    assert [one["expires_at"] is None for one in rotated["secrets"]] == [True, False]
    assert rotated["secret"] != old
    assert rotated["secrets"][1]["secret"] == old
    await calling_api.task(tenant.key, {**BODY, "callback_url": receiver.url})
    (came,) = await arrived(receiver)
    assert came.verified(old) == came.verified(rotated["secret"])
    await _one(calling_api, tenant, "delivered")
    await calling_api.change(statement("UPDATE webhook_secrets SET expires_us = 1 WHERE expires_us IS NOT NULL"))
    await asyncio.sleep(1.05)  # a process remembers secrets for a second
    await calling_api.task(tenant.key, {**BODY, "callback_url": receiver.url})
    came = (await arrived(receiver, 2))[1]
    assert came.verified(rotated["secret"])
    with pytest.raises(WebhookVerificationError):
        came.verified(old)


async def test_rotating_again_and_again_leaves_three_that_sign(calling_api: Api) -> None:
    tenant = await calling_api.tenant()
    rotated: Any = None
    for _ in range(5):
        rotated = (await calling_api.ask("POST", f"{SECRET}/rotate", key=tenant.key)).data
    assert len(rotated["secrets"]) == 3
    (sealed,) = await calling_api.rows(statement("SELECT max(length(sealed)) FROM webhook_secrets"))
    stored = await calling_api.rows(statement("SELECT sealed FROM webhook_secrets"))
    assert sealed[0] >= 32
    assert not any(rotated["secret"].encode() in bytes(row[0]) for row in stored)


async def test_deleting_a_task_takes_its_address_from_everywhere(calling_api: Api, receiver: Receiver) -> None:
    receiver.answers = [answer(b"", status=500)]
    tenant = await calling_api.tenant()
    task_id = await calling_api.task(tenant.key, {**BODY, "callback_url": f"{receiver.url}/the-canary-path"})
    await arrived(receiver)
    await calling_api.ended(tenant.key, task_id)
    assert (await calling_api.ask("DELETE", f"/api/v1/tasks/{task_id}", key=tenant.key)).status == 200
    dropped = await _one(calling_api, tenant, "dropped")
    assert (dropped["url"], dropped["next_try_at"]) == (None, None)
    for table in metadata.tables:
        for row in await calling_api.rows(statement(f"SELECT * FROM {table}")):  # noqa: S608 - names of ours
            assert "canary" not in str(tuple(row))
            assert receiver.netloc not in str(tuple(row))
    path = f"{LOG}/{dropped['delivery_id']}/redeliver"
    assert (await calling_api.ask("POST", path, key=tenant.key)).refused[:2] == (409, "conflict")
    assert len(receiver.requests) == 1


async def test_an_address_that_must_never_be_reached_is_refused_at_once(small_api: Api) -> None:
    tenant = await small_api.tenant()
    for url in NEVER:
        got = await small_api.create(tenant.key, {**BODY, "callback_url": url})
        assert got.refused == (400, "bad_request", "/callback_url"), url
    assert (await small_api.get("/api/v1/tasks", tenant.key)).data == []


async def test_a_live_key_needs_https_and_a_model_with_webhooks(sqlite_path: Path, tmp_path: Path) -> None:
    hosts = ("127.0.0.1:9",)
    async with served_api(
        sqlite_url(sqlite_path),
        tmp_path,
        environ={**RECRAFT, "WAVESPEED_API_KEY": "token-for-tests"},
        working=False,
        allowed_private_hosts=hosts,
    ) as api:
        live, test = await api.tenant(mode="live"), await api.tenant()
        refused = (400, "bad_request", "/callback_url")
        with_webhooks = {"model": "flux-2", "prompt": "a hill"}
        on_loopback = {"callback_url": "http://127.0.0.1:9/"}
        assert (await api.create(test.key, {**BODY, **on_loopback})).status == 200
        assert (await api.create(test.key, {**BODY, "callback_url": "http://example.com/"})).refused == refused
        assert (await api.create(live.key, {**with_webhooks, **on_loopback})).refused == refused
        public = {"callback_url": "https://example.com/"}
        passed = await api.create(live.key, {**with_webhooks, **public})
        assert passed.status == 200, passed.body
        got = await api.create(live.key, {**BODY, **public})
        assert got.refused == refused
        assert "recraft-v4" in got.error["message"]
