"""An owner's deliveries, newest first, page by page; and sending one anew."""

from collections.abc import Sequence

from msgspec import Struct

from apiinone.core.errors import Conflict
from apiinone.db import Sql, Tx
from apiinone.ledger.ledger import Owner
from apiinone.webhooks.schedule import DeliveryState, EventType, next_delivery_state

TRIES_MAX = 64
"""Of one delivery, over all rounds: sending anew is for repair, not for load."""
AFTER_EVERY_MOMENT_US = 2**62
_COLUMNS = (
    "SELECT id, task_id, type, state, url, tries, due_us, last_status, last_fault, created_us, last_tried_us"
    " FROM deliveries"
)
_PAGE = Sql(
    _COLUMNS
    + " WHERE account_id = $1 AND mode = $2 AND (created_us, id) < ($3, $4) AND ($5::text IS NULL OR task_id = $5)"
    " AND ($6::text IS NULL OR state = $6) ORDER BY created_us DESC, id DESC LIMIT $7"
)
_ONE = Sql(_COLUMNS + " WHERE id = $1 AND account_id = $2 AND mode = $3")
_ONE_LOCKED = Sql(_COLUMNS + " WHERE id = $1 AND account_id = $2 AND mode = $3 FOR UPDATE")
_ANEW = Sql("UPDATE deliveries SET state = $1, due_us = $2, tries_before = tries WHERE id = $3")
_TRIES = Sql(
    "SELECT delivery_id, tried_us, took_us, status, fault FROM delivery_tries"
    " WHERE delivery_id = ANY($1::text[]) ORDER BY delivery_id, claim_no"
)


class DeliveryRow(Struct, frozen=True):
    """A delivery as its owner may see it. `url` is None once its task was deleted; `due_us` while it waits."""

    id: str
    task_id: str
    type: EventType
    state: DeliveryState
    url: str | None
    tries: int
    due_us: int | None
    last_status: int | None
    last_fault: str | None
    created_us: int
    last_tried_us: int | None


class TryRow(Struct, frozen=True):
    """One try: when, for how long, and either a status or why there was none."""

    delivery_id: str
    tried_us: int
    took_us: int
    status: int | None
    fault: str | None


class Wanted(Struct, frozen=True):
    """Which deliveries, and how many at most. None: no such filter."""

    limit: int
    before_us: int = AFTER_EVERY_MOMENT_US
    before_id: str = ""
    task_id: str | None = None
    state: DeliveryState | None = None


async def read_deliveries(tx: Tx, owner: Owner, wanted: Wanted) -> list[DeliveryRow]:
    """The deliveries that keep every filter, newest first."""
    place = (wanted.before_us, wanted.before_id)
    rows = await tx.rows(_PAGE, *owner, *place, wanted.task_id, wanted.state, wanted.limit)
    return [DeliveryRow(*row) for row in rows]


async def read_tries(tx: Tx, delivery_ids: Sequence[str]) -> list[TryRow]:
    """Every try of these deliveries, oldest first."""
    return [TryRow(*row) for row in await tx.rows(_TRIES, delivery_ids)] if delivery_ids else []


async def send_anew(tx: Tx, owner: Owner, delivery_id: str) -> DeliveryRow | None:
    """Have the owner's delivery sent again at once, with all its tries before it; None where there is none.

    Its `webhook-id` stays. Raises Conflict where nothing is left to send, or it was tried too often.
    """
    row = await tx.row(_ONE_LOCKED, delivery_id, *owner)
    if row is None:
        return None
    found = DeliveryRow(*row)
    state = next_delivery_state(found.state, "sent_anew")
    if state is None or found.url is None:
        raise Conflict("The task was deleted, so there is nothing left to send.")
    if found.tries >= TRIES_MAX:
        raise Conflict(f"It was tried {found.tries} times, as often as one delivery may be.")
    await tx.run(_ANEW, state, tx.now_us, delivery_id)
    anew = await tx.row(_ONE, delivery_id, *owner)
    return None if anew is None else DeliveryRow(*anew)
