"""Rows of tasks and attempts under their locks, and how a batch of moves is written."""

from collections.abc import Collection, Sequence

from msgspec import Struct

from apiinone.assets.ingest import StoredOutput
from apiinone.db import Sql, Tx
from apiinone.ledger.ledger import Mode, Owner
from apiinone.tasks.direct import Note
from apiinone.tasks.lifecycle import AttemptState, TaskState
from apiinone.webhooks.endpoints import announce_to_endpoints
from apiinone.webhooks.outbox import Ended, announce
from apiinone.webhooks.schedule import EventType

_LOCK = Sql(
    "SELECT id, account_id, mode, key_id, model, state, fence, holder, due_us, sweep_us, deadline_us,"
    " unknown_limit_us, held_micro, unit_micro, units, attempts, attempt_id, result_ttl_s, cancel_requested_us,"
    " started_us, own_unit_micro, EXISTS (SELECT 1 FROM callbacks c WHERE c.task_id = tasks.id) FROM tasks"
    " WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE"
)
_WRITE = Sql(
    "UPDATE tasks SET state = $1, holder = $2, due_us = $3, sweep_us = $4, attempts = $5, attempt_id = $6,"
    " cancel_requested_us = $7, started_us = $8, captured_micro = $9, error_type = $10, error_message = $11,"
    " finished_us = $12, expires_us = $13, held_micro = $14 WHERE id = $15 AND fence = $16"
)
_BLAME = Sql("UPDATE tasks SET claims = $1 WHERE id = $2 AND fence = $3")
_ATTEMPTS = Sql(
    "SELECT id, task_id, attempt_no, state, provider, upstream_id, poll_url, own_key FROM attempts"
    " WHERE id = ANY($1::text[])"
)
_NEW_ATTEMPT = Sql(
    "INSERT INTO attempts (id, task_id, attempt_no, state, provider, upstream_model, chosen_because,"
    " expected_cost_micro_usd, own_key, created_us) VALUES ($1, $2, $3, 'planned', $4, $5, $6, $7, $8, $9)"
)
_WRITE_ATTEMPT = Sql(
    "UPDATE attempts SET state = $1, upstream_id = coalesce($2, upstream_id), poll_url = coalesce($3, poll_url),"
    " fault = coalesce($4, fault), message = coalesce($5, message), sent_us = coalesce(sent_us, $6),"
    " accepted_us = coalesce(accepted_us, $7), ended_us = coalesce(ended_us, $8),"
    " actual_cost_micro_usd = coalesce($9, actual_cost_micro_usd), late_state = coalesce($10, late_state),"
    " credential_id = coalesce($11, credential_id) WHERE id = $12"
)
_NEW_OUTPUT = Sql(
    "INSERT INTO outputs (task_id, output_no, mode, account_id, storage_key, content_type, bytes, width, height,"
    " sha256, duration_ms, expires_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
)
_ADD_USAGE = Sql(
    "INSERT INTO usage_days (account_id, mode, day, model, key_id, tasks_succeeded, tasks_not_charged, captured_micro)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (account_id, mode, day, model, key_id) DO UPDATE SET"
    " tasks_succeeded = usage_days.tasks_succeeded + excluded.tasks_succeeded,"
    " tasks_not_charged = usage_days.tasks_not_charged + excluded.tasks_not_charged,"
    " captured_micro = usage_days.captured_micro + excluded.captured_micro"
)
EVENTS: dict[TaskState, EventType] = {
    "succeeded": "task.succeeded",
    "failed": "task.failed",
    "canceled": "task.canceled",
}
"""What the end of a task is called where it is told."""
UsageKey = tuple[str, Mode, str, str, str]
"""Account, mode, UTC day, model, key."""


class Task(Struct):
    """A task's row as far as moves read or change it."""

    id: str
    account_id: str
    mode: Mode
    key_id: str
    model: str
    state: TaskState
    fence: int
    holder: str | None
    due_us: int | None
    sweep_us: int | None
    deadline_us: int
    unknown_limit_us: int
    held: int
    unit: int
    units: int
    attempts: int
    attempt_id: str | None
    result_ttl_s: int
    cancel_requested_us: int | None
    started_us: int | None
    own_unit: int | None
    """The price of one output that the account's own key makes; None where none of its keys may be used."""
    calls_back: bool
    claims: int | None = None
    """What it is blamed for; None: as before."""
    captured: int | None = None
    error_type: str | None = None
    error_message: str | None = None
    finished_us: int | None = None
    expires_us: int | None = None
    outputs: tuple[StoredOutput, ...] = ()
    changed: bool = False
    note: Note | None = None
    answer: str | None = None

    @property
    def direct(self) -> bool:
        """Whether it is a call that its own process answers at once: while open it is due for no worker."""
        return self.due_us is None

    @property
    def owner(self) -> Owner:
        """Whose money it is."""
        return (self.account_id, self.mode)


