"""What time does by itself, in bites, and without one odd row keeping the others from their turn."""

import asyncio
from collections.abc import Sequence

import pytest

from apiinone.core.credits import whole
from apiinone.core.errors import DatabaseUnavailable
from apiinone.db import Sql
from apiinone.tasks.claim import enlist
from apiinone.tasks.duties import Duties, Duty
from apiinone.tasks.moves import Move, Outcome
from apiinone.tasks.submit import Created, Replayed
from apiinone.tasks.sweep import BITE_MAX, Sweeper, SweepRules
from scripted_worker import until
from spying import SpyDatabase
from workshop import DAY_S, PRICE, Workshop

WORKERS = Sql("SELECT epoch FROM workers")
COUNT_TASKS = Sql("SELECT count(*) FROM tasks WHERE finished_us IS NULL")
IDEMPOTENCY = Sql("SELECT key FROM idempotency ORDER BY key")
STRIP = Sql("DELETE FROM hold_slices WHERE hold_id = $1")
LEFT = Sql(
    "SELECT (SELECT count(*) FROM tasks), (SELECT count(*) FROM task_inputs), (SELECT count(*) FROM task_labels),"
    " (SELECT count(*) FROM attempts), (SELECT count(*) FROM outputs), (SELECT count(*) FROM holds),"
    " (SELECT count(*) FROM settlements)"
)
LAST_USED = Sql("SELECT last_used_us FROM keys WHERE id = $1")
EXPIRED = Sql("SELECT expired_micro FROM lots WHERE id = $1")


