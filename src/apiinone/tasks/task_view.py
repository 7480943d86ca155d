"""A task as its owner may see it, read by one statement."""

from collections.abc import Collection, Mapping
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from apiinone.core.credits import Credits
from apiinone.db import Row, Sql, Tx, Value
from apiinone.ledger.ledger import Mode, Owner
from apiinone.tasks.lifecycle import FINAL, TaskState

_COLUMNS = (
    "SELECT t.id, t.node, t.suffix, t.endpoint, t.operation, t.sub_model, t.state, t.held_micro, t.captured_micro,"
    " t.error_type, t.error_message, t.request_id, t.created_us, t.started_us, t.finished_us, t.expires_us, i.request,"
    " i.metadata,"
    " CASE WHEN t.state = 'succeeded' AND t.deleted_us IS NULL THEN"
)
_OUTPUTS = (
    " (SELECT json_agg(json_build_array(o.output_no, o.content_type, o.bytes, o.width, o.height, o.sha256,"
    " o.duration_ms, o.expires_us))::text FROM outputs o WHERE o.task_id = t.id)"
)
_OUTPUTS_SQLITE = (
    " (SELECT json_group_array(json_array(o.output_no, o.content_type, o.bytes, o.width, o.height, o.sha256,"
    " o.duration_ms, o.expires_us)) FROM outputs o WHERE o.task_id = t.id)"
)
_FROM = " END FROM tasks t LEFT JOIN task_inputs i ON i.task_id = t.id"
TASK_COLUMNS = _COLUMNS + _OUTPUTS + _FROM
"""The columns of a `TaskView`, in its order; the outputs come as JSON, so that a task is one row."""
TASK_COLUMNS_SQLITE = _COLUMNS + _OUTPUTS_SQLITE + _FROM
"""The same in SQLite's words."""
_BY_ID = " WHERE t.id = $1 AND t.account_id = $2 AND t.mode = $3"
_TASK = Sql(TASK_COLUMNS + _BY_ID, sqlite=TASK_COLUMNS_SQLITE + _BY_ID)
_BY_IDS = " WHERE t.id = ANY($1::text[]) AND t.account_id = ANY($2::text[]) AND t.mode = ANY($3::text[])"
_TASKS = Sql(TASK_COLUMNS + _BY_IDS, sqlite=TASK_COLUMNS_SQLITE + _BY_IDS)
_SERVED = Sql(
    "SELECT t.node, t.suffix, o.mode, o.account_id, o.storage_key, o.content_type, o.bytes, o.sha256,"
    " o.expires_us FROM outputs o"
    " JOIN tasks t ON t.id = o.task_id WHERE o.task_id = $1 AND o.output_no = $2 AND t.deleted_us IS NULL"
)
_NAMES = Sql("SELECT id, node, suffix FROM tasks WHERE id = ANY($1::text[]) AND account_id = $2 AND mode = $3")


class Source(Protocol):
    """Where rows come from: a transaction under way, or the database itself for one statement alone."""

    async def rows(self, statement: Sql, *values: Value) -> list[Row]:
        """All rows."""
        ...


class OutputView(Struct, frozen=True, array_like=True):
    """One output of a task; sizes are bytes and pixels, which sounds have not; pictures do not last."""

    output_no: int
    content_type: str
    bytes: int
    width: int | None
    height: int | None
    sha256: str
    duration_ms: int | None
    expires_us: int | None


_decode_outputs = msgspec.json.Decoder(list[OutputView]).decode


class TaskView(Struct, frozen=True):
    """A task's row with its input. `request` and `metadata` are JSON; None once deleted, or where there is none."""

    owner: Owner
    id: str
    node: int
    suffix: str
    endpoint: str
    operation: str
    """Which further create route made it; empty: the endpoint's own."""
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
    sha256: str
    expires_us: int | None


async def read_task(source: Source, owner: Owner, task_id: str) -> TaskView | None:
    """The owner's task with its outputs, in one statement; None where this owner has no such task."""
    rows = await source.rows(_TASK, task_id, *owner)
    return task_view(owner, rows[0]) if rows else None


async def read_tasks_of(source: Source, owners: Mapping[str, Owner]) -> list[TaskView]:
    """Tasks of several owners, each named by its id with its owner, in one statement."""
    accounts, modes = {owner[0] for owner in owners.values()}, {owner[1] for owner in owners.values()}
    rows = await source.rows(_TASKS, sorted(owners), sorted(accounts), sorted(modes))
    return [task_view(owners[row[0]], row) for row in rows]


def task_view(owner: Owner, row: Any) -> TaskView:
    """A row of `TASK_COLUMNS` of this owner's."""
    *columns, outputs = row
    return TaskView(owner, *columns, outputs=() if outputs is None else _in_order(_decode_outputs(outputs)))


async def read_served_output(tx: Tx, task_id: str, output_no: int) -> ServedOutput | None:
    """An output that still exists, whoever owns it: the link must prove the rest."""
    row = await tx.row(_SERVED, task_id, output_no)
    return None if row is None else ServedOutput(*row)


async def task_names(tx: Tx, owner: Owner, task_ids: Collection[str]) -> dict[str, tuple[int, str]]:
    """Node and suffix of the owner's tasks, as far as they are still kept."""
    return {row[0]: (row[1], row[2]) for row in await tx.rows(_NAMES, sorted(task_ids), *owner)}


def _in_order(outputs: list[OutputView]) -> tuple[OutputView, ...]:
    if len(outputs) > 1:
        outputs.sort(key=lambda output: output.output_no)
    return tuple(outputs)
