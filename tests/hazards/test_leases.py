"""Hazards 15, 17 and 18: leases, nodes without workers, hints that never come."""

import asyncio
from pathlib import Path

from apiinone.db import Sql, Tx
from apiinone.tasks.claim import take_over_dead
from apiinone.tasks.worker_rules import WorkerRules
from dying import LEASE_S, die_with
from scripted_worker import NODES, Hands, at_work, until, worker_of
from whole_app import working
from workshop import PRICE, Workshop

LEASES = Sql("SELECT lease_until_us FROM workers")
HELD = Sql("SELECT count(*) FROM tasks WHERE holder IS NOT NULL")


async def test_leases_are_judged_by_the_databases_clock(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=100)
    await workshop.task(caller)
    await die_with(workshop)
    assert await workshop.database.transact(take_over_dead) == 0
    workshop.let_pass(LEASE_S - 1)
    assert await workshop.database.transact(take_over_dead) == 0
    workshop.let_pass(2)
    assert await workshop.database.transact(take_over_dead) == 1
    assert await workshop.row(HELD) == (0,)
    assert await workshop.database.transact(take_over_dead) == 0
    assert await workshop.rows(LEASES) == []


async def test_a_holder_stops_before_its_lease_is_over(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=100)
    await workshop.task(caller)
    hands = Hands(workshop)
    worker = worker_of(workshop.database, hands, WorkerRules(NODES, lease_s=4.0, after_error_s=0.05))
    loop = asyncio.get_running_loop()
    async with at_work(worker):
        await until(lambda: worker.held == 1)
        (lease_until_us,) = await workshop.row(LEASES)
        workshop.database.away = True
        began_s = loop.time()
        await until(lambda: worker.held == 0)
        assert loop.time() - began_s < 4.0
        workshop.database.away = False

        async def now(tx: Tx) -> int:
            return tx.now_us

        assert await workshop.database.read(now) < lease_until_us


async def test_a_node_without_workers_still_meets_its_deadlines(database_url: str, tmp_path: Path) -> None:
    async with working(database_url, tmp_path, nodes=(1,)) as running:
        caller = await running.workshop.tenant(live=100)
        task_id = await running.workshop.task(caller, deadline_s=1)
        (seen,) = await running.ended(task_id)
        assert (seen.state, seen.error_type) == ("failed", "provider_timeout")
        assert await running.workshop.balance(caller) == (10 * PRICE, 0)


async def test_work_is_found_without_a_notification(database_url: str, tmp_path: Path) -> None:
    async with working(database_url, tmp_path) as running:
        caller = await running.workshop.tenant(mode="test")
        await asyncio.sleep(0.2)
        tasks = [await running.workshop.task(caller) for _ in range(3)]
        assert {seen.state for seen in await running.ended(*tasks)} == {"succeeded"}