class Attempt(Struct):
    """An attempt's row as far as moves read or change it; what is None is left as it is."""

    id: str
    task_id: str
    attempt_no: int
    state: AttemptState
    provider: str
    upstream_id: str | None = None
    poll_url: str | None = None
    own_key: int = 0
    upstream_model: str = ""
    chosen_because: str = ""
    expected_cost_micro_usd: int | None = None
    fault: str | None = None
    message: str | None = None
    sent_us: int | None = None
    accepted_us: int | None = None
    ended_us: int | None = None
    actual_cost_micro_usd: int | None = None
    late_state: str | None = None
    credential_id: str | None = None
    new: bool = False
    changed: bool = False


class Usage(Struct):
    """What a roll-up row grows by."""

    succeeded: int = 0
    not_charged: int = 0
    captured: int = 0

    def count(self, captured: int) -> None:
        """One more task has ended."""
        self.succeeded += captured > 0
        self.not_charged += captured == 0
        self.captured += captured


async def lock_tasks(tx: Tx, task_ids: Collection[str]) -> dict[str, Task]:
    """The tasks' rows, locked in the order of their ids."""
    return {row[0]: Task(*row) for row in await tx.rows(_LOCK, sorted(task_ids))}  # pyright: ignore[reportArgumentType]


async def read_attempts(tx: Tx, attempt_ids: Collection[str]) -> dict[str, Attempt]:
    """The attempts' rows; their tasks are locked."""
    if not attempt_ids:
        return {}
    rows = await tx.rows(_ATTEMPTS, sorted(attempt_ids))
    return {row[0]: Attempt(*row) for row in rows}  # pyright: ignore[reportArgumentType] - the columns above


async def write_moves(
    tx: Tx, tasks: Collection[Task], attempts: Sequence[Attempt], usage: dict[UsageKey, Usage]
) -> None:
    """Store what changed. The fence stands in the condition once more, beside the lock."""
    changed = [task for task in tasks if task.changed]
    now_us = tx.now_us
    await tx.many(_NEW_ATTEMPT, [(*_plan(attempt), now_us) for attempt in attempts if attempt.new])
    await tx.many(_WRITE_ATTEMPT, [_attempt(attempt) for attempt in attempts if attempt.changed])
    await tx.many(_WRITE, [_task(task) for task in changed])
    await tx.many(_BLAME, [(task.claims, task.id, task.fence) for task in tasks if task.claims is not None])
    outputs = [(task, no, output) for task in changed for no, output in enumerate(task.outputs)]
    await tx.many(_NEW_OUTPUT, [_output(task, no, output) for task, no, output in outputs])
    await announce(tx, [_ended(task) for task in changed if task.calls_back and task.state in EVENTS])
    await announce_to_endpoints(tx, [_ended(task) for task in changed if task.state in EVENTS])
    rows = [(*key, grown.succeeded, grown.not_charged, grown.captured) for key, grown in sorted(usage.items())]
    await tx.many(_ADD_USAGE, rows)


def _task(task: Task) -> tuple[str | int | None, ...]:
    return (
        task.state,
        task.holder,
        task.due_us,
        task.sweep_us,
        task.attempts,
        task.attempt_id,
        task.cancel_requested_us,
        task.started_us,
        task.captured,
        task.error_type,
        task.error_message,
        task.finished_us,
        task.expires_us,
        task.held,
        task.id,
        task.fence,
    )


def _ended(task: Task) -> Ended:
    return Ended(task.id, task.account_id, task.mode, EVENTS[task.state])


def _plan(attempt: Attempt) -> tuple[str | int | None, ...]:
    offer = (attempt.provider, attempt.upstream_model, attempt.chosen_because, attempt.expected_cost_micro_usd)
    return (attempt.id, attempt.task_id, attempt.attempt_no, *offer, attempt.own_key)


def _attempt(attempt: Attempt) -> tuple[str | int | None, ...]:
    return (
        attempt.state,
        attempt.upstream_id,
        attempt.poll_url,
        attempt.fault,
        attempt.message,
        attempt.sent_us,
        attempt.accepted_us,
        attempt.ended_us,
        attempt.actual_cost_micro_usd,
        attempt.late_state,
        attempt.credential_id,
        attempt.id,
    )


def _output(task: Task, output_no: int, output: StoredOutput) -> tuple[str | int | None, ...]:
    media = (output.content_type, output.bytes, output.width, output.height, output.sha256, output.duration_ms)
    return (task.id, output_no, task.mode, task.account_id, output.key, *media, task.expires_us)
