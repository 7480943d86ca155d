"""Prove the ledger from its rows alone: every total is worked out again and compared with what is stored.

An owner is judged in one read transaction, so that a server may go on writing meanwhile; rows come in pages. What has
no owner that could be judged (a hold without an entry, a lot without a grant) is looked for in short reads of its own.
"""

from msgspec import Struct

from apiinone.db import Tx
from apiinone.ledger.audit_rows import (
    Place,
    balance_row,
    entry_pages,
    holds_of,
    holds_page,
    key_rows,
    lots_of,
    lots_page,
    usage_row,
)
from apiinone.ledger.breaches import Breach, BreachKind
from apiinone.ledger.ledger import Owner
from apiinone.ledger.recount import Recount


class OwnerAudit(Struct, frozen=True):
    """What was found of one owner, how many entries were read, and which holds are open."""

    breaches: list[Breach]
    entries: int
    open_holds: frozenset[str]


class Strays(Struct, frozen=True):
    """One page of rows that stand alone, and where to go on; None at the end."""

    breaches: list[Breach]
    after: str | None


async def audit_owner(tx: Tx, owner: Owner) -> OwnerAudit:
    """Work out one owner's money from its entries, holds and settlements, and compare. Amounts are micro-credits."""
    recount = Recount(owner)
    async for page in entry_pages(tx, owner):
        placed = {row.entry.task_id for row in page if row.entry.kind == "hold"}
        holds = await holds_of(tx, {hold_id for hold_id in placed if hold_id is not None})
        for row in page:
            recount.take(row, holds)
    balance = await balance_row(tx, owner)
    if balance is None:
        missing = Breach("balance_missing", *owner, owner[0], f"{recount.entries} entries")
        return OwnerAudit([missing], recount.entries, frozenset())
    recount.compare_balance(balance)
    recount.compare_lots(balance, await lots_of(tx, recount.lots))
    counted = {*recount.loads, *(name for name, _ in recount.used)}
    recount.compare_keys(await key_rows(tx, owner, counted))
    recount.compare_usage(await usage_row(tx, owner))
    return OwnerAudit(recount.breaches, recount.entries, frozenset(recount.open_holds))


async def stray_holds(tx: Tx, after: str) -> Strays:
    """Holds that no entry placed."""
    following, alone = await holds_page(tx, after)
    return Strays([_alone("hold_without_entry", place) for place in alone], following)


async def stray_lots(tx: Tx, after: str) -> Strays:
    """Lots that no grant brought, or whose owner has no balance."""
    following, lacking, ownerless = await lots_page(tx, after)
    breaches = [_alone("lot_without_grant", place) for place in lacking]
    return Strays([*breaches, *(_alone("balance_missing", place) for place in ownerless)], following)


def _alone(kind: BreachKind, place: Place) -> Breach:
    return Breach(kind, *place.owner, place.id, f"row {place.id} stands alone")
