"""Rows of vouchers: made, listed, revoked, redeemed. A code is counted under its row's lock."""

from typing import Final

import msgspec
from msgspec import Struct

from apiinone.core.clock import US_PER_S
from apiinone.core.credits import Credits
from apiinone.core.errors import BadRequest, NotFound, RateLimited, Refusal
from apiinone.core.ids import Ids
from apiinone.db import Sql, Tx
from apiinone.ledger.statements import load_books
from apiinone.payments.order_rows import Order
from apiinone.payments.packs import Terms
from apiinone.payments.place_order import NewOrder, place
from apiinone.payments.settle import Office, settle
from apiinone.payments.voucher import redeemed

TRIES_MAX: Final = 10
"""Wrong codes of one account within an hour."""
TRIES_S: Final = 3600
CURRENCY: Final = "usd"
"""Of the nothing that a voucher's order costs."""
_COLUMNS = (
    "id, code_hash, credits_micro, uses_max, per_account_max, uses, credits_days, expires_us, revoked_us, actor,"
    " created_us"
)
_ADD = Sql(
    "INSERT INTO vouchers (" + _COLUMNS + ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"  # noqa: S608
)
_BY_HASH = Sql("SELECT " + _COLUMNS + " FROM vouchers WHERE code_hash = $1 FOR UPDATE")  # noqa: S608
_PAGE = Sql("SELECT " + _COLUMNS + " FROM vouchers ORDER BY id DESC LIMIT $1")  # noqa: S608
_REVOKE = Sql("UPDATE vouchers SET revoked_us = $1 WHERE id = $2 AND revoked_us IS NULL")
_USED = Sql("SELECT order_id FROM voucher_uses WHERE voucher_id = $1 AND account_id = $2 ORDER BY use_no")
_USE = Sql(
    "INSERT INTO voucher_uses (voucher_id, account_id, use_no, order_id, created_us) VALUES ($1, $2, $3, $4, $5)"
)
_COUNT = Sql("UPDATE vouchers SET uses = uses + 1 WHERE id = $1 AND uses < uses_max")
_TRIES = Sql("SELECT since_us, tries FROM voucher_tries WHERE account_id = $1")
_TRY = Sql(
    "INSERT INTO voucher_tries (account_id, since_us, tries) VALUES ($1, $2, 1) ON CONFLICT (account_id) DO UPDATE"
    " SET tries = CASE WHEN voucher_tries.since_us <= $3 THEN 1 ELSE voucher_tries.tries + 1 END,"
    " since_us = CASE WHEN voucher_tries.since_us <= $3 THEN excluded.since_us ELSE voucher_tries.since_us END"
)


class VoucherRow(Struct, frozen=True):
    """A voucher; its code is known to whoever was given it, and to nobody else."""

    id: str
    code_hash: bytes
    credits: Credits
    uses_max: int
    per_account_max: int
    uses: int
    credits_days: int | None
    expires_us: int | None
    revoked_us: int | None
    actor: str
    created_us: int


async def add_vouchers(tx: Tx, rows: list[VoucherRow]) -> None:
    """Store new ones."""
    await tx.many(_ADD, [msgspec.structs.astuple(row) for row in rows])


async def voucher_rows(tx: Tx, limit: int) -> list[VoucherRow]:
    """The newest."""
    return [VoucherRow(*row) for row in await tx.rows(_PAGE, limit)]


async def revoke_voucher(tx: Tx, voucher_id: str) -> None:
    """Nobody may redeem it any more. Raises NotFound where there is none, or it was revoked before."""
    if await tx.run(_REVOKE, tx.now_us, voucher_id) == 0:
        raise NotFound("there is no such voucher, or it was revoked before")


async def redeem(tx: Tx, account_id: str, hashed: bytes | None, actor: str, ids: Ids) -> Order | Refusal:
    """Credit a code to an account, once for each use. A refusal is returned, so that a wrong code is counted."""
    books = await load_books(tx, [(account_id, "live")])
    if not books.balances:
        return NotFound("there is no such account")
    tries = await tx.row(_TRIES, account_id)
    if tries is not None and tries[1] >= TRIES_MAX and tries[0] > tx.now_us - TRIES_S * US_PER_S:
        wait_us = tries[0] + TRIES_S * US_PER_S - tx.now_us
        return RateLimited("Too many wrong codes; try again later.", retry_after_s=-(-wait_us // US_PER_S))
    found = None if hashed is None else await tx.row(_BY_HASH, hashed)
    if found is None:
        await tx.run(_TRY, account_id, tx.now_us, tx.now_us - TRIES_S * US_PER_S)
        return BadRequest("This code is not valid.", param="/code")
    voucher = VoucherRow(*found)
    used = [row[0] for row in await tx.rows(_USED, voucher.id, account_id)]
    refusal = _refusal(voucher, len(used), tx.now_us)
    return refusal if refusal is not None else await _use(tx, voucher, (account_id, len(used)), actor, ids)


async def _use(tx: Tx, voucher: VoucherRow, of: tuple[str, int], actor: str, ids: Ids) -> Order | Refusal:
    account_id, use_no = of
    order_id = ids.new()
    terms = Terms(None, "voucher", CURRENCY, 0, voucher.credits, Credits(0), voucher.credits_days)
    await place(tx, NewOrder(order_id, account_id, "voucher", "voucher", terms, livemode=True, valid_s=0, actor=actor))
    if await tx.run(_COUNT, voucher.id) == 0:
        raise AssertionError("a voucher that was counted under its lock")
    await tx.run(_USE, voucher.id, account_id, use_no, order_id, tx.now_us)
    use = f"{voucher.id}:{account_id}:{use_no}"
    settled = await settle(
        tx, "voucher", order_id, redeemed(order_id, account_id, currency=CURRENCY, use=use), Office(ids, None)
    )
    if settled.order is None:
        raise AssertionError("a voucher's order that does not fit itself")
    return settled.order


def _refusal(voucher: VoucherRow, used: int, now_us: int) -> Refusal | None:
    if voucher.revoked_us is not None:
        return BadRequest("This code is not valid any more.", param="/code")
    if voucher.expires_us is not None and voucher.expires_us <= now_us:
        return BadRequest("This code has expired.", param="/code")
    if used >= voucher.per_account_max:
        return BadRequest("This account has redeemed this code before.", param="/code")
    if voucher.uses >= voucher.uses_max:
        return BadRequest("This code has been used up.", param="/code")
    return None
