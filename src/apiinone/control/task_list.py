"""Tasks as an operator looks for them: of any account, newest first."""

from msgspec import Struct

from apiinone.core.credits import Credits
from apiinone.db import Sql, Tx
from apiinone.ledger.ledger import Mode, Owner
from apiinone.tasks.history import NO_ID_AFTER
from apiinone.tasks.lifecycle import TaskState

_TASKS = Sql(
    "SELECT id, account_id, mode, node, suffix, sub_model, state, held_micro, captured_micro, error_type, created_us,"
    " finished_us FROM tasks WHERE ($1::text IS NULL OR account_id = $1) AND ($2::text IS NULL OR mode = $2)"
    " AND ($3::text IS NULL OR state = $3) AND id < $5 AND ($6::bigint = 0 OR finished_us IS NULL)"
    " ORDER BY id DESC LIMIT $4"
)
_OWNER = Sql("SELECT account_id, mode FROM tasks WHERE id = $1")


class WantedTasks(Struct, frozen=True):
    """Which tasks, and how many at most. None: no such filter."""

    limit: int
    account_id: str | None = None
    mode: Mode | None = None
    state: TaskState | None = None
    before_id: str = NO_ID_AFTER
    open_only: bool = False


class ListedTask(Struct, frozen=True):
    """A task as a list shows it, without anything that its owner wrote."""

    id: str
    account_id: str
    mode: Mode
    node: int
    suffix: str
    model: str
    state: TaskState
    held: Credits
    captured: Credits | None
    error: str | None
    created_us: int
    finished_us: int | None


async def list_tasks(tx: Tx, wanted: WantedTasks) -> list[ListedTask]:
    """The tasks that keep every filter, newest first."""
    further = (wanted.before_id, int(wanted.open_only))
    rows = await tx.rows(_TASKS, wanted.account_id, wanted.mode, wanted.state, wanted.limit, *further)
    return [ListedTask(*row) for row in rows]


async def owner_of(tx: Tx, task_id: str) -> Owner | None:
    """Whose task it is; None where there is none."""
    row = await tx.row(_OWNER, task_id)
    return None if row is None else (row[0], row[1])
