"""Workers: alone, beside others, when they die, when they are told to stop, when the database goes away."""

import asyncio
from pathlib import Path

import pytest

from apiinone.db import CommitInDoubt, Row, Sql, Value
from apiinone.tasks.job import Job
from apiinone.tasks.moves import Move, Outcome, Sending, Stale, WasLost, WasRejected
from apiinone.tasks.worker_rules import WorkerRules
from scripted_worker import NODES, Hands, at_work, until, worker_of
from whole_app import Running, opened, working
from workshop import PRICE, Workshop

FAST = WorkerRules(NODES, poll_s=0.1, after_error_s=0.05)
LIMBO = Sql("SELECT id FROM tasks WHERE holder IS NOT NULL AND holder NOT IN (SELECT epoch FROM workers)")
HELD = Sql("SELECT count(*) FROM tasks WHERE holder IS NOT NULL")
CLAIMS = Sql("SELECT claims FROM tasks WHERE id = $1")
ATTEMPTS = Sql("SELECT count(*), max(attempts) FROM tasks")
BURY = Sql("DELETE FROM workers")
SPOIL = Sql("UPDATE task_inputs SET request = 'no JSON' WHERE task_id = $1")
SCENARIOS = {
    None: PRICE,
    "partial=1": PRICE,
    "lost_answer": PRICE,
    "fail=moderation": 0,
    "fail=provider_error": 0,
    "fail=expired_url": 0,
    "delay=0.5": PRICE,
}


@pytest.mark.slow
async def test_a_thousand_tasks_end_as_scripted_and_cost_exactly_that(database_url: str, tmp_path: Path) -> None:
    async with working(database_url, tmp_path) as running:
        workshop = running.workshop
        callers = [await workshop.tenant(mode="test") for _ in range(20)]
        for caller in callers:
            await workshop.grant((caller.account_id, "test"), 1_000)
        scripts = [list(SCENARIOS)[number % len(SCENARIOS)] for number in range(1_000)]
        batch = [
            workshop.submission(callers[number % 20], scenario=script, units=2 if script == "partial=1" else 1)
            for number, script in enumerate(scripts)
        ]
        tasks = await asyncio.gather(*map(running.submit, batch))
        seen = await running.ended(*tasks, within_s=60)
        assert [task.captured for task in seen] == [SCENARIOS[script] for script in scripts]
        for number, caller in enumerate(callers):
            spent = sum(SCENARIOS[script] for script in scripts[number::20])
            assert await workshop.balance(caller) == (100 * PRICE - spent, 0)
        await workshop.assert_sound()


async def test_tries_are_bounded_and_each_has_its_own_attempt(database_url: str, tmp_path: Path) -> None:
    async with working(database_url, tmp_path) as running:
        caller = await running.workshop.tenant(mode="test")
        task_id = await running.submit(running.workshop.submission(caller, scenario="fail=rate_limited"))
        (seen,) = await running.ended(task_id)
        assert (seen.state, seen.attempts) == ("failed", 3)


async def test_two_workers_on_one_database_never_do_the_same_task(postgres_url: str, tmp_path: Path) -> None:
    async with working(postgres_url, tmp_path) as first, working(postgres_url, tmp_path) as second:
        workshop = first.workshop
        callers = [await workshop.tenant(mode="test") for _ in range(5)]
        for caller in callers:
            await workshop.grant((caller.account_id, "test"), 1_000)
        batch = [workshop.submission(callers[number % 5]) for number in range(300)]
        tasks = await asyncio.gather(*[(first, second)[n % 2].submit(one) for n, one in enumerate(batch)])
        seen = await first.ended(*tasks, within_s=30)
        assert {(task.state, task.attempts) for task in seen} == {("succeeded", 1)}
        assert first.maker.made + second.maker.made == 300
        await workshop.assert_sound()


async def _blocked(running: Running, count: int) -> list[str]:
    """Tasks that a worker has begun and cannot finish."""
    running.maker.hold.clear()
    caller = await running.workshop.tenant(mode="test")
    tasks = [await running.submit(running.workshop.submission(caller)) for _ in range(count)]
    await until(lambda: running.maker.made == count)
    return tasks


async def test_a_dead_workers_tasks_are_taken_over_within_its_lease(postgres_url: str, tmp_path: Path) -> None:
    lease_s = 6.0
    async with (
        opened(postgres_url, tmp_path, lease_s=lease_s) as dying,
        working(postgres_url, tmp_path, lease_s=lease_s, nodes=(1,)) as other,
        opened(postgres_url, tmp_path, lease_s=lease_s) as heir,
    ):
        async with at_work(dying.app.worker):
            tasks = await _blocked(dying, 3)
        died_s = asyncio.get_running_loop().time()
        async with heir.app.work():
            seen = await heir.ended(*tasks)
        assert {task.state for task in seen} == {"succeeded"}
        assert asyncio.get_running_loop().time() - died_s < lease_s
        assert other.maker.made == 0
        dying.maker.hold.set()
        await asyncio.sleep(0.05)
        await other.workshop.assert_sound()


