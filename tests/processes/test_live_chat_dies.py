"""A server that is killed while a vendor answers a live chat: charged once, by what was noted, nothing resent."""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from aiohttp import ClientSession

from apiinone.simulators.options import SIMULATED_KEY, Options
from apiinone.simulators.serving import serving
from apiinone.tasks.audit import audit
from processes.client import Client
from processes.installation import CREDITS, Installation

PATH = "/api/v1/chat/completions"
BODY = {"model": "gemini", "messages": [{"role": "user", "content": "one two three four five six"}], "stream": True}
LONG = {"max_tokens": 65_536, "messages": [{"role": "user", "content": " ".join(["x" * 1_000] * 100)}]}
"""Its answer owes more than its first hold: the words come again, one in each chunk."""
ANSWER_S = 8.0
CHUNKS_READ = 4
CHUNKS_BEYOND_THE_FIRST_HOLD = 95


class Told(NamedTuple):
    """What is asked for, after how many chunks the server dies, and how many slices are held by then."""

    asked: Mapping[str, Any]
    chunks: int
    slices: int


async def _read_some(client: Client, session: ClientSession, body: Mapping[str, Any], count: int) -> str:
    """The record's id, once so many chunks have come."""
    headers = {"Authorization": f"Bearer {client.installation.live.key}"}
    chunks: list[Any] = []
    async with session.post(f"{client.url}{PATH}", json=body, headers=headers) as response:
        assert response.status == 200, await response.text()
        async for line in response.content:
            if line.startswith(b"data: "):
                chunks.append(json.loads(line.removeprefix(b"data: ")))
            if len(chunks) == count:
                return str(chunks[0]["id"])
    raise AssertionError("the stream ended too early")


@pytest.mark.slow
@pytest.mark.parametrize(
    "told", [Told({}, CHUNKS_READ, 1), Told(LONG, CHUNKS_BEYOND_THE_FIRST_HOLD, 2)], ids=["short", "long"]
)
async def test_a_live_stream_whose_server_dies_is_charged_once_by_what_was_noted_and_not_asked_for_again(
    installation: Installation, session: ClientSession, new_port: Callable[[], int], told: Told
) -> None:
    async with serving("chat_vendor", Options(seconds=ANSWER_S)) as root:
        settings = {"APIINONE_GOOGLE_CHAT_BASE_URL": f"{root}/v1beta", "GEMINI_API_KEY": SIMULATED_KEY}
        port = new_port()
        first = installation.serve(port, instant=True, settings=settings)
        client = Client(installation, session, f"http://127.0.0.1:{port}")
        task_id = await _read_some(client, session, {**BODY, **told.asked}, told.chunks)
        first.kill()
        installation.serve(port, instant=True, settings=settings)
        task = await client.reached(task_id, "live")
        assert task["status"] == "SUCCESS"
        receipt = await client.get(f"/api/v1/tasks/{task_id}/receipt", installation.live)
        usage = receipt["usage"]
        assert (usage["estimated"], usage["finish_reason"]) == (True, None)
        assert [entry["kind"] for entry in receipt["entries"]] == ["hold"] * told.slices + ["capture", "release"]
        assert [attempt["provider"] for attempt in receipt["attempts"]] == ["google"]
        spent = Decimal(90 * usage["prompt_tokens"] + 450 * usage["completion_tokens"]).scaleb(-6)
        money = await client.get("/api/v1/credits", installation.live)
        assert (Decimal(str(money["available"])), Decimal(str(money["held"]))) == (CREDITS - spent, 0)
        async with session.get(f"{root}/_sim/state") as response:
            assert (await response.json())["submits"] == 1
    report = await installation.with_database(audit)
    assert report.ok, report.breaches[:5]
