"""Event streams from the outside: numbered, resumable, ended by the task's end, capped, over real sockets."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientTimeout

from api.served_api import BODY, Api, served_api
from apiinone.api.event_stream import WAITING_MAX, EventStream
from apiinone.core.clock import SystemClock
from apiinone.tasks import watchers
from apiinone.tasks.lifecycle import TaskState
from apiinone.tasks.milestones import Progress
from databases import sqlite_url

WITHIN = ClientTimeout(total=20)


class Event:
    """An event as a client reads it."""

    def __init__(self, block: str) -> None:
        lines = [line.partition(": ") for line in block.splitlines()]
        fields: Mapping[str, str] = {name: value for name, _, value in lines}
        self.id = int(fields["id"]) if "id" in fields else None
        self.type = fields.get("event", "")
        self.data: Any = json.loads(fields["data"]) if "data" in fields else None


@asynccontextmanager
async def stream(api: Api, key: str, task_id: str, last: int | None = None) -> AsyncGenerator[ClientResponse]:
    headers = {"Authorization": f"Bearer {key}"} | ({} if last is None else {"Last-Event-ID": str(last)})
    url = f"{api.url}/api/v1/tasks/{task_id}/events"
    async with api.session.get(url, headers=headers, timeout=WITHIN) as response:
        yield response


async def events_of(response: ClientResponse) -> Sequence[Event]:
    """All events until the stream ends."""
    blocks = (await response.read()).decode().split("\n\n")
    return [Event(block) for block in blocks if "event: " in block]


async def first_event(response: ClientResponse) -> Event:
    """The next event that is no comment."""
    block: list[str] = []
    async for line in response.content:
        text = line.decode().rstrip("\n")
        if text:
            block.append(text)
        elif any(one.startswith("event: ") for one in block):
            return Event("\n".join(block))
        else:
            block.clear()
    raise AssertionError("the stream ended")


def numbered(events: Sequence[Event]) -> list[tuple[int, str]]:
    return [(event.id, event.type) for event in events if event.id is not None]


async def test_a_streams_events_are_numbered_from_one_and_end_with_the_task(api: Api) -> None:
    tenant = await api.tenant()
    task_id = await api.task(tenant.key, X_Test_Scenario="delay=1")
    async with stream(api, tenant.key, task_id) as response:
        assert response.status == 200
        assert response.headers["Content-Type"].startswith("text/event-stream")
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Accel-Buffering"] == "no"
        assert "Content-Length" not in response.headers
        events = await events_of(response)
    assert numbered(events) == [(1, "task.created"), (2, "task.started"), (3, "task.succeeded")]
    task = await api.ended(tenant.key, task_id)
    last = events[-1].data
    assert (last["type"], last["timestamp"], last["data"]["status"]) == (
        "task.succeeded",
        task["finished_at"],
        "SUCCESS",
    )
    assert last["data"]["outputs"][0]["sha256"] == task["outputs"][0]["sha256"]
    assert {event.type for event in events if event.id is None} <= {"task.stage"}


async def test_a_stream_goes_on_after_the_last_event_that_came(api: Api) -> None:
    tenant = await api.tenant()
    task_id = await api.task(tenant.key, X_Test_Scenario="delay=1")
    async with stream(api, tenant.key, task_id) as response:
        assert (await first_event(response)).id == 1
    async with stream(api, tenant.key, task_id, last=1) as response:
        assert numbered(await events_of(response)) == [(2, "task.started"), (3, "task.succeeded")]
    async with stream(api, tenant.key, task_id, last=2) as response:
        assert numbered(await events_of(response)) == [(3, "task.succeeded")]
    async with stream(api, tenant.key, task_id) as response:
        assert [number for number, _ in numbered(await events_of(response))] == [1, 2, 3]
    async with stream(api, tenant.key, task_id, last=3) as response:
        assert (response.status, await response.read()) == (204, b"")
    for odd in ("4", "-1", "x", "1" * 30):
        got = await api.get(f"/api/v1/tasks/{task_id}/events", tenant.key, Last_Event_ID=odd)
        assert got.refused == (400, "bad_request", "Last-Event-ID")


async def test_a_task_cancelled_before_it_began_has_two_events(idle_api: Api) -> None:
    tenant = await idle_api.tenant()
    task_id = await idle_api.task(tenant.key)
    async with stream(idle_api, tenant.key, task_id) as response:
        assert (await first_event(response)).type == "task.created"
        assert (await idle_api.ask("POST", f"/api/v1/tasks/{task_id}/cancel", key=tenant.key)).status == 200
        rest = await events_of(response)
    assert numbered(rest) == [(2, "task.canceled")]


async def test_an_end_made_by_another_process_is_seen_within_about_a_second(database_url: str, tmp_path: Path) -> None:
    async with (
        served_api(database_url, tmp_path / "one", working=False, secret_key="s" * 40) as here,
        served_api(database_url, tmp_path / "two", working=False, secret_key="s" * 40) as there,
    ):
        tenant = await here.tenant()
        task_id = await here.task(tenant.key)
        async with stream(here, tenant.key, task_id) as response:
            await first_event(response)
            began_s = asyncio.get_running_loop().time()
            assert (await there.ask("POST", f"/api/v1/tasks/{task_id}/cancel", key=tenant.key)).status == 200
            assert numbered(await events_of(response)) == [(2, "task.canceled")]
            assert asyncio.get_running_loop().time() - began_s < 3
        async with stream(there, tenant.key, task_id, last=1) as response:
            assert numbered(await events_of(response)) == [(2, "task.canceled")]


async def test_a_key_has_only_so_many_streams_and_gets_them_back(sqlite_path: Path, tmp_path: Path) -> None:
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False, event_streams_max=2) as api:
        tenant, other = await api.tenant(), await api.tenant()
        task_id, theirs = await api.task(tenant.key), await api.task(other.key)
        path = f"/api/v1/tasks/{task_id}/events"
        async with stream(api, tenant.key, task_id) as one, stream(api, tenant.key, task_id) as two:
            await first_event(one)
            await first_event(two)
            limited = await api.get(path, tenant.key)
            assert limited.refused == (429, "rate_limit_error", None)
            assert limited.headers["Retry-After"] == "1"
            async with stream(api, other.key, theirs) as response:
                await first_event(response)
        await _none_open(api)
        async with stream(api, tenant.key, task_id) as response:
            await first_event(response)
        assert (await api.ask("HEAD", path, key=tenant.key)).status == 200
        await _none_open(api)


async def test_a_process_that_stops_ends_its_streams_and_takes_no_more(small_api: Api) -> None:
    tenant = await small_api.tenant()
    task_id = await small_api.task(tenant.key, X_Test_Scenario="delay=50")
    async with stream(small_api, tenant.key, task_id) as response:
        await first_event(response)
        small_api.app.watchers.end_all()
        assert numbered(await events_of(response)) in ([], [(2, "task.started")])
    got = await small_api.get(f"/api/v1/tasks/{task_id}/events", tenant.key)
    assert got.refused[:2] == (503, "overloaded")


async def test_a_silent_stream_beats(idle_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchers, "LOOK_EVERY_S", 0.02)
    monkeypatch.setattr(watchers, "TURNS", 1)
    tenant = await idle_api.tenant()
    task_id = await idle_api.task(tenant.key)
    async with stream(idle_api, tenant.key, task_id) as response:
        await first_event(response)
        assert await response.content.readline() == b": \n"
    await _none_open(idle_api)


class Hub:
    """Where a stream says that it leaves."""

    left = False

    def leave(self, _stream: EventStream) -> None:
        self.left = True


async def test_a_reader_that_takes_nothing_is_sent_away() -> None:
    hub, taken, read_on = Hub(), list[bytes | None](), asyncio.Event()
    context = SimpleNamespace(watchers=hub, clock=SystemClock())
    caller = SimpleNamespace(owner=("a", "test"), key_id="k")
    slow = EventStream(context, caller, "t", 1)  # pyright: ignore[reportArgumentType]

    async def write(piece: bytes | None) -> None:
        await read_on.wait()
        taken.append(piece)

    slow.begin(write)
    for number in range(WAITING_MAX + 3):
        await asyncio.sleep(0)
        assert hub.left == (number > WAITING_MAX)
        state: TaskState = "running" if number % 2 else "storing"
        await slow.tell(Progress("t", state, 1, None, None))
    read_on.set()
    async with asyncio.timeout(20):
        while None not in taken:  # noqa: ASYNC110 - the stream's own task fills it
            await asyncio.sleep(0)
    assert taken[-1] is None


async def test_a_database_that_was_away_costs_a_stream_no_event(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    tenant = await api.tenant()
    task_id = await api.task(tenant.key, X_Test_Scenario="delay=2")
    async with stream(api, tenant.key, task_id) as response:
        assert (await first_event(response)).id == 1
        rows = api.app.database.rows
        broken = 3

        async def refuse(*arguments: Any) -> Any:
            nonlocal broken
            if broken:
                broken -= 1
                raise RuntimeError("away")
            return await rows(*arguments)

        monkeypatch.setattr(api.app.database, "rows", refuse)
        events = await events_of(response)
    assert [number for number, _ in numbered(events)] == [2, 3]


async def test_streams_need_the_right_to_read_and_the_owners_key(idle_api: Api) -> None:
    tenant, stranger = await idle_api.tenant(), await idle_api.tenant()
    task_id = await idle_api.task(tenant.key, dict(BODY))
    path = f"/api/v1/tasks/{task_id}/events"
    assert (await idle_api.get(path, stranger.key)).refused == (404, "not_found", "task_id")
    assert (await idle_api.get(path)).status == 401


async def _none_open(api: Api) -> None:
    async with asyncio.timeout(20):
        while api.app.watchers.open:  # noqa: ASYNC110 - a socket's end is seen in no other way
            await asyncio.sleep(0.01)
