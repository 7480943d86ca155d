"""Rows of refunds and disputes."""

from typing import Final, Literal

from msgspec import Struct

from apiinone.core.clock import US_PER_S
from apiinone.core.credits import Credits
from apiinone.db import Sql, Tx

RefundState = Literal["asked", "sent", "succeeded", "failed"]
"""`asked`: certainly nothing was sent yet. `sent`: it may have been; it is looked for and never sent again."""
DisputeState = Literal["open", "won", "lost"]
ROWS_MAX: Final = 1000

_REFUND = "id, order_id, account_id, amount_minor, credits_micro, state, vendor_ref, actor, created_us"
_ADD_REFUND = Sql(
    "INSERT INTO refunds (" + _REFUND + ", ended_us, ask_us, asked)"  # noqa: S608
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0)"
)
_REFUNDS = Sql("SELECT " + _REFUND + " FROM refunds WHERE order_id = $1 ORDER BY id")  # noqa: S608
_ONE = Sql("SELECT " + _REFUND + " FROM refunds WHERE id = $1")  # noqa: S608
_DUE_REFUNDS = Sql("SELECT " + _REFUND + " FROM refunds WHERE ask_us <= $1 ORDER BY ask_us LIMIT $2")  # noqa: S608
_END_REFUND = Sql("UPDATE refunds SET state = $1, vendor_ref = $2, ended_us = $3, ask_us = NULL WHERE id = $4")
_SEND = Sql("UPDATE refunds SET state = 'sent', ask_us = $1 WHERE id = $2 AND state = 'asked'")
_UNSENT = Sql("UPDATE refunds SET state = 'asked', ask_us = $1 WHERE id = $2 AND state = 'sent'")
_ASK_LATER = Sql("UPDATE refunds SET ask_us = $1, asked = asked + 1 WHERE id = $2 AND ended_us IS NULL")
_DISPUTE = "method, vendor_ref, order_id, amount_minor, state"
_ADD_DISPUTE = Sql(
    "INSERT INTO disputes (" + _DISPUTE + ", created_us) VALUES ($1, $2, $3, $4, $5, $6)"  # noqa: S608
)
_DISPUTES = Sql("SELECT " + _DISPUTE + " FROM disputes WHERE order_id = $1 ORDER BY created_us, vendor_ref")  # noqa: S608
_END_DISPUTE = Sql("UPDATE disputes SET state = $1, ended_us = $2 WHERE method = $3 AND vendor_ref = $4")


class RefundRow(Struct, frozen=True):
    """A refund; its `credits` are frozen in the lot until it has ended."""

    id: str
    order_id: str
    account_id: str
    amount_minor: int
    credits: Credits
    state: RefundState
    vendor_ref: str | None
    actor: str
    created_us: int


class DisputeRow(Struct, frozen=True):
    """A dispute."""

    method: str
    vendor_ref: str
    order_id: str
    amount_minor: int
    state: DisputeState

    @property
    def key(self) -> str:
        """What it is called in keys of entries."""
        return f"{self.method}:{self.vendor_ref}"


async def add_refund(tx: Tx, row: RefundRow, *, ask_us: int | None = None) -> None:
    """Store a refund that is to be sent, or one that the vendor told of."""
    identity = (row.id, row.order_id, row.account_id, row.amount_minor, row.credits, row.state, row.vendor_ref)
    ended_us = None if row.state in ("asked", "sent") else tx.now_us
    await tx.run(_ADD_REFUND, *identity, row.actor, row.created_us, ended_us, ask_us)


async def refunds_of(tx: Tx, order_id: str) -> list[RefundRow]:
    """All refunds of an order, whose row is locked where they are to change."""
    return [RefundRow(*row) for row in await tx.rows(_REFUNDS, order_id)]


async def refund_by_id(tx: Tx, refund_id: str) -> RefundRow | None:
    """One of them."""
    row = await tx.row(_ONE, refund_id)
    return None if row is None else RefundRow(*row)


async def due_refunds(tx: Tx, limit: int) -> list[RefundRow]:
    """Refunds that are to be sent or asked about."""
    return [RefundRow(*row) for row in await tx.rows(_DUE_REFUNDS, tx.now_us, limit)]


async def end_refund(tx: Tx, row: RefundRow, state: RefundState, vendor_ref: str | None) -> None:
    """It has ended."""
    await tx.run(_END_REFUND, state, vendor_ref, tx.now_us, row.id)


async def begin_sending(tx: Tx, refund_id: str, again_s: int) -> bool:
    """It is about to be sent, by whoever gets True."""
    return await tx.run(_SEND, tx.now_us + again_s * US_PER_S, refund_id) == 1


async def was_not_sent(tx: Tx, refund_id: str, again_s: int) -> None:
    """Certainly nothing left this machine: it may be sent later."""
    await tx.run(_UNSENT, tx.now_us + again_s * US_PER_S, refund_id)


async def ask_refund_later(tx: Tx, row: RefundRow, again_s: int, old_s: int) -> bool:
    """Nothing is known yet, or it has ended; whether it is still open after so long."""
    is_open = await tx.run(_ASK_LATER, tx.now_us + again_s * US_PER_S, row.id) == 1
    return is_open and tx.now_us > row.created_us + old_s * US_PER_S


async def add_dispute(tx: Tx, row: DisputeRow) -> None:
    """Store a dispute."""
    await tx.run(_ADD_DISPUTE, row.method, row.vendor_ref, row.order_id, row.amount_minor, row.state, tx.now_us)


async def disputes_of(tx: Tx, order_id: str) -> list[DisputeRow]:
    """All disputes of an order."""
    return [DisputeRow(*row) for row in await tx.rows(_DISPUTES, order_id)]


async def end_dispute(tx: Tx, row: DisputeRow, state: DisputeState) -> None:
    """It was decided."""
    await tx.run(_END_DISPUTE, state, tx.now_us, row.method, row.vendor_ref)
