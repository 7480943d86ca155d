"""What an audit reads: the rows of the ledger, in pages small enough to keep each read short."""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass

from msgspec import Struct

from apiinone.core.clock import day_of
from apiinone.db import Row, Sql, Tx
from apiinone.ledger.budgets import account_places
from apiinone.ledger.grants import order_key
from apiinone.ledger.ledger import Entry, Hold, Owner
from apiinone.ledger.lots import Lot, Slice

PAGE_MAX = 2000

_OWNERS = Sql(
    "SELECT account_id, mode FROM balances WHERE account_id > $1 OR (account_id = $1 AND mode > $2)"
    " ORDER BY account_id, mode LIMIT $3"
)
_BALANCE = Sql(
    "SELECT available_micro, held_micro, entry_no, head_hash, frozen_micro, debt_micro FROM balances"
    " WHERE account_id = $1 AND mode = $2"
)
_ENTRIES = Sql(
    "SELECT entry_no, key, kind, amount_micro, lot_id, task_id, request_id, actor, reason, created_us, hash,"
    " from_bucket, to_bucket FROM entries WHERE account_id = $1 AND mode = $2 AND entry_no > $3"
    " ORDER BY entry_no LIMIT $4"
)
_HOLDS = Sql(
    "SELECT h.id, h.account_id, h.mode, h.key_id, h.lineage_id, h.amount_micro, h.budget_period, h.request_id,"
    " h.account_day, s.captured_micro, s.released_micro FROM holds h LEFT JOIN settlements s ON s.hold_id = h.id"
    " WHERE h.id = ANY($1::text[])"
)
_SLICES = Sql(
    "SELECT hold_id, lot_id, amount_micro FROM hold_slices WHERE hold_id = ANY($1::text[]) ORDER BY hold_id, slice_no"
)
_LOTS = Sql(
    "SELECT account_id, mode, id, source, granted_micro, available_micro, held_micro, captured_micro, expired_micro,"
    " expires_us, created_us, frozen_micro, returned_micro, repaid_micro FROM lots WHERE id = ANY($1::text[])"
)
_LINEAGES = Sql("SELECT DISTINCT lineage_id FROM keys WHERE account_id = $1 AND mode = $2")
_LOADS = Sql("SELECT lineage_id, open_holds FROM key_loads WHERE lineage_id = ANY($1::text[])")
_USED = Sql("SELECT lineage_id, period, used_micro FROM budget_periods WHERE lineage_id = ANY($1::text[])")
_USAGE = Sql(
    "SELECT CAST(coalesce(sum(tasks_succeeded), 0) AS bigint), CAST(coalesce(sum(tasks_not_charged), 0) AS bigint),"
    " CAST(coalesce(sum(captured_micro), 0) AS bigint) FROM usage_days WHERE account_id = $1 AND mode = $2"
)
_HOLD_PAGE = Sql(
    "SELECT h.id, h.account_id, h.mode, e.kind FROM holds h LEFT JOIN entries e ON e.key = 'hold:' || h.id"
    " WHERE h.id > $1 ORDER BY h.id LIMIT $2"
)
_LOT_PAGE = Sql(
    "SELECT l.id, l.account_id, l.mode, l.source, l.created_us, b.entry_no FROM lots l"
    " LEFT JOIN balances b ON b.account_id = l.account_id AND b.mode = l.mode"
    " WHERE l.id > $1 ORDER BY l.id LIMIT $2"
)
_GRANTS = Sql("SELECT key, lot_id FROM entries WHERE key = ANY($1::text[])")


class Settled(Struct, frozen=True):
    """How a hold ended, as its settlement says."""

    captured: int
    released: int


class HoldRows(Struct, frozen=True):
    """A hold with all that hangs on it. `settled` is None while it is open."""

    hold: Hold
    slices: tuple[Slice, ...]
    settled: Settled | None


class EntryRow(Struct, frozen=True):
    """An entry and the buckets that stand beside its kind."""

    entry: Entry
    buckets: tuple[str, str]


class BalanceRow(Struct, frozen=True):
    """A balance as stored."""

    available: int
    held: int
    entry_no: int
    head_hash: bytes
    frozen: int
    debt: int


class KeyRows(Struct, frozen=True):
    """What is counted for an owner's keys: open holds by lineage, used budget by lineage and period."""

    lineages: frozenset[str]
    loads: dict[str, int]
    used: dict[tuple[str, str], int]


class UsageRow(Struct, frozen=True):
    """An owner's daily totals, added up."""

    succeeded: int
    not_charged: int
    captured: int


@dataclass(frozen=True, slots=True)
class Place:
    """A money row without what should stand beside it: its id and owner."""

    id: str
    owner: Owner


async def owners_after(tx: Tx, after: tuple[str, str], limit: int) -> list[Owner]:
    """The next owners of balances, in order."""
    return [(row[0], row[1]) for row in await tx.rows(_OWNERS, *after, limit)]