async def test_a_worker_told_to_stop_hands_its_tasks_back_at_once(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path, lease_s=60.0) as first, opened(database_url, tmp_path) as second:
        async with first.app.work():
            caller = await first.workshop.tenant(mode="test")
            tasks = [await first.submit(first.workshop.submission(caller, scenario="delay=1")) for _ in range(3)]
            await first.reached(tasks, ["running"])
        assert await first.workshop.row(HELD) == (0,)
        assert await first.workshop.row(CLAIMS, tasks[0]) == (0,)
        async with second.app.work():
            seen = await second.ended(*tasks)
        assert {(task.state, task.attempts) for task in seen} == {("succeeded", 1)}
        await second.workshop.assert_sound()


async def test_nothing_is_held_in_the_name_of_a_worker_that_was_buried(workshop: Workshop) -> None:
    """As after a host that slept: the wall clock went on, and the worker's own did not."""
    caller = await workshop.tenant(live=1_000)
    hands = Hands(workshop)
    async with at_work(worker_of(workshop.database, hands, FAST)) as worker:
        await workshop.task(caller)
        await until(lambda: worker.held == 1)
        await workshop.run(BURY)
        for _ in range(3):
            await workshop.task(caller)
            worker.hear("tasks")
        await until(lambda: worker.held == 3 and len(hands.begun) == 4)
        first = hands.begun[0]
        assert [row[0] for row in await workshop.rows(LIMBO)] == [first.id]
        assert {job.fence for job in hands.begun[1:]} == {1}


async def test_a_task_that_cannot_be_planned_keeps_nobody_waiting(database_url: str, tmp_path: Path) -> None:
    async with working(database_url, tmp_path, vendors=["recraft"]) as running:
        workshop = running.workshop
        live, test = await workshop.tenant(live=100), await workshop.tenant(mode="test")
        odd = workshop.submission(live)
        await workshop.submit(odd)
        await workshop.run(SPOIL, odd.task_id)
        tasks = [await running.submit(workshop.submission(test)) for _ in range(3)]
        assert {task.state for task in await running.ended(*tasks)} == {"succeeded"}
        assert (await workshop.seen(odd.task_id)).state == "queued"


async def test_steps_that_end_do_not_ask_the_database_for_more_work(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=100)
    looks, steps, look = 0, 0, workshop.database.rows_now

    async def counted(statement: Sql, *values: Value) -> list[Row]:
        nonlocal looks
        looks += 1
        return await look(statement, *values)

    async def step(_job: Job) -> float | None:
        nonlocal steps
        steps += 1
        return 0.005 if steps < 50 else 60.0

    workshop.database.rows_now = counted
    rules = WorkerRules(NODES, poll_s=60.0)
    async with at_work(worker_of(workshop.database, Hands(workshop, step), rules)) as worker:
        await workshop.task(caller)
        worker.hear("tasks")
        await until(lambda: steps == 50)
    assert 1 <= looks <= 5


async def test_a_worker_without_room_looks_again_as_soon_as_there_is_some(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=100)
    for _ in range(5):
        await workshop.task(caller)

    async def step(_job: Job) -> float | None:
        await asyncio.sleep(0.01)
        return None

    rules = WorkerRules(NODES, poll_s=60.0, steps_max=2)
    hands = Hands(workshop, step)
    async with at_work(worker_of(workshop.database, hands, rules)):
        await until(lambda: len(hands.begun) == 5)


async def test_while_requests_need_the_process_few_tasks_are_claimed_and_afterwards_the_rest_at_once(
    workshop: Workshop,
) -> None:
    caller = await workshop.tenant(live=100)
    for _ in range(5):
        await workshop.task(caller)
    needed = True
    hands = Hands(workshop)
    rules = WorkerRules(NODES, poll_s=60.0, busy_claim_max=2, busy_pause_s=60.0)
    async with at_work(worker_of(workshop.database, hands, rules, lambda: needed)) as worker:
        await until(lambda: len(hands.begun) == 2)
        for _ in range(5):
            worker.hear("tasks")
            await asyncio.sleep(rules.busy_look_s)
        assert len(hands.begun) == 2
        needed = False
        await until(lambda: len(hands.begun) == 5)


async def test_no_more_is_claimed_at_a_time_than_the_rules_say(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=100)
    for _ in range(5):
        await workshop.task(caller)
    held_at_first: list[int] = []

    async def step(_: Job) -> None:
        held_at_first.append(worker.held)

    hands = Hands(workshop, step)
    worker = worker_of(workshop.database, hands, WorkerRules(NODES, poll_s=60.0, claim_max=2))
    async with at_work(worker):
        await until(lambda: len(hands.begun) == 5)
    assert held_at_first[0] == 2


