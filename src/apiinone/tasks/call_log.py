"""What an account's keys made, as its members look through it: one line a task, newest first, page by page."""

from msgspec import Struct

from apiinone.core.credits import Credits
from apiinone.core.ids import id_floor
from apiinone.db import Sql, Tx
from apiinone.ledger.ledger import Owner
from apiinone.tasks.history import CLOCKS_APART_US, NO_ID_AFTER
from apiinone.tasks.lifecycle import TaskState

_PAGE = Sql(
    "SELECT id, node, suffix, endpoint, model, sub_model, key_id, request_id, state, error_type, held_micro,"
    " captured_micro, created_us, started_us, finished_us FROM tasks"
    " WHERE account_id = $1 AND mode = $2 AND id < $3 AND id >= $4"
    " AND ($5::bigint IS NULL OR created_us >= $5) AND ($6::bigint IS NULL OR created_us < $6)"
    " AND ($7::text IS NULL OR model = $7) AND ($8::text IS NULL OR key_id = $8) AND state = ANY($9::text[])"
    " ORDER BY id DESC LIMIT $10"
)


class LogWanted(Struct, frozen=True):
    """Which lines, and how many at most. None: no such filter."""

    limit: int
    states: tuple[TaskState, ...]
    before_id: str = NO_ID_AFTER
    created_from_us: int | None = None
    created_before_us: int | None = None
    model: str | None = None
    key_id: str | None = None


class LogLine(Struct, frozen=True):
    """One task, without anything that was written into its request."""

    id: str
    node: int
    suffix: str
    endpoint: str
    model: str
    sub_model: str
    key_id: str
    request_id: str
    state: TaskState
    error_type: str | None
    held: Credits
    captured: Credits | None
    created_us: int
    started_us: int | None
    finished_us: int | None

    @property
    def took_us(self) -> int | None:
        """From its acceptance to its end; None while it is under way."""
        return None if self.finished_us is None else max(0, self.finished_us - self.created_us)


async def read_call_log(tx: Tx, owner: Owner, wanted: LogWanted) -> list[LogLine]:
    """The owner's lines that keep every filter, newest first."""
    first_us, end_us = wanted.created_from_us, wanted.created_before_us
    rows = await tx.rows(
        _PAGE,
        *owner,
        wanted.before_id if end_us is None else min(wanted.before_id, id_floor(end_us + CLOCKS_APART_US)),
        "" if first_us is None else id_floor(first_us - CLOCKS_APART_US),
        first_us,
        end_us,
        wanted.model,
        wanted.key_id,
        wanted.states,
        wanted.limit,
    )
    return [LogLine(*row) for row in rows]
