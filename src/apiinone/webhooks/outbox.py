"""The outbox: what others write and take away in their own transactions, so that an end and its event are one.

The address comes with the task, the delivery with the task's end and its money, both in that same transaction. A task
ends once, so a delivery's id, which is its `webhook-id` for good, is made from the task's.
"""

from collections.abc import Sequence

from msgspec import Struct

from apiinone.core.clock import US_PER_S
from apiinone.core.ids import id_floor
from apiinone.db import Sql, Tx
from apiinone.webhooks.schedule import DeliveryState, EventType

EVENT_PREFIX = "evt_"
KEEP_US = 30 * 24 * 3600 * US_PER_S

_KEEP_ADDRESS = Sql("INSERT INTO callbacks (task_id, url, host) VALUES ($1, $2, $3)")
_ANNOUNCE = Sql(
    "INSERT INTO deliveries (id, task_id, account_id, mode, type, url, host, state, due_us, claims, tries,"
    " tries_before, created_us) SELECT 'evt_' || c.task_id, c.task_id, $2::text, $3::text, $4::text, c.url, c.host,"
    " 'waiting', $5::bigint, 0, 0, 0, $5::bigint FROM callbacks c WHERE c.task_id = $1"
)
_OF_TASK = Sql(
    "SELECT id, type, state, tries, last_status, last_fault, created_us, last_tried_us FROM deliveries"
    " WHERE task_id = $1 ORDER BY created_us, id"
)
_WAITING = Sql("SELECT count(*), min(due_us) FROM deliveries WHERE due_us IS NOT NULL")
_OLD = Sql(
    "SELECT id FROM deliveries WHERE id < $1 AND created_us <= $2 AND due_us IS NULL ORDER BY id LIMIT $3",
)
_DROP_TRIES = Sql("DELETE FROM delivery_tries WHERE delivery_id = ANY($1::text[])")
_DROP = Sql("DELETE FROM deliveries WHERE id = ANY($1::text[])")

CLEAR_TASK = (
    Sql("DELETE FROM callbacks WHERE task_id = $1"),
    Sql(
        "UPDATE deliveries SET url = NULL, host = '', claims = claims + 1, due_us = NULL,"
        " state = CASE WHEN state = 'waiting' THEN 'dropped' ELSE state END WHERE task_id = $1"
    ),
)
"""What the deletion of one task takes away: the address, and what has not arrived yet. Takes the task's id."""
DROP_TASKS = (
    Sql("DELETE FROM callbacks WHERE task_id = ANY($1::text[])"),
    Sql("DELETE FROM delivery_tries WHERE delivery_id IN (SELECT id FROM deliveries WHERE task_id = ANY($1::text[]))"),
    Sql("DELETE FROM deliveries WHERE task_id = ANY($1::text[])"),
)
"""What goes with tasks whose time is over. Takes their ids."""


class Address(Struct, frozen=True):
    """Where a task's end is to be told. `host` is ``host:port``."""

    url: str
    host: str


class Ended(Struct, frozen=True):
    """A task that ended just now and has an address."""

    task_id: str
    account_id: str
    mode: str
    type: EventType


class DeliveryOnReceipt(Struct, frozen=True):
    """A delivery as a receipt lists it."""

    id: str
    type: EventType
    state: DeliveryState
    tries: int
    last_status: int | None
    last_fault: str | None
    created_us: int
    last_tried_us: int | None


async def keep_addresses(tx: Tx, given: Sequence[tuple[str, Address]]) -> None:
    """Store where these tasks' ends are to be told: (task id, address)."""
    if given:
        await tx.many(_KEEP_ADDRESS, [(task_id, address.url, address.host) for task_id, address in given])


async def announce(tx: Tx, ended: Sequence[Ended]) -> None:
    """Write the deliveries of these ends; due at once."""
    if ended:
        await tx.many(_ANNOUNCE, [(one.task_id, one.account_id, one.mode, one.type, tx.now_us) for one in ended])


async def deliveries_of(tx: Tx, task_id: str) -> list[DeliveryOnReceipt]:
    """The deliveries of a task whose owner was looked at."""
    return [DeliveryOnReceipt(*row) for row in await tx.rows(_OF_TASK, task_id)]


async def waiting(tx: Tx) -> tuple[int, int]:
    """How many deliveries wait for a try, and for how many microseconds the oldest has been due."""
    row = await tx.row(_WAITING)
    return (0, 0) if row is None or row[1] is None else (int(row[0]), max(0, tx.now_us - row[1]))


async def drop_old(tx: Tx, limit: int) -> int:
    """Drop deliveries that are 30 days old and wait for nothing; how many."""
    before_us = tx.now_us - KEEP_US
    ids = [row[0] for row in await tx.rows(_OLD, EVENT_PREFIX + id_floor(before_us), before_us, limit)]
    if ids:
        await tx.run(_DROP_TRIES, ids)
        await tx.run(_DROP, ids)
    return len(ids)
