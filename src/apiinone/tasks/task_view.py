"""A task as its owner may see it: one statement while it is under way, a second for its outputs."""

from collections.abc import Collection, Iterable
from typing import Any

from msgspec import Struct

from apiinone.core.credits import Credits
from apiinone.db import Sql, Tx
from apiinone.ledger.ledger import Mode, Owner
from apiinone.tasks.lifecycle import FINAL, TaskState

TASK_COLUMNS = (
    "SELECT t.id, t.account_id, t.mode, t.node, t.suffix, t.endpoint, t.model, t.sub_model, t.state, t.held_micro,"
    " t.captured_micro, t.error_type, t.error_message, t.request_id, t.created_us, t.started_us, t.finished_us,"
    " t.expires_us, t.deleted_us, i.request, i.metadata FROM tasks t LEFT JOIN task_inputs i ON i.task_id = t.id"
)
"""The columns of a `TaskView`, in its order."""
_TASK = Sql(TASK_COLUMNS + " WHERE t.id = $1 AND t.account_id = $2 AND t.mode = $3")
_OUTPUTS = Sql(
    "SELECT task_id, output_no, content_type, bytes, width, height, sha256, expires_us FROM outputs"
    " WHERE task_id = ANY($1::text[]) ORDER BY task_id, output_no"
)
_OUTPUTS_OF_ONE = Sql(
    "SELECT task_id, output_no, content_type, bytes, width, height, sha256, expires_us FROM outputs"
    " WHERE task_id = $1 ORDER BY output_no"
)
_SERVED = Sql(
    "SELECT t.node, t.suffix, o.mode, o.account_id, o.storage_key, o.content_type, o.bytes, o.expires_us FROM outputs o"
    " JOIN tasks t ON t.id = o.task_id WHERE o.task_id = $1 AND o.output_no = $2 AND t.deleted_us IS NULL"
)
_NAMES = Sql("SELECT id, node, suffix FROM tasks WHERE id = ANY($1::text[]) AND account_id = $2 AND mode = $3")


class OutputView(Struct, frozen=True):
    """One output of a task; sizes are bytes and pixels."""

    task_id: str
    output_no: int
    content_type: str
    bytes: int
    width: int
    height: int
    sha256: str
    expires_us: int | None


class TaskView(Struct, frozen=True):
    """A task's row with its input. `request` and `metadata` are JSON; None once deleted, or where there is none."""

    id: str
    account_id: str
    mode: Mode
    node: int
    suffix: str
    endpoint: str
    model: str
    sub_model: str
    state: TaskState
    held: Credits
    captured: Credits | None
    error_type: str | None
    error_message: str | None
    request_id: str
    created_us: int
    started_us: int | None
    finished_us: int | None
    expires_us: int | None
    deleted_us: int | None
    request: str | None
    metadata: str | None
    outputs: tuple[OutputView, ...] = ()

    @property
    def final(self) -> bool:
        """Whether it has ended."""
        return self.state in FINAL


class ServedOutput(Struct, frozen=True):
    """An output as it is looked up for whoever holds a link to it."""

    node: int
    suffix: str
    mode: Mode
    account_id: str
    storage_key: str
    content_type: str
    bytes: int
    expires_us: int | None


async def read_task(tx: Tx, owner: Owner, task_id: str) -> TaskView | None:
    """The owner's task with its outputs; None where this owner has no such task."""
    row = await tx.row(_TASK, task_id, *owner)
    if row is None:
        return None
    if row[8] != "succeeded" or row[18] is not None:
        return _view(row)
    return _view(row, tuple(OutputView(*output) for output in await tx.rows(_OUTPUTS_OF_ONE, task_id)))


async def with_outputs(tx: Tx, rows: Iterable[Any]) -> list[TaskView]:
    """Rows of `TASK_COLUMNS` with the outputs of those that have some, in the same order."""
    found = list(rows)
    ids = [row[0] for row in found if row[8] == "succeeded" and row[18] is None]
    outputs: dict[str, list[OutputView]] = {}
    for row in await tx.rows(_OUTPUTS, ids) if ids else []:
        outputs.setdefault(row[0], []).append(OutputView(*row))
    return [_view(row, tuple(outputs.get(row[0], ()))) for row in found]


async def read_served_output(tx: Tx, task_id: str, output_no: int) -> ServedOutput | None:
    """An output that still exists, whoever owns it: the link must prove the rest."""
    row = await tx.row(_SERVED, task_id, output_no)
    return None if row is None else ServedOutput(*row)


async def task_names(tx: Tx, owner: Owner, task_ids: Collection[str]) -> dict[str, tuple[int, str]]:
    """Node and suffix of the owner's tasks, as far as they are still kept."""
    return {row[0]: (row[1], row[2]) for row in await tx.rows(_NAMES, sorted(task_ids), *owner)}


def _view(row: Any, outputs: tuple[OutputView, ...] = ()) -> TaskView:
    return TaskView(*row, outputs=outputs)
