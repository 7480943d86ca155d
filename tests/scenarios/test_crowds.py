"""Many open tasks are asked about in turns, after a restart too; and how late we hear of the end can be read."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from scenarios.live import FRUGAL, live, live_at, simulated

CROWD: Final = 40
PER_S: Final = 10.0
WATCHED_S: Final = 2.0
LIMITS: Final[Mapping[str, Any]] = {
    "provider_questions_per_s_max": {"wavespeed": PER_S},
    "metrics_token": "a-token-for-tests-only",
}


async def test_after_a_restart_open_tasks_are_asked_about_in_turns(database_url: str, tmp_path: Path) -> None:
    async with simulated("wavespeed", seconds=60) as roots:
        async with live_at(database_url, tmp_path, roots, **LIMITS) as running:
            tenant = running.tenant
            tasks = await asyncio.gather(*(running.create(FRUGAL) for _ in range(CROWD)))
            for task_id in tasks:
                await running.reached(task_id, "running")
        async with live_at(database_url, tmp_path, roots, tenant=tenant, **LIMITS) as again:
            before = (await again.seen("wavespeed")).polls
            await asyncio.sleep(WATCHED_S)
            asked = (await again.seen("wavespeed")).polls - before
    assert 1 <= asked <= PER_S * (WATCHED_S + 1)


async def test_how_late_a_vendors_end_is_heard_of_stands_among_the_metrics(database_url: str, tmp_path: Path) -> None:
    async with live(database_url, tmp_path, "wavespeed", **LIMITS) as running:
        await running.delivered(await running.create(FRUGAL))
        token = {"Authorization": f"Bearer {LIMITS['metrics_token']}"}
        text = (await running.api.ask("GET", "/metrics", headers=token)).body.decode()
    assert 'apiinone_poll_lag_seconds_count{provider="wavespeed"} 1.0' in text
    assert 'apiinone_poll_lag_seconds_bucket{le="+Inf",provider="wavespeed"} 1.0' in text
    assert 'apiinone_poll_lag_seconds_bucket{le="60.0",provider="wavespeed"} 1.0' in text
