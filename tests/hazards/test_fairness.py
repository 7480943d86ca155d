"""Hazard 23: bounded queues, and a share for everybody."""

import asyncio
from pathlib import Path

import pytest

from apiinone.core.errors import Overloaded
from apiinone.tasks.claim import Claim, claim, enlist
from apiinone.tasks.job import Job
from apiinone.tasks.submit import Created
from apiinone.tasks.worker_rules import WorkerRules
from scripted_worker import NODES, Hands, at_work, until, worker_of
from whole_app import opened
from workshop import Workshop

STEPS_MAX = 8


@pytest.mark.parametrize("jobs_max", [20_000, STEPS_MAX])
async def test_a_noisy_account_leaves_room_for_the_others(workshop: Workshop, jobs_max: int) -> None:
    """Whichever of the two ids sorts first, and however much of the noisy one's work waits."""
    noisy, quiet = await workshop.tenant(live=10_000), await workshop.tenant(live=10_000)
    await workshop.submit(*[workshop.submission(noisy) for _ in range(300)])

    async def step(job: Job) -> float | None:
        await asyncio.sleep(0.002)
        await workshop.store(job.id, quiet if job.account_id == quiet.account_id else noisy, job.attempt_id or "")
        return None

    hands = Hands(workshop, step)
    rules = WorkerRules(NODES, steps_max=STEPS_MAX, jobs_max=jobs_max, poll_s=0.2)
    async with at_work(worker_of(workshop.database, hands, rules)) as worker:
        for _ in range(5):
            await until(lambda: len(hands.begun) > 3 * STEPS_MAX)
            await workshop.submit(workshop.submission(quiet))
            worker.hear("tasks")
            begun = len(hands.begun)
            await until(lambda: any(job.account_id == quiet.account_id for job in hands.begun))
            before = next(n for n, job in enumerate(hands.begun) if job.account_id == quiet.account_id)
            assert before - begun <= 3 * STEPS_MAX
            hands.begun.clear()
        await until(lambda: len(hands.begun) > STEPS_MAX)


async def test_claims_go_round_the_accounts_even_one_at_a_time(workshop: Workshop) -> None:
    callers = [await workshop.tenant(live=1_000) for _ in range(3)]
    await workshop.submit(*[workshop.submission(caller) for caller in callers for _ in range(4)])
    epoch, after, served = workshop.ids.new(), "", list[str]()
    await workshop.database.transact(lambda tx: enlist(tx, epoch, NODES, 15.0))
    while len(served) < 9:
        order = Claim(epoch, NODES, 1, after)
        claimed = await workshop.database.transact(lambda tx, order=order: claim(tx, order, lambda _: None))
        served += [job.account_id for job in claimed.jobs]
        after = claimed.next_account
    expected = sorted(caller.account_id for caller in callers)
    assert served == expected * 3


async def test_a_full_queue_refuses_and_holds_nothing(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path, queue_max=5) as running:
        caller = await running.workshop.tenant(live=1_000)
        batch = [running.workshop.submission(caller) for _ in range(30)]
        outcomes = await asyncio.gather(*map(running.app.submissions.do, batch), return_exceptions=True)
        created = [outcome for outcome in outcomes if isinstance(outcome, Created)]
        assert {type(outcome) for outcome in outcomes} == {Created, Overloaded}
        held = [outcome.held for outcome in created]
        assert (await running.workshop.balance(caller))[1] == sum(held)
        await running.workshop.assert_sound()