async def test_a_defect_in_a_round_does_not_end_the_worker(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=100)
    hands = Hands(workshop)
    worker = worker_of(workshop.database, hands, FAST)
    look, broken = workshop.database.rows_now, 2

    async def breaking(statement: Sql, *values: Value) -> list[Row]:
        nonlocal broken
        if broken:
            broken -= 1
            raise KeyError("a defect")
        return await look(statement, *values)

    workshop.database.rows_now = breaking
    async with at_work(worker):
        await workshop.task(caller)
        await until(lambda: worker.held == 1)
    assert broken == 0


async def test_a_worker_that_lost_its_lease_lets_go_and_its_steps_still_tell_what_they_find(
    workshop: Workshop,
) -> None:
    caller = await workshop.tenant(live=100)
    task_id = await workshop.task(caller)
    found, told = asyncio.Event(), asyncio.Event()

    async def step(job: Job) -> float | None:
        await found.wait()
        await workshop.store(job.id, caller, job.attempt_id or "")
        told.set()
        return None

    hands = Hands(workshop, step)
    rules = WorkerRules(NODES, lease_s=0.5, poll_s=0.1, after_error_s=0.02)
    async with at_work(worker_of(workshop.database, hands, rules)) as worker:
        await until(lambda: len(hands.begun) == 1)
        workshop.database.away = True
        await until(lambda: worker.held == 0)
        workshop.database.away = False
        found.set()
        await asyncio.wait_for(told.wait(), 2)
        assert worker.held == 0
    assert (await workshop.seen(task_id)).state == "succeeded"


class Doubting:
    """Moves, of which the first of a kind is made and its answer lost."""

    def __init__(self, running: Running, kind: type) -> None:
        self._moves = running.app.moves
        self._kind: type | None = kind

    async def do(self, move: Move) -> Outcome:
        outcome = await self._moves.do(move)
        if self._kind is not None and isinstance(move.what, self._kind):
            self._kind = None
            raise CommitInDoubt("the answer is lost")
        return outcome

    async def drain(self) -> None:
        await self._moves.drain()


async def test_leave_to_send_that_is_in_doubt_is_no_sending_and_the_task_goes_on(
    database_url: str, tmp_path: Path
) -> None:
    async with working(database_url, tmp_path, vendors=["recraft"]) as running:
        running.app.moves = Doubting(running, Sending)  # pyright: ignore[reportAttributeAccessIssue]
        caller = await running.workshop.tenant(live=100)
        task_id = await running.submit(running.workshop.submission(caller))
        (seen,) = await running.ended(task_id)
        assert (seen.state, seen.attempts) == ("succeeded", 2)
        assert (await running.vendors["recraft"].seen()).submits == 1
        await running.workshop.assert_sound()


@pytest.mark.parametrize(
    ("vendor", "fault", "attempts"), [("wavespeed", "slow", 1), ("recraft", "slow", 1), ("recraft", "throttled", 2)]
)
async def test_what_a_vendor_said_while_the_database_was_away_is_not_lost(
    database_url: str, tmp_path: Path, vendor: str, fault: str, attempts: int
) -> None:
    async with working(database_url, tmp_path, vendors=[vendor]) as running:
        workshop = running.workshop
        await running.vendors[vendor].arrange(
            {"fault": fault, "delay_s": 0.4} if fault == "slow" else {"fault": "throttled"}
        )
        caller = await workshop.tenant(live=100)
        real, went = running.app.moves.do, asyncio.Event()

        async def do(move: Move) -> Outcome:
            outcome = await real(move)
            if isinstance(move.what, Sending) and not went.is_set():
                went.set()
                running.database.away = True
                asyncio.get_running_loop().call_later(0.8, running.database.come_back)
            return outcome

        running.app.moves.do = do  # pyright: ignore[reportAttributeAccessIssue]
        task_id = await running.submit(workshop.submission(caller))
        await went.wait()
        await until(lambda: not running.database.away)
        (seen,) = await running.ended(task_id)
        assert (seen.state, seen.attempts) == ("succeeded", attempts)
        attempt = await workshop.attempt(seen.attempt_id or "")
        assert (attempt.upstream_id is not None) == (vendor == "wavespeed")
        assert (await running.vendors[vendor].seen()).charges == 1
        await workshop.assert_sound()


async def test_who_takes_over_believes_what_the_one_before_found_out(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path, vendors=["recraft"]) as running:
        workshop = running.workshop
        caller = await workshop.tenant(live=100)
        task_id = await workshop.task(caller)
        attempt_id = await workshop.sending(task_id, caller)
        await workshop.move(task_id, caller, WasLost(attempt_id, "the worker is gone"))
        late = WasRejected(attempt_id, "content_policy", "refused", None)
        assert isinstance(await workshop.move(task_id, caller, late, fence=99), Stale)
        async with running.app.work():
            (seen,) = await running.ended(task_id)
        assert (seen.state, seen.error_type, seen.captured) == ("failed", "content_policy", 0)
        await workshop.assert_sound()
