"""An operator's command that is killed while it ends a task by hand: all of it is written down, or nothing."""

import pytest

from apiinone.db import Database, Sql, Tx
from apiinone.tasks.audit import audit
from apiinone.tasks.moves import WasLost
from later import LaterDatabase
from processes.crashing import Orders
from processes.installation import Installation
from workshop import PRICE, Workshop

LIVE = 100
_STORY = Sql(
    "SELECT t.state, (SELECT count(*) FROM settlements s WHERE s.hold_id = t.id AND s.kind = 'release'),"
    " (SELECT count(*) FROM operator_actions WHERE subject = t.id), b.available_micro, b.held_micro"
    " FROM tasks t JOIN balances b ON b.account_id = t.account_id AND b.mode = t.mode WHERE t.id = $1"
)
WAITS = ("unknown", 0, 0, (LIVE - PRICE // 1_000_000) * 1_000_000, PRICE)
ENDED = ("failed", 1, 1, LIVE * 1_000_000, 0)


async def _lost(database: Database) -> str:
    """A task that nobody knows the outcome of."""
    shop = Workshop(LaterDatabase(database))
    caller = await shop.tenant(live=LIVE)
    task_id = await shop.task(caller)
    await shop.move(task_id, caller, WasLost(await shop.sending(task_id, caller), "the answer is lost"))
    return task_id


async def _story(installation: Installation, task_id: str) -> tuple[object, ...]:
    async def read(database: Database) -> tuple[object, ...]:
        async def look(tx: Tx) -> tuple[object, ...]:
            return tuple(await tx.row(_STORY, task_id) or ())

        return await database.read(look)

    return await installation.with_database(read)


@pytest.mark.slow
@pytest.mark.parametrize(("point", "left"), [("written", WAITS), ("committed", ENDED)])
async def test_a_command_that_dies_has_ended_the_task_with_its_reason_or_changed_nothing(
    installation: Installation, point: str, left: tuple[object, ...]
) -> None:
    task_id = await installation.with_database(_lost)
    assert await _story(installation, task_id) == WAITS
    installation.settle(task_id, "no such job there", Orders(f"settlement by hand {point}")).wait_until_dead()
    assert await _story(installation, task_id) == left
    again = installation.settle(task_id, "no such job there")
    assert again.process.wait(20) == (0 if left is WAITS else 1), again.log
    assert await _story(installation, task_id) == ENDED, "once, however often it is said"
    report = await installation.with_database(audit)
    assert report.ok, report.breaches[:5]
