"""The outbox on both engines: a delivery is written with its task's end, once, and with nothing else."""

import pytest

from apiinone.db import Sql
from apiinone.tasks.moves import CancelAsked, Move, TimePassed
from apiinone.tasks.settle import apply_moves
from apiinone.tasks.submit import Replayed
from apiinone.tasks.sweep import Sweeper, SweepRules
from apiinone.webhooks.outbox import Address, drop_old
from webhooks.desk import ALL, ended
from workshop import DAY_S, RULES, Workshop

HOOK = Address("https://example.com/hook", "example.com:443")
CALLBACKS = Sql("SELECT task_id, url, host FROM callbacks")
DELIVERIES = Sql("SELECT id, task_id, account_id, mode, type, url, host, state, tries, created_us FROM deliveries")
FINISHED = Sql("SELECT finished_us FROM tasks WHERE id = $1")


async def test_a_delivery_is_written_with_the_tasks_end_and_money(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=100)
    task_id = await workshop.task(caller, callback=HOOK)
    silent = await workshop.task(caller)
    assert [tuple(row) for row in await workshop.rows(CALLBACKS)] == [(task_id, HOOK.url, HOOK.host)]
    attempt_id = await workshop.sending(task_id, caller)
    assert await workshop.rows(DELIVERIES) == []
    await workshop.store(task_id, caller, attempt_id)
    await workshop.move(silent, caller, CancelAsked())
    (finished_us,) = await workshop.row(FINISHED, task_id)
    assert [tuple(row) for row in await workshop.rows(DELIVERIES)] == [
        (
            f"evt_{task_id}",
            task_id,
            caller.account_id,
            "live",
            "task.succeeded",
            HOOK.url,
            HOOK.host,
            "waiting",
            0,
            finished_us,
        )
    ]
    assert len(await workshop.settlements(task_id)) == 1


async def test_an_end_that_is_not_committed_is_not_told(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=100)
    task_id = await workshop.task(caller, callback=HOOK)

    async def broken(tx: object) -> None:
        await apply_moves(tx, [Move(task_id, caller.owner, CancelAsked())])  # pyright: ignore[reportArgumentType]
        raise RuntimeError("before the commit")

    with pytest.raises(RuntimeError):
        await workshop.database.transact(broken)  # pyright: ignore[reportArgumentType]
    assert await workshop.rows(DELIVERIES) == []
    assert (await workshop.seen(task_id)).state == "queued"


async def test_whatever_comes_after_the_end_tells_nothing_more(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=100)
    task_id = await workshop.task(caller, callback=HOOK, deadline_s=1)
    attempt_id = await workshop.sending(task_id, caller)
    workshop.let_pass(DAY_S)
    await workshop.apply(*[Move(task_id, caller.owner, TimePassed()) for _ in range(3)])
    await workshop.store(task_id, caller, attempt_id)
    await workshop.move(task_id, caller, CancelAsked())
    assert [tuple(row) for row in await workshop.rows(ALL)] == [(f"evt_{task_id}", "waiting")]
    await workshop.assert_sound()


async def test_a_replayed_create_has_one_address_and_one_delivery(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=100)
    first = workshop.submission(caller, callback=HOOK, idempotency_key="k")
    again = workshop.submission(caller, callback=HOOK, idempotency_key="k")
    outcomes = await workshop.submit(first, again)
    assert outcomes[1] == Replayed(first.task_id)
    assert len(await workshop.rows(CALLBACKS)) == 1


async def test_deliveries_go_after_thirty_days_and_with_their_tasks(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=1_000)
    (delivery_id,) = await ended(workshop, caller, HOOK.url)

    async def drop() -> int:
        return await workshop.database.transact(lambda tx: drop_old(tx, 10))

    workshop.let_pass(31 * DAY_S)
    assert await drop() == 0, "it still waits"
    await workshop.run(Sql("UPDATE deliveries SET state = 'failed', due_us = NULL"))
    (younger,) = await ended(workshop, caller, HOOK.url)
    assert await drop() == 1
    assert [row[0] for row in await workshop.rows(ALL)] == [younger]
    assert delivery_id != younger
    workshop.let_pass(91 * DAY_S)
    rules = SweepRules(90, RULES.test_credits_per_day)
    sweeper = Sweeper(workshop.database, workshop.only, workshop.drop_nothing, dict, workshop.ids, rules)
    assert await sweeper.drop_tasks() == 2
    assert (await workshop.rows(ALL), await workshop.rows(CALLBACKS)) == ([], [])
