"""What comes after the deadline is delivered and charged once; after the last limit it changes nothing."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from scenarios.live import CREDITS, FRUGAL, Live, live


@pytest.fixture
async def slow(database_url: str, tmp_path: Path) -> AsyncIterator[Live]:
    """A vendor that takes three seconds, and patience of one second after a deadline."""
    async with live(database_url, tmp_path, "wavespeed", seconds=3, unknown_max_s=1) as running:
        yield running


@pytest.fixture
async def patient(database_url: str, tmp_path: Path) -> AsyncIterator[Live]:
    """A vendor that takes three seconds, and an hour's patience."""
    async with live(database_url, tmp_path, "wavespeed", seconds=3) as running:
        yield running


@pytest.mark.slow
async def test_success_after_the_deadline_and_before_the_last_limit_is_delivered_and_charged_once(
    patient: Live,
) -> None:
    task_id = await patient.create(FRUGAL, deadline_s=1)
    task = await patient.reached(task_id, "unknown")
    assert (task["status"], await patient.balance()) == ("IN_PROGRESS", (CREDITS - 4, 4))
    await patient.delivered(task_id)
    assert (await patient.seen("wavespeed")).submits == 1
    assert await patient.balance() == (CREDITS - 4, 0)


@pytest.mark.slow
async def test_success_after_the_last_limit_is_noted_at_the_attempt_and_nowhere_else(slow: Live) -> None:
    task_id = await slow.create(FRUGAL, deadline_s=1)
    assert await slow.failed(task_id) == ("provider_timeout", 504)
    failed = await slow.task(task_id)
    assert await slow.balance() == (CREDITS, 0)
    await slow.until(lambda: slow.attempts(task_id), lambda attempts: attempts[0].late == "finished")
    assert (await slow.seen("wavespeed")).charges == 1
    assert await slow.task(task_id) == failed
    assert await slow.balance() == (CREDITS, 0)
