"""A server that is killed while it answers a chat: another one ends the call by what the first had written down."""

import asyncio
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import ClientConnectionError, ClientPayloadError, ClientSession

from apiinone.tasks.audit import audit
from processes.client import Client
from processes.installation import CREDITS, Installation

PATH = "/api/v1/chat/completions"
BODY = {"model": "gemini", "messages": [{"role": "user", "content": "Why is the sky blue?"}]}
PIECES_READ = 12


async def _read_some(client: Client, session: ClientSession) -> list[Any]:
    """The first chunks of a stream that takes ten seconds."""
    headers = {"Authorization": f"Bearer {client.installation.test.key}", "X-Test-Scenario": "delay=10"}
    chunks: list[Any] = []
    async with session.post(f"{client.url}{PATH}", json={**BODY, "stream": True}, headers=headers) as response:
        assert response.status == 200
        async for line in response.content:
            if line.startswith(b"data: "):
                chunks.append(json.loads(line.removeprefix(b"data: ")))
            if len(chunks) == PIECES_READ:
                return chunks
    raise AssertionError("the stream ended too early")


async def _money(client: Client) -> tuple[Decimal, Decimal]:
    found = await client.get("/api/v1/credits", client.installation.test)
    return Decimal(str(found["available"])), Decimal(str(found["held"]))


async def _assert_audited(client: Client) -> None:
    report = await client.installation.with_database(audit)
    assert report.ok, report.breaches[:5]


@pytest.mark.slow
async def test_a_stream_whose_server_dies_is_charged_for_what_had_been_noted_and_no_more(
    installation: Installation, session: ClientSession, new_port: Callable[[], int]
) -> None:
    port = new_port()
    first = installation.serve(port, instant=True)
    client = Client(installation, session, f"http://127.0.0.1:{port}")
    chunks = await _read_some(client, session)
    first.kill()
    installation.serve(port, instant=True)
    task = await client.reached(chunks[0]["id"], "test")
    assert (task["status"], task["response"]) == ("SUCCESS", [])
    receipt = await client.get(f"/api/v1/tasks/{task['task_id']}/receipt", installation.test)
    usage = receipt["usage"]
    assert (usage["estimated"], usage["finish_reason"]) == (True, None)
    said = sum(len(_words(chunk).encode()) for chunk in chunks)
    assert 0 < usage["completion_tokens"] <= -(-said // 4) + 1, "what was said after the last note is not charged"
    spent = Decimal(90 * usage["prompt_tokens"] + 450 * usage["completion_tokens"]).scaleb(-6)
    assert await _money(client) == (CREDITS - spent, 0)
    await _assert_audited(client)


@pytest.mark.slow
async def test_a_whole_answer_whose_server_dies_costs_nothing_and_may_be_asked_for_again(
    installation: Installation, session: ClientSession, new_port: Callable[[], int]
) -> None:
    port = new_port()
    first = installation.serve(port, instant=True)
    client = Client(installation, session, f"http://127.0.0.1:{port}")
    headers = {"X-Test-Scenario": "delay=10", "Idempotency-Key": "k"}
    asking = asyncio.create_task(client.post(PATH, installation.test, BODY, headers))
    await asyncio.sleep(1.0)
    assert await _money(client) == (CREDITS - 5, 5)
    first.kill()
    gone = (await asyncio.gather(asking, return_exceptions=True))[0]
    assert isinstance(gone, ClientConnectionError | ClientPayloadError)
    installation.serve(port, instant=True)
    (task,) = await client.get("/api/v1/tasks", installation.test)
    ended = await client.reached(task["task_id"], "test")
    assert (ended["status"], ended["error"]["type"]) == ("FAILED", "provider_error")
    assert await _money(client) == (CREDITS, 0)
    status, _, _ = await client.post(PATH, installation.test, BODY, {"Idempotency-Key": "another"})
    assert status == 200
    await _assert_audited(client)


def _words(chunk: Any) -> str:
    delta = chunk["choices"][0]["delta"]
    return delta.get("content", "") + delta.get("reasoning_content", "")
