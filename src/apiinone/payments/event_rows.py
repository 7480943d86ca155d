"""Rows of events: the replay store, and the queue of those whose vendor could not be asked yet."""

from typing import Final

from msgspec import Struct

from apiinone.core.clock import US_PER_S, day_of
from apiinone.db import Sql, Tx
from apiinone.payments.method import Event

KEEP_US: Final = 90 * 24 * 3600 * US_PER_S
TRY_FOR_US: Final = 3 * 24 * 3600 * US_PER_S
FIRST_RETRY_S: Final = 30
LONGEST_RETRY_S: Final = 3600

_NEW = Sql(
    "INSERT INTO payment_events (method, event_id, type, order_id, vendor_ref, payment_ref, received_us, due_us, tries)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $7, 0) ON CONFLICT (method, event_id) DO NOTHING"
)
_DONE = Sql("UPDATE payment_events SET outcome = $1, due_us = NULL WHERE method = $2 AND event_id = $3")
_LATER = Sql("UPDATE payment_events SET due_us = $1, tries = tries + 1 WHERE method = $2 AND event_id = $3")
_DUE = Sql(
    "SELECT method, event_id, type, order_id, vendor_ref, payment_ref, received_us, tries FROM payment_events"
    " WHERE due_us <= $1 ORDER BY due_us LIMIT $2"
)
_REFUSED = Sql(
    "INSERT INTO callbacks_refused (method, day, count, last_us) VALUES ($1, $2, 1, $3) ON CONFLICT (method, day)"
    " DO UPDATE SET count = callbacks_refused.count + 1, last_us = excluded.last_us"
)
_FORGET_EVENTS = Sql(
    "DELETE FROM payment_events WHERE (method, event_id) IN (SELECT method, event_id FROM payment_events"
    " WHERE received_us <= $1 AND due_us IS NULL ORDER BY received_us LIMIT $2)"
)
_FORGET_REFUSED = Sql("DELETE FROM callbacks_refused WHERE last_us <= $1")
_FORGET_TRIES = Sql("DELETE FROM voucher_tries WHERE since_us <= $1")


class EventRow(Struct, frozen=True):
    """An event that waits."""

    method: str
    event_id: str
    type: str
    order_id: str | None
    vendor_ref: str | None
    payment_ref: str | None
    received_us: int
    tries: int


async def remember(tx: Tx, method: str, event: Event) -> bool:
    """Write an event down; False where it came before."""
    names = (event.event_id, event.type, event.order_id, event.vendor_ref, event.payment_ref)
    return await tx.run(_NEW, method, *names, tx.now_us) == 1


async def close_event(tx: Tx, method: str, event_id: str, outcome: str) -> None:
    """It is dealt with."""
    await tx.run(_DONE, outcome, method, event_id)


async def retry_later(tx: Tx, row: EventRow) -> None:
    """Its vendor could not be asked."""
    pause_s = min(FIRST_RETRY_S << min(row.tries, 10), LONGEST_RETRY_S)
    await tx.run(_LATER, tx.now_us + pause_s * US_PER_S, row.method, row.event_id)


async def due_events(tx: Tx, limit: int) -> list[EventRow]:
    """Those whose turn it is."""
    return [EventRow(*row) for row in await tx.rows(_DUE, tx.now_us, limit)]


async def count_refused(tx: Tx, method: str) -> None:
    """A callback that was not signed as it must be leaves a count, and nothing else."""
    await tx.run(_REFUSED, method, day_of(tx.now_us), tx.now_us)


async def forget_events(tx: Tx, limit: int) -> int:
    """Drop what is old; how much."""
    await tx.run(_FORGET_REFUSED, tx.now_us - KEEP_US)
    await tx.run(_FORGET_TRIES, tx.now_us - 24 * 3600 * US_PER_S)
    return await tx.run(_FORGET_EVENTS, tx.now_us - KEEP_US, limit)
