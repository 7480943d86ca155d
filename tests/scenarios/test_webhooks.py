"""A vendor's callback brings the next question forward. What it says about the job changes nothing."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import msgspec
import pytest

from apiinone.simulators.calling import Call, signature
from apiinone.simulators.options import SIMULATED_WEBHOOK_SECRET
from scenarios.live import CREDITS, FRUGAL, Live, live

PATH: Final = "/api/v1/providers/wavespeed/webhook"
SELDOM_S: Final = 600.0
"""How often the vendor is asked of our own accord: not within the test's time."""
BROUGHT_FORWARD_S: Final = 40.0
CALL_EVERY_S: Final = 0.2


@pytest.fixture
async def called(database_url: str, tmp_path: Path) -> AsyncIterator[Live]:
    """A product that a vendor can call."""
    url = "https://api.example.com"
    async with live(database_url, tmp_path, "wavespeed", seconds=0.3, public_url=url) as running:
        yield running


async def test_callbacks_bring_the_next_question_forward_however_often_they_come(called: Live) -> None:
    await called.arrange("wavespeed", "throttled", on="poll")
    adapter = type(called.api.app.vendors["wavespeed"].remote)
    with patch.object(adapter, "poll_interval_s", SELDOM_S):
        task_id, job = await _accepted(called)
        async with asyncio.timeout(BROUGHT_FORWARD_S):
            while (await called.task(task_id))["stage"] != "done":
                assert await _call(called, job) == 200
                await asyncio.sleep(CALL_EVERY_S)
    await called.delivered(task_id)
    assert await called.balance() == (CREDITS - 4, 0)


async def test_what_a_callback_says_is_not_believed(called: Live) -> None:
    task_id, job = await _accepted(called)
    assert await _call(called, job, status="failed") == 200
    assert await _call(called, job, status="completed", outputs=["https://elsewhere.example/picture.png"]) == 200
    assert await _call(called, "a-job-of-somebody-else") == 200
    await called.delivered(task_id)
    assert (await called.seen("wavespeed")).outputs == 1


async def test_a_callback_that_is_forged_or_comes_after_the_end_changes_nothing(called: Live) -> None:
    task_id, job = await _accepted(called)
    assert await _call(called, job, secret="whsec_forged", status="failed") == 401
    await called.delivered(task_id)
    ended = await _without_links(called, task_id)
    assert await _call(called, job, status="failed") == 200
    assert await _call(called, job, secret="whsec_forged") == 401
    await called.delivered(task_id)
    assert await _without_links(called, task_id) == ended
    assert await called.balance() == (CREDITS - 4, 0)


async def _accepted(called: Live) -> tuple[str, str]:
    """A task that the vendor has taken: its id, and the job's."""
    task_id = await called.create(FRUGAL)
    (attempt,) = await called.until(
        lambda: called.attempts(task_id), lambda attempts: any(one.upstream_id for one in attempts)
    )
    assert attempt.upstream_id is not None
    return task_id, attempt.upstream_id


async def _without_links(called: Live, task_id: str) -> Any:
    """The task, but for what is signed anew at each look."""
    task = await called.task(task_id)
    del task["response"], task["outputs"][0]["url"]
    return task


async def _call(
    called: Live, job: str, *, secret: str = SIMULATED_WEBHOOK_SECRET, status: str = "processing", **more: object
) -> int:
    """Call as the vendor does; the answer's status."""
    call = Call("", job, msgspec.json.encode({"id": job, "status": status, **more}), secret)
    now_s = int(time.time())
    headers = {
        "webhook-id": job,
        "webhook-timestamp": str(now_s),
        "webhook-signature": signature(call, now_s),
    }
    return (await called.api.ask("POST", PATH, data=call.body, headers=headers)).status
