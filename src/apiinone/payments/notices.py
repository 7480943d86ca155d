"""Notices: what an account is to be told about its money, written in the transaction in which it became so.

They wait here for the mail (`mailed_us`) and, where the account named an address, are posted and signed like callbacks
(`tell.py`). Whoever sends mail takes those that were not mailed, tells the account's people, and marks them.
"""

from typing import Final, Literal

import msgspec
from msgspec import Struct

from apiinone.core.clock import US_PER_S
from apiinone.core.ids import Ids
from apiinone.db import Sql, Tx

NoticeKind = Literal[
    "balance.low",
    "spending.day",
    "spending.month",
    "order.paid",
    "order.disputed",
    "top_up.failed",
    "top_up.ceiling",
]
Facts = dict[str, str | int]
KEEP_US: Final = 90 * 24 * 3600 * US_PER_S
LEASE_US: Final = 60 * US_PER_S

_ADD = Sql(
    "INSERT INTO payment_notices (id, account_id, kind, facts, created_us, due_us, tries) VALUES ($1, $2, $3, $4, $5,"
    " (SELECT CAST($5 AS bigint) FROM alert_addresses a WHERE a.account_id = $2), 0)"
)
_TAKE = Sql(
    "SELECT n.id, n.account_id, n.kind, n.facts, n.created_us, n.tries, a.url FROM payment_notices n"
    " JOIN alert_addresses a ON a.account_id = n.account_id WHERE n.due_us <= $1 ORDER BY n.due_us LIMIT $2"
    " FOR UPDATE OF n SKIP LOCKED"
)
_LEASE = Sql("UPDATE payment_notices SET due_us = $1 WHERE id = $2")
_NOTE = Sql("UPDATE payment_notices SET due_us = $1, tries = tries + 1 WHERE id = $2")
_UNMAILED = Sql(
    "SELECT id, account_id, kind, facts, created_us, tries, '' FROM payment_notices WHERE mailed_us IS NULL"
    " ORDER BY id LIMIT $1"
)
_MAILED = Sql("UPDATE payment_notices SET mailed_us = $1 WHERE id = $2 AND mailed_us IS NULL")
_FORGET = Sql(
    "DELETE FROM payment_notices WHERE id IN"
    " (SELECT id FROM payment_notices WHERE created_us <= $1 ORDER BY id LIMIT $2)"
)
_encode = msgspec.json.Encoder(order="deterministic").encode


class Notice(Struct, frozen=True):
    """Something to be told; `url` is where it is posted."""

    id: str
    account_id: str
    kind: NoticeKind
    facts: str
    created_us: int
    tries: int
    url: str


async def notify(tx: Tx, ids: Ids, account_id: str, kind: NoticeKind, facts: Facts) -> None:
    """Have an account told, in the transaction that makes it so."""
    await tx.run(_ADD, ids.new(), account_id, kind, _encode(facts).decode(), tx.now_us)


async def take_notices(tx: Tx, limit: int) -> list[Notice]:
    """Those that are to be posted now; they are left alone for a while."""
    taken = [Notice(*row) for row in await tx.rows(_TAKE, tx.now_us, limit)]
    await tx.many(_LEASE, [(tx.now_us + LEASE_US, notice.id) for notice in taken])
    return taken


async def note_try(tx: Tx, notice_id: str, again_us: int | None) -> None:
    """How posting it went: again then, or never."""
    await tx.run(_NOTE, again_us, notice_id)


async def unmailed(tx: Tx, limit: int) -> list[Notice]:
    """Those that no mail told of yet."""
    return [Notice(*row) for row in await tx.rows(_UNMAILED, limit)]


async def mark_mailed(tx: Tx, notice_id: str) -> bool:
    """A mail was handed over; False where another process did it."""
    return await tx.run(_MAILED, tx.now_us, notice_id) == 1


async def forget_notices(tx: Tx, limit: int) -> int:
    """Drop what is old."""
    return await tx.run(_FORGET, tx.now_us - KEEP_US, limit)
