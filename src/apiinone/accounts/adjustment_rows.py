"""Changes of balances by operators: a small one is done at once, a larger one waits for a second operator (hazard 46).

What is counted is how much an operator moved alone on a UTC day, given and taken alike, so that a large change cannot
be cut into small ones. Test credits are no money and are not counted.
"""

from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from apiinone.accounts.account_rows import Action, record
from apiinone.accounts.keys import Mode
from apiinone.core.clock import US_PER_S, day_of
from apiinone.core.credits import MICRO_CREDITS_MAX, Credits
from apiinone.core.errors import BadRequest, Conflict, NotFound
from apiinone.db import Sql, Tx
from apiinone.ledger.grants import grant
from apiinone.ledger.ledger import Owner
from apiinone.ledger.withdraw import withdraw

State = Literal["waiting", "done", "refused"]
ASKED: Final = "credits.adjust"
AGREED: Final = "credits.adjust.agree"
REFUSED: Final = "credits.adjust.refuse"
WAITS_US: Final = 7 * 24 * 3600 * US_PER_S
"""How long a second operator may take; then it is asked for anew."""

_COLUMNS = (
    "SELECT id, account_id, mode, amount_micro, reason, state, asked_by, asked_us, decided_by, decided_us"
    " FROM adjustments"
)
_ONE = Sql(_COLUMNS + " WHERE id = $1 FOR UPDATE")
_OF_ACCOUNT = Sql(_COLUMNS + " WHERE account_id = $1 ORDER BY id DESC LIMIT $2")
_WAITING = Sql(_COLUMNS + " WHERE state = 'waiting' AND asked_us > $1 ORDER BY id DESC LIMIT $2")
_NEW = Sql(
    "INSERT INTO adjustments (id, account_id, mode, amount_micro, reason, state, asked_by, asked_us, decided_by,"
    " decided_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
)
_DECIDE = Sql("UPDATE adjustments SET state = $1, decided_by = $2, decided_us = $3 WHERE id = $4")
_ACCOUNT = Sql("SELECT 1 FROM accounts WHERE id = $1")
_NEW_DAY = Sql("INSERT INTO adjustment_days (actor, day, alone_micro) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING")
_LOCK_DAY = Sql("SELECT alone_micro FROM adjustment_days WHERE actor = $1 AND day = $2 FOR UPDATE")
_COUNT_DAY = Sql("UPDATE adjustment_days SET alone_micro = $1 WHERE actor = $2 AND day = $3")


class Adjustment(Struct, frozen=True):
    """A change of a balance; `amount` is negative where credits are taken back."""

    id: str
    account_id: str
    mode: Mode
    amount: int
    reason: str
    state: State
    asked_by: str
    asked_us: int
    decided_by: str | None = None
    decided_us: int | None = None


async def adjust(tx: Tx, wanted: Adjustment, action: Action, *, alone_max: Credits) -> Adjustment:
    """Change the balance, or have the change wait for a second operator.

    Raises NotFound, Conflict where less is available, BadRequest for no amount or no reason.
    """
    if not 0 < abs(wanted.amount) <= MICRO_CREDITS_MAX:
        raise BadRequest("the amount is not zero and at most a billion credits", param="/amount")
    if await tx.row(_ACCOUNT, wanted.account_id) is None:
        raise NotFound("there is no such account")
    await record(tx, action)
    alone = wanted.mode == "test" or await _may_alone(tx, wanted, alone_max)
    made = replace(wanted, state="waiting", asked_us=tx.now_us)
    if alone:
        made = replace(made, state="done", decided_by=made.asked_by, decided_us=tx.now_us)
    identity = (made.id, made.account_id, made.mode, made.amount, made.reason)
    await tx.run(_NEW, *identity, made.state, made.asked_by, made.asked_us, made.decided_by, made.decided_us)
    if alone:
        await _post(tx, made)
    return made


async def decide(tx: Tx, adjustment_id: str, action: Action, *, agreed: bool) -> Adjustment:
    """A second operator agrees to a waiting change, or refuses it; who asked may take it back but never agree.

    Raises NotFound, Conflict, BadRequest without a reason.
    """
    row = await tx.row(_ONE, adjustment_id)
    if row is None:
        raise NotFound("there is no such adjustment")
    found = Adjustment(*row)
    if found.state != "waiting":
        raise Conflict(f"this adjustment is {found.state}")
    if agreed and found.asked_us <= tx.now_us - WAITS_US:
        raise Conflict("this adjustment waited for more than 7 days; ask for it anew")
    if agreed and found.asked_by == action.actor:
        raise Conflict("another operator must agree than the one who asked")
    state: State = "done" if agreed else "refused"
    await record(tx, action)
    await tx.run(_DECIDE, state, action.actor, tx.now_us, adjustment_id)
    if agreed:
        await _post(tx, found)
    return replace(found, state=state, decided_by=action.actor, decided_us=tx.now_us)


async def adjustments_of(tx: Tx, account_id: str, limit: int) -> list[Adjustment]:
    """An account's, newest first."""
    return [Adjustment(*row) for row in await tx.rows(_OF_ACCOUNT, account_id, limit)]


async def waiting_adjustments(tx: Tx, limit: int) -> list[Adjustment]:
    """Those that wait for a second operator, newest first."""
    return [Adjustment(*row) for row in await tx.rows(_WAITING, tx.now_us - WAITS_US, limit)]


async def _may_alone(tx: Tx, wanted: Adjustment, alone_max: Credits) -> bool:
    """Whether the operator may still move that much alone today; the row of the day is the lock."""
    place = (wanted.asked_by, day_of(tx.now_us))
    await tx.run(_NEW_DAY, *place)
    row = await tx.row(_LOCK_DAY, *place)
    moved = abs(wanted.amount) + (0 if row is None else int(row[0] or 0))
    if moved > alone_max:
        return False
    await tx.run(_COUNT_DAY, moved, *place)
    return True


async def _post(tx: Tx, made: Adjustment) -> None:
    owner: Owner = (made.account_id, made.mode)
    actor = made.asked_by
    if made.amount > 0:
        await grant(tx, owner, lot_id=made.id, amount=Credits(made.amount), actor=actor, reason=made.reason)
    else:
        await withdraw(tx, owner, amount=Credits(-made.amount), actor=actor, reason=made.reason)