class Bench:
    """A sweeper with everything it touches."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self.dropped: list[str] = []
        self.used: dict[str, int] = {}
        self.files_fail = False
        rules = SweepRules(task_keep_days=90, test_credits_per_day=whole(1_000))
        self.sweeper = Sweeper(workshop.database, self.apply, self.drop, self.take_used, workshop.ids, rules)

    async def apply(self, move: Move) -> Outcome:
        return await self.workshop.only(move)

    async def drop(self, keys: Sequence[str]) -> None:
        if self.files_fail:
            raise OSError("no answer")
        self.dropped += keys

    def take_used(self) -> dict[str, int]:
        used, self.used = self.used, {}
        return used


@pytest.fixture
def bench(workshop: Workshop) -> Bench:
    return Bench(workshop)


async def test_who_looks_for_dead_workers_writes_only_where_one_is(workshop: Workshop) -> None:
    spy = SpyDatabase(workshop.database)
    sweeper = Bench(Workshop(spy)).sweeper
    epoch = workshop.ids.new()
    await workshop.database.transact(lambda tx: enlist(tx, epoch, (78,), 15.0))
    assert (await sweeper.take_over(), spy.transactions) == (0, [])
    spy.let_pass(16.0)
    assert await sweeper.take_over() == 0  # it held nothing
    assert len(spy.transactions) == 1
    assert await workshop.rows(WORKERS) == []


async def test_deadlines_pass_in_bites(bench: Bench) -> None:
    workshop = bench.workshop
    caller = await workshop.tenant(live=10_000)
    count = BITE_MAX + 30
    await workshop.submit(*[workshop.submission(caller, deadline_s=10) for _ in range(count)])
    assert await bench.sweeper.pass_limits() == 0
    workshop.let_pass(11)
    assert [await bench.sweeper.pass_limits() for _ in range(3)] == [BITE_MAX, 30, 0]
    assert await workshop.row(COUNT_TASKS) == (0,)
    assert await workshop.balance(caller) == (1_000 * PRICE, 0)
    await workshop.assert_sound()


async def test_a_task_that_cannot_be_ended_keeps_no_other_from_its_deadline(bench: Bench) -> None:
    workshop = bench.workshop
    caller = await workshop.tenant(live=1_000)
    odd, *others = [await workshop.task(caller, deadline_s=10) for _ in range(4)]
    await workshop.run(STRIP, odd)
    workshop.let_pass(11)
    with pytest.raises(KeyError):
        await bench.sweeper.pass_limits()
    assert [(await workshop.seen(task_id)).state for task_id in others] == ["failed"] * 3


async def test_outputs_expire_file_first_and_stay_on_record_where_the_file_does_not_go(bench: Bench) -> None:
    workshop = bench.workshop
    caller = await workshop.tenant(live=100)
    task_id = await workshop.task(caller, result_ttl_s=60)
    await workshop.store(task_id, caller, await workshop.sending(task_id, caller))
    assert await bench.sweeper.expire_outputs() == 0
    workshop.let_pass(61)
    bench.files_fail = True
    with pytest.raises(OSError, match="no answer"):
        await bench.sweeper.expire_outputs()
    assert (await workshop.row(LEFT))[4] == 1
    bench.files_fail = False
    assert await bench.sweeper.expire_outputs() == 1
    assert ((await workshop.row(LEFT))[4], len(bench.dropped)) == (0, 1)
    await workshop.assert_sound()


async def test_an_idempotency_key_is_kept_a_day_and_a_day_beyond_its_tasks_end(bench: Bench) -> None:
    workshop = bench.workshop
    caller = await workshop.tenant(live=100)
    ended = await workshop.task(caller, idempotency_key="ended", deadline_s=30 * DAY_S)
    await workshop.task(caller, idempotency_key="open", deadline_s=30 * DAY_S)
    workshop.let_pass(DAY_S / 2)
    await workshop.store(ended, caller, await workshop.sending(ended, caller))
    workshop.let_pass(DAY_S / 2 + 60)
    await bench.sweeper.forget_keys()
    assert [row[0] for row in await workshop.rows(IDEMPOTENCY)] == ["ended", "open"]
    workshop.let_pass(DAY_S / 2 + 60)
    await bench.sweeper.forget_keys()
    assert [row[0] for row in await workshop.rows(IDEMPOTENCY)] == ["open"]
    (again, replayed) = await workshop.submit(
        *[workshop.submission(caller, idempotency_key=key) for key in ("ended", "open")]
    )
    assert (type(again), type(replayed)) == (Created, Replayed)


async def test_old_tasks_go_with_all_that_hangs_on_them_and_their_money_rows_stay(bench: Bench) -> None:
    workshop = bench.workshop
    caller = await workshop.tenant(live=100)
    task_id = await workshop.task(caller, metadata={"order": "1"}, idempotency_key="a")
    await workshop.store(task_id, caller, await workshop.sending(task_id, caller))
    await workshop.task(caller, deadline_s=400 * DAY_S)
    workshop.let_pass(89 * DAY_S)
    assert await bench.sweeper.drop_tasks() == 0
    workshop.let_pass(2 * DAY_S)
    assert await bench.sweeper.drop_tasks() == 1
    assert await workshop.row(LEFT) == (1, 1, 0, 0, 0, 2, 1)
    await workshop.assert_sound()


async def test_test_balances_are_raised_to_their_level_once_a_day(bench: Bench) -> None:
    workshop = bench.workshop
    spender, saver = await workshop.tenant(mode="test"), await workshop.tenant(mode="test")
    by_hand = await workshop.tenant(mode="test")
    await workshop.grant((by_hand.account_id, "test"), 5)
    await workshop.task(spender)
    assert await bench.sweeper.refill_tests() == 0
    workshop.let_pass(DAY_S)
    assert await bench.sweeper.refill_tests() == 2
    assert await bench.sweeper.refill_tests() == 0
    assert await workshop.balance(spender) == (100 * PRICE, PRICE)
    assert await workshop.balance(saver) == (100 * PRICE, 0)
    assert await workshop.balance(by_hand) == (PRICE // 2, 0)
    await workshop.assert_sound()


async def test_a_submit_after_midnight_finds_the_balance_refilled_without_a_sweep(workshop: Workshop) -> None:
    caller = await workshop.tenant(mode="test")
    await workshop.submit(*[workshop.submission(caller) for _ in range(100)])
    assert await workshop.balance(caller) == (0, 100 * PRICE)
    workshop.let_pass(DAY_S)
    outcomes = await workshop.submit(*[workshop.submission(caller) for _ in range(3)])
    assert [type(outcome) for outcome in outcomes] == [Created] * 3
    assert await workshop.balance(caller) == (97 * PRICE, 103 * PRICE)
    await workshop.assert_sound()


async def test_lots_expire_on_the_books_and_key_use_is_noted(bench: Bench) -> None:
    workshop = bench.workshop
    caller = await workshop.tenant(live=10)
    lot_id = await workshop.grant((caller.account_id, "live"), 30, expires_in_s=60)
    workshop.let_pass(61)
    assert [await bench.sweeper.expire_lots() for _ in range(2)] == [1, 0]
    assert await workshop.row(EXPIRED, lot_id) == (3 * PRICE,)
    for moment_us in (5, 9, 7):
        bench.used = {caller.key_id: moment_us}
        await bench.sweeper.note_key_use()
    assert await workshop.row(LAST_USED, caller.key_id) == (9,)
    await workshop.assert_sound()


async def test_a_duty_that_hangs_or_fails_holds_up_no_other() -> None:
    runs = {"fails": 0, "refuses": 0, "works": 0}
    hanging = asyncio.Event()

    async def hangs() -> int:
        await hanging.wait()
        return 0

    async def fails() -> int:
        runs["fails"] += 1
        raise KeyError("a defect")

    async def refuses() -> int:
        runs["refuses"] += 1
        raise DatabaseUnavailable("away")

    async def works() -> int:
        runs["works"] += 1
        return 1

    duties = Duties([Duty(act.__name__, 0.02, act) for act in (hangs, fails, refuses, works)])
    running = asyncio.create_task(duties.run())
    await until(lambda: min(runs.values()) >= 3)
    running.cancel()
    assert duties.done["works"] >= 3


async def test_a_full_bite_is_followed_by_the_next_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", min)  # so the first bite comes soon
    counts: list[int] = []

    async def act() -> int:
        counts.append(BITE_MAX if len(counts) < 5 else 0)
        return counts[-1]

    running = asyncio.create_task(Duties([Duty("bites", 60.0, act)]).run())
    await until(lambda: len(counts) == 6)
    running.cancel()
