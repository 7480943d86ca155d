"""Suspense: money, or news of money, that fits nothing. Nothing is dropped; an operator decides, and says why."""

from typing import Final, Literal

import msgspec
from msgspec import Struct

from apiinone.accounts.account_rows import Action, record
from apiinone.core.credits import Credits
from apiinone.core.errors import BadRequest, Conflict, NotFound
from apiinone.db import Sql, Tx
from apiinone.ledger.grants import grant
from apiinone.payments.method import Reason

Resolution = Literal["credited", "returned", "dismissed"]
SUBJECT_LENGTH_MAX: Final = 255

_KEEP = Sql(
    "INSERT INTO suspense (id, method, reason, subject, order_id, currency, amount_minor, seen_us)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (method, subject, reason) DO NOTHING"
)
_COLUMNS = "id, method, reason, subject, order_id, currency, amount_minor, seen_us, resolved_us, resolved_as, lot_id"
_PAGE = Sql(
    "SELECT " + _COLUMNS + " FROM suspense WHERE ($1::bigint = 1 OR resolved_us IS NULL)"  # noqa: S608
    " ORDER BY id DESC LIMIT $2"
)
_WAITING = Sql("SELECT count(*) FROM suspense WHERE resolved_us IS NULL")
_LOCKED = Sql("SELECT " + _COLUMNS + " FROM suspense WHERE id = $1 FOR UPDATE")  # noqa: S608
_RESOLVE = Sql("UPDATE suspense SET resolved_us = $1, resolved_as = $2, lot_id = $3 WHERE id = $4")


class Stray(Struct, frozen=True):
    """What does not fit, under a name by which the same thing is known again."""

    method: str
    reason: Reason
    subject: str
    order_id: str | None = None
    currency: str | None = None
    amount_minor: int | None = None


class SuspenseRow(Struct, frozen=True):
    """A row, whole."""

    id: str
    method: str
    reason: Reason
    subject: str
    order_id: str | None
    currency: str | None
    amount_minor: int | None
    seen_us: int
    resolved_us: int | None
    resolved_as: Resolution | None
    lot_id: str | None


async def keep(tx: Tx, row_id: str, stray: Stray) -> None:
    """Write it down, once however often it comes."""
    subject = stray.subject[:SUBJECT_LENGTH_MAX]
    names = (row_id, stray.method, stray.reason, subject, stray.order_id)
    amount = stray.amount_minor if stray.amount_minor is not None and 0 <= stray.amount_minor < 2**62 else None
    await tx.run(_KEEP, *names, stray.currency, amount, tx.now_us)


async def suspense_rows(tx: Tx, *, resolved: bool, limit: int) -> list[SuspenseRow]:
    """What waits for a decision, newest first; with what was decided, if that is wanted."""
    return [SuspenseRow(*row) for row in await tx.rows(_PAGE, int(resolved), limit)]


async def waiting_in_suspense(tx: Tx) -> int:
    """How many wait for a decision."""
    row = await tx.row(_WAITING)
    return 0 if row is None else row[0]


class Credit(Struct, frozen=True):
    """Whom an operator credits with what came in."""

    account_id: str
    amount: Credits
    lot_id: str


async def resolve(tx: Tx, row_id: str, how: Resolution, action: Action, credit: Credit | None) -> SuspenseRow:
    """Decide, once. Money that is credited is a grant with the reason. Raises NotFound, Conflict, BadRequest."""
    if (how == "credited") != (credit is not None):
        raise BadRequest("name an account and an amount to credit, and only then", param="/account_id")
    if credit is not None:
        await grant(
            tx,
            (credit.account_id, "live"),
            lot_id=credit.lot_id,
            amount=credit.amount,
            actor=action.actor,
            reason=action.reason,
        )
    found = await tx.row(_LOCKED, row_id)
    if found is None:
        raise NotFound("there is no such row in suspense")
    row = SuspenseRow(*found)
    if row.resolved_us is not None:
        raise Conflict(f"this was decided before: {row.resolved_as}")
    lot_id = None if credit is None else credit.lot_id
    await tx.run(_RESOLVE, tx.now_us, how, lot_id, row_id)
    await record(tx, action)
    return msgspec.structs.replace(row, resolved_us=tx.now_us, resolved_as=how, lot_id=lot_id)
