"""An order whose answer was lost is found at the vendor where that is certain, delivered and charged once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from apiinone.simulators.faults import FaultName
from scenarios.live import CREDITS, FRUGAL, Live, live

OTHER: Final = {"model": "recraft-v4-text-to-vector", "prompt": "a hill"}
LOOKED_S: Final = 1.0
"""Long enough for a look."""


@pytest.fixture
async def alone(database_url: str, tmp_path: Path) -> AsyncIterator[Live]:
    """Nobody else uses the vendor's key."""
    async with live(database_url, tmp_path, "wavespeed", provider_keys_unshared=("wavespeed",)) as running:
        yield running


@pytest.fixture
async def shared(database_url: str, tmp_path: Path) -> AsyncIterator[Live]:
    """Others may use the vendor's key."""
    async with live(database_url, tmp_path, "wavespeed") as running:
        yield running


async def test_a_job_that_can_only_be_the_lost_orders_is_delivered_and_charged_once(alone: Live) -> None:
    await alone.delivered(await alone.create(FRUGAL))
    await alone.arrange("wavespeed", "lost_answer")
    task_id = await alone.create(FRUGAL)
    await alone.delivered(task_id)
    (attempt,) = await alone.attempts(task_id)
    assert attempt.ended == ("wavespeed", "finished")
    assert attempt.upstream_id
    seen = await alone.seen("wavespeed")
    assert (seen.submits, seen.charges) == (2, 2)
    assert await alone.balance() == (CREDITS - 8, 0)


async def test_where_others_use_the_key_a_listed_job_may_be_theirs(shared: Live) -> None:
    await _stays_unknown(shared, "lost_answer")


async def test_what_never_reached_the_vendor_stays_unknown(alone: Live) -> None:
    await _stays_unknown(alone, "server_error")


async def test_a_job_is_nobodys_while_two_lost_orders_may_own_it(alone: Live) -> None:
    await _stays_unknown(alone, "server_error")
    await _stays_unknown(alone, "lost_answer")
    assert (await alone.seen("wavespeed")).charges == 1


async def test_a_lost_order_for_another_model_is_in_nobodys_way(alone: Live) -> None:
    await _stays_unknown(alone, "server_error")
    await alone.arrange("wavespeed", "lost_answer")
    await alone.delivered(await alone.create(OTHER))
    assert (await alone.seen("wavespeed")).submits == 1


async def test_a_job_of_another_attempt_is_never_taken(alone: Live) -> None:
    await alone.delivered(await alone.create(FRUGAL))
    await _stays_unknown(alone, "server_error")


async def _stays_unknown(running: Live, fault: FaultName) -> None:
    before = (await running.seen("wavespeed")).submits
    await running.arrange("wavespeed", fault)
    task_id = await running.create(FRUGAL)
    await running.reached(task_id, "unknown")
    await asyncio.sleep(LOOKED_S)
    task = await running.task(task_id)
    assert (task["stage"], task["held_credits"]) == ("unknown", 4)
    assert [attempt.upstream_id for attempt in await running.attempts(task_id)] == [None]
    assert (await running.seen("wavespeed")).submits - before <= 1
