"""An owner's tasks, newest first, page by page; the key of a page is the id of its last task."""

from collections.abc import Mapping

from msgspec import Struct

from apiinone.core.clock import US_PER_S
from apiinone.core.ids import id_floor
from apiinone.db import Sql, Tx
from apiinone.ledger.ledger import Owner
from apiinone.tasks.lifecycle import TaskState
from apiinone.tasks.task_view import TASK_COLUMNS, TASK_COLUMNS_SQLITE, TaskView, task_view

CLOCKS_APART_US = 3600 * US_PER_S
"""How far a gateway's clock, which makes ids, may be from the database's, which dates tasks."""
NO_ID_AFTER = "z"
"""Greater than every id, in every collation."""

_FILTERS = (
    " WHERE t.account_id = $1 AND t.mode = $2 AND t.id < $3 AND t.id >= $4"
    " AND ($5::bigint IS NULL OR t.created_us >= $5) AND ($6::bigint IS NULL OR t.created_us < $6)"
    " AND ($7::text IS NULL OR t.model = $7) AND ($8::text IS NULL OR t.sub_model = $8)"
)
_STATES = " AND t.state = ANY($9::text[])"
_LABELS = (
    " AND t.id IN (SELECT task_id FROM task_labels WHERE account_id = $1 AND mode = $2 AND name = $11 AND value = $12)"
    " AND $14::bigint = (SELECT count(*) FROM task_labels l WHERE l.task_id = t.id"
    " AND length(l.name) || ':' || l.name || l.value = ANY($13::text[]))"
)
_END = " ORDER BY t.id DESC LIMIT $10"
_PLAIN = _FILTERS + _STATES + _END
_LABELLED = _FILTERS + _STATES + _LABELS + _END
_PAGE = Sql(TASK_COLUMNS + _PLAIN, sqlite=TASK_COLUMNS_SQLITE + _PLAIN)
_LABELLED_PAGE = Sql(TASK_COLUMNS + _LABELLED, sqlite=TASK_COLUMNS_SQLITE + _LABELLED)


class Wanted(Struct, frozen=True):
    """Which tasks, and how many at most. None: no such filter."""

    limit: int
    states: tuple[TaskState, ...]
    before_id: str = NO_ID_AFTER
    created_from_us: int | None = None
    created_before_us: int | None = None
    model: str | None = None
    sub_model: str | None = None
    labels: Mapping[str, str] = {}


async def read_tasks(tx: Tx, owner: Owner, wanted: Wanted) -> list[TaskView]:
    """The tasks that keep every filter, newest first."""
    first_us, end_us = wanted.created_from_us, wanted.created_before_us
    values = (
        *owner,
        wanted.before_id if end_us is None else min(wanted.before_id, id_floor(end_us + CLOCKS_APART_US)),
        "" if first_us is None else id_floor(first_us - CLOCKS_APART_US),
        first_us,
        end_us,
        wanted.model,
        wanted.sub_model,
        wanted.states,
        wanted.limit,
    )
    if not wanted.labels:
        return [task_view(owner, row) for row in await tx.rows(_PAGE, *values)]
    name, value = next(iter(wanted.labels.items()))
    pairs = [f"{len(name)}:{name}{value}" for name, value in wanted.labels.items()]
    rows = await tx.rows(_LABELLED_PAGE, *values, name, value, pairs, len(pairs))
    return [task_view(owner, row) for row in rows]
