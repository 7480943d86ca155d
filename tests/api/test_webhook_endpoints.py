"""Registered addresses: told of every end of their account and mode, each under an id of its own, signed alike."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from api.served_api import BODY, Api, Tenant, served_api, statement
from apiinone.webhooks.endpoints import ENDPOINTS_MAX
from databases import sqlite_url
from webhooks.receivers import WITHIN_S, Receiver, arrived

ENDPOINTS = "/api/v1/webhooks/endpoints"
LOG = "/api/v1/webhooks/deliveries"
SECRET = "/api/v1/webhooks/secret"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as server:
        yield server


@pytest.fixture
async def calling_api(database_url: str, tmp_path: Path, receiver: Receiver) -> AsyncIterator[Api]:
    async with served_api(database_url, tmp_path, allowed_private_hosts=(receiver.netloc,)) as served:
        yield served


@pytest.fixture
async def idle(sqlite_path: Path, tmp_path: Path) -> AsyncIterator[Api]:
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False) as served:
        yield served


async def register(api: Api, tenant: Tenant, **body: object) -> str:
    endpoint_id: str = (await api.ask("POST", ENDPOINTS, key=tenant.key, body=body)).data["endpoint_id"]
    return endpoint_id


async def states(api: Api, tenant: Tenant) -> list[str]:
    return sorted(one["state"] for one in (await api.get(LOG, tenant.key)).data)


async def test_every_end_is_told_at_each_address_that_wants_it(calling_api: Api, receiver: Receiver) -> None:
    tenant, other = await calling_api.tenant(), await calling_api.tenant()
    await register(calling_api, tenant, url=f"{receiver.url}/all", name="all")
    await register(calling_api, tenant, url=f"{receiver.url}/failed", events=["task.failed"])
    await register(calling_api, other, url=f"{receiver.url}/other")
    plain = await calling_api.task(tenant.key)
    (first,) = await arrived(receiver)
    secret = (await calling_api.get(SECRET, tenant.key)).data["secret"]
    assert (first.first_line, first.verified(secret)["data"]["task_id"]) == ("POST /all HTTP/1.1", plain)
    await calling_api.task(
        tenant.key, {**BODY, "callback_url": f"{receiver.url}/own"}, X_Test_Scenario="fail=moderation"
    )
    came = (await arrived(receiver, 4))[1:]
    assert sorted(one.first_line.split()[1] for one in came) == ["/all", "/failed", "/own"]
    assert len({one.id for one in (first, *came)}) == 4
    assert {one.verified(secret)["type"] for one in came} == {"task.failed"}
    async with asyncio.timeout(WITHIN_S):
        while await states(calling_api, tenant) != ["delivered"] * 4:  # noqa: ASYNC110 - a process of its own pace
            await asyncio.sleep(0.02)
    assert await states(calling_api, other) == []
    listed = (await calling_api.get(LOG, tenant.key)).data
    assert {one["delivery_id"] for one in listed} == {one.id for one in (first, *came)}


async def test_what_waits_for_an_address_goes_with_it_and_nothing_else_does(idle: Api) -> None:
    tenant = await idle.tenant()
    url = "https://hooks.example.com/in"
    endpoint_id = await register(idle, tenant, url=url)
    await register(idle, tenant, url="https://hooks.example.com/kept")
    task_id = await idle.task(tenant.key, {**BODY, "callback_url": url})
    assert (await idle.ask("POST", f"/api/v1/tasks/{task_id}/cancel", key=tenant.key)).status == 200
    assert len(await states(idle, tenant)) == 3
    gone = await idle.ask("DELETE", f"{ENDPOINTS}/{endpoint_id}", key=tenant.key)
    assert gone.data == {"endpoint_id": endpoint_id}
    assert "dropped" in await states(idle, tenant)
    assert (await states(idle, tenant)).count("dropped") == 1
    assert (await idle.ask("DELETE", f"{ENDPOINTS}/{endpoint_id}", key=tenant.key)).status == 404
    assert [one["url"] for one in (await idle.get(ENDPOINTS, tenant.key)).data] == ["https://hooks.example.com/kept"]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, ""),
        ({"url": 1}, "/url"),
        ({"url": ""}, "/url"),
        ({"url": "https://127.0.0.1/"}, "/url"),
        ({"url": "https://example.com:8443/"}, "/url"),
        ({"url": "https://example.com/", "events": []}, "/events"),
        ({"url": "https://example.com/", "events": ["task.never"]}, "/events"),
        ({"url": "https://example.com/", "name": "n" * 101}, "/name"),
        ({"url": "https://example.com/", "else": 1}, ""),
    ],
)
async def test_what_is_no_endpoint_is_refused_by_its_field(idle: Api, body: dict[str, object], param: str) -> None:
    tenant = await idle.tenant()
    got = await idle.ask("POST", ENDPOINTS, key=tenant.key, body=body)
    assert got.refused == (400, "bad_request", param)


async def test_an_address_is_registered_once_and_there_is_a_limit(idle: Api) -> None:
    tenant = await idle.tenant()
    for number in range(ENDPOINTS_MAX):
        await register(idle, tenant, url=f"https://example.com/{number}")
    for number in (0, ENDPOINTS_MAX):
        got = await idle.ask("POST", ENDPOINTS, key=tenant.key, body={"url": f"https://example.com/{number}"})
        assert got.refused[:2] == (409, "conflict")
    live = await idle.tenant(of=tenant, mode="live")
    await register(idle, live, url="https://example.com/0")
    http = await idle.ask("POST", ENDPOINTS, key=live.key, body={"url": "http://example.com/1"})
    assert http.refused == (400, "bad_request", "/url")
    assert await idle.rows(statement("SELECT 1 FROM webhook_endpoints WHERE mode = 'live'")) == [(1,)]


async def test_an_end_is_told_to_its_own_mode_alone(idle: Api) -> None:
    test = await idle.tenant()
    live = await idle.tenant(of=test, mode="live")
    await register(idle, test, url="https://example.com/test")
    await register(idle, live, url="https://example.com/live")
    task_id = await idle.task(test.key)
    assert (await idle.ask("POST", f"/api/v1/tasks/{task_id}/cancel", key=test.key)).status == 200
    assert (await states(idle, test), await states(idle, live)) == (["waiting"], [])
