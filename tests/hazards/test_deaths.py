"""Hazard 16: a task that takes its workers with it is given up, and none that was only there."""

from pathlib import Path

import pytest

from apiinone.db import Sql
from apiinone.simulators import serving
from apiinone.simulators.options import Options
from apiinone.tasks.claim import take_over_dead
from apiinone.tasks.conclude import Tries
from apiinone.tasks.moves import Blamed, Sending
from dying import END_LEASES, die_with
from scripted_worker import until
from whole_app import opened, working
from workshop import Workshop

CLAIMS = Sql("SELECT claims FROM tasks WHERE id = $1")
BLAME = Sql("UPDATE tasks SET claims = $1 WHERE id = $2")
CLAIMS_MAX = Tries().claims_max


@pytest.mark.parametrize("provider", ["local", "recraft"])
async def test_a_task_that_kills_workers_is_given_up(
    workshop: Workshop, database_url: str, tmp_path: Path, provider: str
) -> None:
    caller = await workshop.tenant(live=100)
    task_id = await workshop.task(caller)
    for _ in range(CLAIMS_MAX + 1):
        job = await die_with(workshop, provider)
        if provider == "recraft" and job.attempt_state == "planned":
            await workshop.apply(job.move(Sending(job.attempt_id or "")))
        if job.in_doubt:
            await workshop.apply(job.move(Blamed(job.claims + 1)))
        await workshop.run(END_LEASES)
        await workshop.database.transact(take_over_dead)
    assert (await workshop.seen(task_id)).state == "submitting"
    async with working(database_url, tmp_path, vendors=["recraft"]) as running:
        (seen,) = await running.reached([task_id], ["failed", "unknown"])
        assert running.maker.made == 0
        assert (await running.vendors["recraft"].seen()).submits == 0
    assert (seen.state, seen.captured) == (("failed", 0) if provider == "local" else ("unknown", None))
    await workshop.assert_sound()


async def test_a_task_that_was_only_there_when_workers_died_is_made(
    workshop: Workshop, database_url: str, tmp_path: Path
) -> None:
    caller = await workshop.tenant(live=100)
    task_id = await workshop.task(caller)
    for _ in range(2 * CLAIMS_MAX):
        await die_with(workshop)
        await workshop.run(END_LEASES)
        await workshop.database.transact(take_over_dead)
    async with working(database_url, tmp_path) as running:
        (seen,) = await running.ended(task_id)
    assert (seen.state, await workshop.row(CLAIMS, task_id)) == ("succeeded", (2,))


async def test_a_task_is_blamed_only_while_a_worker_after_a_death_works_on_it(
    database_url: str, tmp_path: Path
) -> None:
    async with opened(database_url, tmp_path, vendors=["wavespeed"], vendor_seconds=3.0) as running:
        workshop = running.workshop
        caller = await workshop.tenant(live=100)
        task_id = await workshop.task(caller, sub_model="cogview-4", model="cogview-4")
        await workshop.run(BLAME, 1, task_id)
        async with running.app.work():
            await running.reached([task_id], ["running"])

            async def is_cleared() -> bool:
                return await workshop.row(CLAIMS, task_id) == (1,)

            await until(is_cleared)
            (seen,) = await running.ended(task_id)
    assert seen.state == "succeeded"


async def test_an_accepted_order_is_asked_about_however_many_workers_died_with_others(
    database_url: str, tmp_path: Path
) -> None:
    async with serving("wavespeed", Options(seconds=0.5, fast=True)) as root:
        at = {"wavespeed": root}
        async with working(database_url, tmp_path, vendors=["wavespeed"], at=at) as running:
            caller = await running.workshop.tenant(live=100)
            task_id = await running.workshop.task(caller, sub_model="cogview-4", model="cogview-4")
            await running.reached([task_id], ["running"])
        async with opened(database_url, tmp_path, vendors=["wavespeed"], at=at) as running:
            for _ in range(2 * CLAIMS_MAX):
                await die_with(running.workshop)
                await running.workshop.run(END_LEASES)
                await running.workshop.database.transact(take_over_dead)
            async with running.app.work():
                (seen,) = await running.ended(task_id)
            assert (await running.vendors["wavespeed"].seen()).submits == 1
    assert seen.state == "succeeded"


async def test_suspects_are_worked_on_one_at_a_time_beside_all_others(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path) as running:
        workshop = running.workshop
        caller = await workshop.tenant(mode="test")
        tasks = [await workshop.task(caller) for _ in range(5)]
        for suspect in tasks[:3]:
            await workshop.run(BLAME, 2, suspect)
        running.maker.hold.clear()
        async with running.app.work():
            await until(lambda: running.maker.made == 3)
            assert sorted([(await workshop.row(CLAIMS, task))[0] for task in tasks]) == [1, 1, 2, 2, 3]
            running.maker.hold.set()
            assert {task.state for task in await running.ended(*tasks)} == {"succeeded"}


async def test_the_more_a_task_is_blamed_the_later_it_has_its_turn(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path) as running:
        workshop = running.workshop
        caller = await workshop.tenant(mode="test")
        worse, better = [await workshop.task(caller) for _ in range(2)]
        await workshop.run(BLAME, 4, worse)
        await workshop.run(BLAME, 2, better)
        running.maker.hold.clear()
        async with running.app.work():
            await until(lambda: running.maker.made == 1)
            assert [await workshop.row(CLAIMS, task) for task in (worse, better)] == [(4,), (3,)]
            running.maker.hold.set()
            assert {task.state for task in await running.ended(worse, better)} == {"succeeded"}
