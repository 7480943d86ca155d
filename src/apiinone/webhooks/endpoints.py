"""Registered addresses: told of every end in their account and mode, whatever the task itself names.

A task's end writes one delivery for each, in the transaction that ends it, beside the one for its `callback_url`. All
are tried, signed and kept alike. What makes such a delivery's id is its task and its endpoint, so writing it twice is
impossible.
"""

import base64
import hashlib
from collections.abc import Sequence
from typing import Final, get_args

from msgspec import Struct

from apiinone.core.errors import Conflict
from apiinone.db import Row, Sql, Tx
from apiinone.ledger.ledger import Owner
from apiinone.webhooks.outbox import EVENT_PREFIX, Address, Ended
from apiinone.webhooks.schedule import EventType

ENDPOINTS_MAX: Final = 20
"""Of one account in one mode."""
EVENTS: Final[tuple[EventType, ...]] = get_args(EventType)
_TIME_CHARACTERS: Final = 10
"""Of an id: they order it in time, and what is old is found by them."""
_REST_CHARACTERS: Final = 16

_COLUMNS = "SELECT id, url, host, events, name, created_us FROM webhook_endpoints"
_OF_OWNER = Sql(_COLUMNS + " WHERE account_id = $1 AND mode = $2 ORDER BY id")
_OF_ACCOUNTS = Sql(
    "SELECT id, url, host, events, name, created_us, account_id, mode FROM webhook_endpoints"
    " WHERE account_id = ANY($1::text[]) ORDER BY id"
)
_LOCK = Sql("SELECT 1 FROM accounts WHERE id = $1 FOR UPDATE")
_ADD = Sql(
    "INSERT INTO webhook_endpoints (id, account_id, mode, url, host, events, name, created_us)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
)
_FIND = Sql("SELECT url FROM webhook_endpoints WHERE id = $1 AND account_id = $2 AND mode = $3 FOR UPDATE")
_DROP = Sql("DELETE FROM webhook_endpoints WHERE id = $1")
_DROP_WAITING = Sql(
    "UPDATE deliveries SET state = 'dropped', due_us = NULL, claims = claims + 1"
    " WHERE account_id = $1 AND mode = $2 AND url = $3 AND due_us IS NOT NULL AND id <> $4 || task_id"
)
_NEW = Sql(
    "INSERT INTO deliveries (id, task_id, account_id, mode, type, url, host, state, due_us, claims, tries,"
    " tries_before, created_us) VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8, 0, 0, 0, $8)"
)


class Endpoint(Struct, frozen=True):
    """A registered address. `events`: what it is told of."""

    id: str
    url: str
    host: str
    events: tuple[EventType, ...]
    name: str
    created_us: int


class NewEndpoint(Struct, frozen=True):
    """What one is made of."""

    id: str
    address: Address
    events: tuple[EventType, ...]
    name: str = ""


async def endpoints_of(tx: Tx, owner: Owner) -> list[Endpoint]:
    """The owner's, oldest first."""
    return [_endpoint(row) for row in await tx.rows(_OF_OWNER, *owner)]


async def add_endpoint(tx: Tx, owner: Owner, new: NewEndpoint) -> Endpoint:
    """Register an address. Raises Conflict where it is registered already, or there are too many."""
    await tx.row(_LOCK, owner[0])
    known = await endpoints_of(tx, owner)
    if any(one.url == new.address.url for one in known):
        raise Conflict("This address is registered already; delete that endpoint first.", param="/url")
    if len(known) >= ENDPOINTS_MAX:
        raise Conflict(f"An account has at most {ENDPOINTS_MAX} endpoints in each mode; delete one first.")
    place = (new.address.url, new.address.host)
    await tx.run(_ADD, new.id, *owner, *place, " ".join(new.events), new.name, tx.now_us)
    return Endpoint(new.id, *place, new.events, new.name, tx.now_us)


async def drop_endpoint(tx: Tx, owner: Owner, endpoint_id: str) -> bool:
    """Delete one, and what still waits to be sent there; False where this owner has no such endpoint."""
    row = await tx.row(_FIND, endpoint_id, *owner)
    if row is None:
        return False
    await tx.run(_DROP, endpoint_id)
    await tx.run(_DROP_WAITING, *owner, row[0], EVENT_PREFIX)
    return True


async def announce_to_endpoints(tx: Tx, ended: Sequence[Ended]) -> None:
    """Write a delivery of each end for each endpoint that is told of such; due at once."""
    if not ended:
        return
    told: dict[tuple[str, str], list[Endpoint]] = {}
    for row in await tx.rows(_OF_ACCOUNTS, sorted({one.account_id for one in ended})):
        told.setdefault((row[6], row[7]), []).append(_endpoint(row))
    rows = [
        (delivery_id(one.task_id, to.id), one.task_id, one.account_id, one.mode, one.type, to.url, to.host, tx.now_us)
        for one in ended
        for to in told.get((one.account_id, one.mode), [])
        if one.type in to.events
    ]
    if rows:
        await tx.many(_NEW, rows)


def delivery_id(task_id: str, endpoint_id: str) -> str:
    """The `webhook-id` of this task's end at this endpoint: ordered in time as the task's own."""
    digest = hashlib.sha256(f"{task_id}/{endpoint_id}".encode()).digest()
    rest = base64.b32hexencode(digest).decode().lower()[:_REST_CHARACTERS]
    return f"{EVENT_PREFIX}{task_id[:_TIME_CHARACTERS]}{rest}"


def _endpoint(row: Row) -> Endpoint:
    endpoint_id, url, host, events, name, created_us, *_ = row
    named: list[str] = events.split()
    return Endpoint(endpoint_id, url, host, tuple(one for one in EVENTS if named.count(one)), name, created_us)
