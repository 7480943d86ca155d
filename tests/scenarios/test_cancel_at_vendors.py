"""A task that is being made is stopped at the vendor that can stop it; what the vendor then says decides."""

from pathlib import Path

import pytest

from scenarios.live import CREDITS, live

FLUX = {"model": "flux-2", "prompt": "a hill"}


@pytest.mark.slow
@pytest.mark.parametrize("vendor", ["fal", "replicate"])
async def test_a_cancel_is_carried_to_the_vendor_which_stops_and_charges_nothing(
    database_url: str, tmp_path: Path, vendor: str
) -> None:
    async with live(database_url, tmp_path, vendor, seconds=20) as running:
        task_id = await running.create(FLUX)
        await running.reached(task_id, "running")
        asked = await running.api.ask("POST", f"/api/v1/tasks/{task_id}/cancel", key=running.tenant.key)
        assert (asked.status, asked.error["cancel_requested"]) == (409, True)
        task = await running.ended(task_id)
        assert (task["status"], task["consumed_credits"]) == ("CANCELED", 0)
        (attempt,) = await running.attempts(task_id)
        assert attempt.ended == (vendor, "canceled")
        assert (await running.seen(vendor)).charges == 0
        assert await running.balance() == (CREDITS, 0)


@pytest.mark.slow
async def test_a_vendor_that_cannot_stop_delivers_and_is_paid(database_url: str, tmp_path: Path) -> None:
    async with live(database_url, tmp_path, "wavespeed", seconds=3) as running:
        task_id = await running.create(FLUX)
        await running.reached(task_id, "running")
        assert (await running.api.ask("POST", f"/api/v1/tasks/{task_id}/cancel", key=running.tenant.key)).status == 409
        await running.delivered(task_id)
        assert await running.balance() == (CREDITS - 5, 0)