async def balance_row(tx: Tx, owner: Owner) -> BalanceRow | None:
    """The owner's balance; None where there is none."""
    row = await tx.row(_BALANCE, *owner)
    return None if row is None else BalanceRow(row[0], row[1], row[2], bytes(row[3]), row[4], row[5])


async def entry_pages(tx: Tx, owner: Owner) -> AsyncIterator[list[EntryRow]]:
    """All entries of an owner, in order, a page at a time."""
    last = 0
    while rows := await tx.rows(_ENTRIES, *owner, last, PAGE_MAX):
        yield [_entry(owner, row) for row in rows]
        last = rows[-1][0]


async def holds_of(tx: Tx, hold_ids: Collection[str]) -> dict[str, HoldRows]:
    """These holds with their slices and settlements, as far as they exist."""
    if not hold_ids:
        return {}
    wanted = sorted(hold_ids)
    slices: dict[str, list[Slice]] = {}
    for row in await tx.rows(_SLICES, wanted):
        slices.setdefault(row[0], []).append(Slice(row[1], row[2]))
    found: dict[str, HoldRows] = {}
    for row in await tx.rows(_HOLDS, wanted):
        hold = Hold(row[0], (row[1], row[2]), row[3], row[4], row[5], row[6], row[7], row[8])
        settled = None if row[9] is None else Settled(row[9], row[10])
        found[hold.id] = HoldRows(hold, tuple(slices.get(hold.id, ())), settled)
    return found


async def lots_of(tx: Tx, lot_ids: Collection[str]) -> dict[str, tuple[Owner, Lot]]:
    """These lots with their owners, as far as they exist."""
    wanted = sorted(lot_ids)
    found: dict[str, tuple[Owner, Lot]] = {}
    for start in range(0, len(wanted), PAGE_MAX):
        for row in await tx.rows(_LOTS, wanted[start : start + PAGE_MAX]):
            found[row[2]] = ((row[0], row[1]), _lot(row))
    return found


async def key_rows(tx: Tx, owner: Owner, lineages: Collection[str]) -> KeyRows:
    """What is counted for the owner's keys and for further lineages."""
    own = frozenset(row[0] for row in await tx.rows(_LINEAGES, *owner)) | frozenset(lineages)
    own |= frozenset(place[0] for place in account_places(owner[0], "")) if owner[1] == "live" else frozenset()
    wanted = sorted(own)
    loads = {row[0]: row[1] for row in await tx.rows(_LOADS, wanted)}
    used = {(row[0], row[1]): row[2] for row in await tx.rows(_USED, wanted)}
    return KeyRows(own, loads, used)


async def usage_row(tx: Tx, owner: Owner) -> UsageRow:
    """The owner's daily totals, added up."""
    row = await tx.row(_USAGE, *owner)
    return UsageRow(0, 0, 0) if row is None else UsageRow(row[0], row[1], row[2])


async def holds_page(tx: Tx, after: str) -> tuple[str | None, list[Place]]:
    """Of the next holds those that no entry placed, and where to go on; None at the end."""
    rows = await tx.rows(_HOLD_PAGE, after, PAGE_MAX)
    return _next(rows), [Place(row[0], (row[1], row[2])) for row in rows if row[3] is None]


async def lots_page(tx: Tx, after: str) -> tuple[str | None, list[Place], list[Place]]:
    """Of the next lots those that no grant brought and those of owners without a balance; None at the end."""
    rows = await tx.rows(_LOT_PAGE, after, PAGE_MAX)
    keys = {row[0]: _grant_key(row) for row in rows}
    granted = {row[0]: row[1] for row in await tx.rows(_GRANTS, sorted(keys.values()))} if keys else {}
    lacking = [Place(row[0], (row[1], row[2])) for row in rows if granted.get(keys[row[0]]) != row[0]]
    ownerless = [Place(row[0], (row[1], row[2])) for row in rows if row[5] is None]
    return _next(rows), lacking, ownerless


def _next(rows: list[Row]) -> str | None:
    return str(rows[-1][0]) if len(rows) == PAGE_MAX else None


def _grant_key(row: Row) -> str:
    """The key that the entry of a lot's grant was given (`ledger/grants.py`)."""
    match row[3]:
        case "refill":
            return f"refill:{row[1]}:{row[2]}:{day_of(row[4])}"
        case "order":
            return order_key(row[0])
        case _:
            return f"grant:{row[0]}"


def _lot(row: Row) -> Lot:
    amounts = (row[4], row[5], row[6], row[7], row[8])
    return Lot(row[2], row[3], *amounts, row[9], row[10], row[11], row[12], row[13])


def _entry(owner: Owner, row: Row) -> EntryRow:
    origin = (row[4], row[5], row[6], row[7], row[8], row[9], bytes(row[10]))
    return EntryRow(Entry(owner, row[0], row[1], row[2], row[3], *origin), (row[11], row[12]))
