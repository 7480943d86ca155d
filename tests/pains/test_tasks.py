"""Pains 12, 29 to 40 and 53: tasks end by themselves, once, through one settlement, whatever vendors do."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from apiinone.db import Sql
from apiinone.tasks.moves import CancelAsked, EndedByHand, Move, Moved, TimePassed, WasLost, WasStored
from apiinone.tasks.moves import WasRejected as Rejected
from outbound.loopback import Loopback, silent
from scripted_worker import until
from whole_app import Running, opened, working
from workshop import PRICE, Workshop

FREE = (10 * PRICE, 0)
PAID = (9 * PRICE, 0)
HASTEN = Sql("UPDATE tasks SET deadline_us = deadline_us - $1, sweep_us = deadline_us - $1 WHERE id = $2")
GIVE_UP = Sql("UPDATE tasks SET unknown_limit_us = 0, sweep_us = 0 WHERE id = $1")
WAVESPEED_ONLY = {"sub_model": "cogview-4", "model": "cogview-4"}


async def test_a_task_past_its_last_limit_ends_and_gives_its_hold_back(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=100)
    task_id = await workshop.task(caller)
    attempt_id = await workshop.sending(task_id, caller)
    await workshop.move(task_id, caller, WasLost(attempt_id, "lost"))
    for seconds, state in ((599, "unknown"), (2, "unknown"), (3_597, "unknown"), (3, "failed")):
        workshop.let_pass(seconds)
        await workshop.move(task_id, caller, TimePassed())
        assert (await workshop.seen(task_id)).state == state
    assert (await workshop.seen(task_id)).error_type == "provider_timeout"
    assert await workshop.balance(caller) == FREE
    await workshop.assert_sound()


async def test_a_slow_vendor_does_not_delay_the_tasks_of_another(database_url: str, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"steps_max": 8, "provider_concurrent_max": {"recraft": 4}}
    async with AsyncExitStack() as hanging:
        at = {"recraft": (await hanging.enter_async_context(Loopback(silent))).url}
        async with working(database_url, tmp_path, vendors=["recraft"], at=at, **settings) as running:
            workshop = running.workshop
            slow, test = await workshop.tenant(live=10_000), await workshop.tenant(mode="test")
            await workshop.submit(*[workshop.submission(slow) for _ in range(60)])
            await running.app.database.hint("tasks")
            await until(lambda: running.app.worker.held > 0)
            await asyncio.sleep(0.6)
            tasks = [await running.submit(workshop.submission(test)) for _ in range(5)]
            assert {task.state for task in await running.ended(*tasks)} == {"succeeded"}
            await hanging.aclose()  # so that nobody waits for it in the end


async def test_two_that_end_a_task_at_once_settle_it_once(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path) as first, opened(database_url, tmp_path) as second:
        workshop = first.workshop
        caller = await workshop.tenant(live=100)
        owner = (caller.account_id, caller.mode)
        apps = (first, second) if first.app.database.engine == "postgresql" else (first, first)
        for _ in range(5):
            task_id = await workshop.task(caller)
            attempt_id = await workshop.sending(task_id, caller)
            ends = [
                WasStored(attempt_id, (workshop.output(),), None),
                Rejected(attempt_id, "provider_error", "no", None),
                EndedByHand("operator"),
                CancelAsked(),
            ] * 3
            moves = [Move(task_id, owner, what) for what in ends]
            outcomes = await asyncio.gather(*[apps[n % 2].app.apply(move) for n, move in enumerate(moves)])
            assert len([outcome for outcome in outcomes if isinstance(outcome, Moved)]) == 1
            assert len(await workshop.settlements(task_id)) == 1
        await workshop.assert_sound()


async def test_a_provider_taken_away_leaves_no_task_unsettled(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path, vendors=["wavespeed"], vendor_seconds=60.0) as running:
        workshop = running.workshop
        caller = await workshop.tenant(live=100)
        async with running.app.work():
            sent = await running.submit(workshop.submission(caller, **WAVESPEED_ONLY))
            await running.reached([sent], ["running"])
        queued = await workshop.task(caller, **WAVESPEED_ONLY)
    async with working(database_url, tmp_path) as later:
        (seen,) = await later.ended(queued)
        assert (seen.state, seen.captured) == ("failed", 0)
        await later.workshop.run(GIVE_UP, sent)
        await later.workshop.run(HASTEN, 600_000_000, sent)
        (seen,) = await later.ended(sent)
        assert (seen.state, seen.captured) == ("failed", 0)
        assert await later.workshop.balance(caller) == FREE
        await later.workshop.assert_sound()


async def _fails(running: Running, *faults: dict[str, object], **changes: object) -> str | None:
    await running.vendors["recraft"].arrange(*faults)
    caller = await running.workshop.tenant(live=100)
    task_id = await running.submit(running.workshop.submission(caller, **changes))
    (seen,) = await running.ended(task_id)
    assert (seen.state, seen.captured) == ("failed", 0)
    assert await running.workshop.balance(caller) == FREE
    return seen.error_type


async def test_a_task_that_fails_costs_nothing(database_url: str, tmp_path: Path) -> None:
    async with working(database_url, tmp_path, vendors=["recraft"]) as running:
        assert await _fails(running, {"fault": "moderation"}) == "content_policy"
        assert await _fails(running, {"fault": "bad_request"}) == "bad_request"
        assert await _fails(running, {"fault": "no_balance", "times": 9}) == "provider_error"
        await running.workshop.assert_sound()


async def test_a_task_ends_though_nobody_asks(database_url: str, tmp_path: Path) -> None:
    async with working(database_url, tmp_path, vendors=["wavespeed"], vendor_seconds=0.3) as running:
        caller = await running.workshop.tenant(live=100)
        waiting = asyncio.ensure_future(running.submit(running.workshop.submission(caller)))
        task_id = await waiting
        (seen,) = await running.ended(task_id)  # it looks at the row; nobody asks the API
        assert seen.state == "succeeded"
        assert await running.workshop.balance(caller) == PAID


@pytest.mark.parametrize(("unknown_max_s", "state", "balance"), [(60, "succeeded", PAID), (0, "failed", FREE)])
async def test_a_late_success_is_delivered_and_charged_once(
    database_url: str, tmp_path: Path, unknown_max_s: int, state: str, balance: tuple[int, int]
) -> None:
    async with working(database_url, tmp_path, unknown_max_s=unknown_max_s) as running:
        workshop = running.workshop
        caller = await workshop.tenant(mode="test")
        await workshop.grant((caller.account_id, "test"), 100)
        submission = workshop.submission(caller, deadline_s=1, scenario="late=1.5")
        task_id = await running.submit(submission)
        if unknown_max_s:
            await running.reached([task_id], ["unknown"])
        (seen,) = await running.ended(task_id)
        assert (seen.state, seen.error_type) == (state, None if state == "succeeded" else "provider_timeout")
        assert await workshop.balance(caller) == balance
        await asyncio.sleep(0.2)
        assert len(await workshop.settlements(task_id)) == 1
        await workshop.assert_sound()


async def test_a_poll_that_fails_changes_no_task(database_url: str, tmp_path: Path) -> None:
    async with working(database_url, tmp_path, vendors=["wavespeed"]) as running:
        workshop, vendor = running.workshop, running.vendors["wavespeed"]
        await vendor.arrange({"fault": "bad_gateway", "on": "poll"})
        caller = await workshop.tenant(live=100)
        task_id = await running.submit(workshop.submission(caller))
        (seen,) = await running.ended(task_id, within_s=20)
        assert (seen.state, seen.attempts) == ("succeeded", 1)
        assert (await vendor.seen()).submits == 1
        assert await workshop.balance(caller) == PAID
