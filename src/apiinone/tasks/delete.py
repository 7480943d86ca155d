"""An ended task is deleted by its owner: its input, outputs and foreign words go; ids, times and money stay.

What must happen in the storage lies between two transactions. The first makes everything unreachable and lets the
outputs expire at once, so that the sweeper finishes what a crash in between would leave.
"""

from msgspec import Struct

from apiinone.core.errors import Conflict
from apiinone.db import Sql, Tx
from apiinone.ledger.ledger import Owner
from apiinone.webhooks.outbox import CLEAR_TASK

_LOCK = Sql("SELECT finished_us FROM tasks WHERE id = $1 AND account_id = $2 AND mode = $3 FOR UPDATE")
_MARK = Sql("UPDATE tasks SET deleted_us = coalesce(deleted_us, $1), scenario = NULL WHERE id = $2")
_CLEAR = (
    Sql("DELETE FROM task_inputs WHERE task_id = $1"),
    Sql("DELETE FROM direct_answers WHERE task_id = $1"),
    Sql("DELETE FROM task_labels WHERE task_id = $1"),
    Sql("UPDATE attempts SET message = NULL, upstream_id = NULL, poll_url = NULL WHERE task_id = $1"),
    *CLEAR_TASK,
)
_EXPIRE = Sql("UPDATE outputs SET expires_us = $1 WHERE task_id = $2")
_FILES = Sql("SELECT storage_key FROM outputs WHERE task_id = $1 ORDER BY output_no")
_DROP = Sql("DELETE FROM outputs WHERE task_id = $1")


class Missing(Struct, frozen=True):
    """This owner has no such task."""


class Unreachable(Struct, frozen=True):
    """Nothing of it can be read any more; these files are still to be deleted."""

    storage_keys: tuple[str, ...]


async def make_unreachable(tx: Tx, owner: Owner, task_id: str) -> Unreachable | Missing:
    """The first half. Deleting again is no error. Raises Conflict for a task that has not ended."""
    row = await tx.row(_LOCK, task_id, *owner)
    if row is None:
        return Missing()
    if row[0] is None:
        raise Conflict("A task can be deleted once it has ended; cancel it first.")
    await tx.run(_MARK, tx.now_us, task_id)
    for statement in _CLEAR:
        await tx.run(statement, task_id)
    await tx.run(_EXPIRE, tx.now_us, task_id)
    return Unreachable(tuple(found[0] for found in await tx.rows(_FILES, task_id)))


async def drop_outputs(tx: Tx, task_id: str) -> None:
    """The second half, once the files are gone."""
    await tx.run(_DROP, task_id)
