"""Load books under their owners' locks and write them back, in the caller's transaction.

The balance row is the lock for everything an owner has: lots, holds and entries are touched only under it.
"""

from collections.abc import Collection, Iterable

from msgspec.structs import astuple

from apiinone.core.credits import Credits
from apiinone.db import Sql, Tx
from apiinone.ledger.buckets import BUCKETS
from apiinone.ledger.ledger import Balance, Books, Entry, Hold, Mode, Owner, Settlement
from apiinone.ledger.lots import Lot, Slice

_LOCK_BALANCES = Sql(
    "SELECT account_id, mode, available_micro, held_micro, entry_no, head_hash, refill_day, frozen_micro, debt_micro"
    " FROM balances WHERE account_id = ANY($1::text[]) AND mode = ANY($2::text[]) ORDER BY account_id, mode FOR UPDATE"
)
_LOT_COLUMNS = (
    "SELECT account_id, mode, id, source, granted_micro, available_micro, held_micro, captured_micro, expired_micro,"
    " expires_us, created_us, frozen_micro, returned_micro, repaid_micro, disputed FROM lots"
)
_SPENDABLE_LOTS = Sql(
    _LOT_COLUMNS + " WHERE account_id = ANY($1::text[]) AND mode = ANY($2::text[]) AND available_micro > 0"
)
_LOTS = Sql(_LOT_COLUMNS + " WHERE id = ANY($1::text[])")
_OPEN_HOLDS = Sql(
    "SELECT h.id, h.account_id, h.mode, h.key_id, h.lineage_id, h.amount_micro, h.budget_period,"
    " h.request_id, h.account_day, h.member_id, h.member_day, s.lot_id, s.amount_micro"
    " FROM holds h JOIN hold_slices s ON s.hold_id = h.id LEFT JOIN settlements e ON e.hold_id = h.id"
    " WHERE h.id = ANY($1::text[]) AND e.hold_id IS NULL ORDER BY h.id, s.slice_no"
)
_WRITE_BALANCE = Sql(
    "UPDATE balances SET available_micro = $1, held_micro = $2, entry_no = $3, head_hash = $4, refill_day = $5,"
    " frozen_micro = $6, debt_micro = $7 WHERE account_id = $8 AND mode = $9"
)
_NEW_BALANCE = Sql(
    "INSERT INTO balances (account_id, mode, available_micro, held_micro, entry_no, head_hash, refill_day)"
    " VALUES ($1, $2, 0, 0, 0, $3, $4)"
)
_WRITE_LOT = Sql(
    "UPDATE lots SET available_micro = $1, held_micro = $2, captured_micro = $3, expired_micro = $4, frozen_micro = $5,"
    " returned_micro = $6, repaid_micro = $7, disputed = $8 WHERE id = $9"
)
_NEW_LOT = Sql(
    "INSERT INTO lots (id, account_id, mode, source, granted_micro, available_micro, held_micro, captured_micro,"
    " expired_micro, expires_us, created_us, frozen_micro, returned_micro, repaid_micro, disputed)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
)
_NEW_HOLD = Sql(
    "INSERT INTO holds (id, account_id, mode, key_id, lineage_id, amount_micro, budget_period, request_id,"
    " created_us, account_day, member_id, member_day) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
)
_GROW_HOLD = Sql("UPDATE holds SET amount_micro = $1 WHERE id = $2")
_NEW_SLICE = Sql("INSERT INTO hold_slices (hold_id, slice_no, lot_id, amount_micro) VALUES ($1, $2, $3, $4)")
_NEW_ENTRY = Sql(
    "INSERT INTO entries (account_id, mode, entry_no, key, kind, from_bucket, to_bucket, amount_micro, lot_id, task_id,"
    " request_id, actor, reason, created_us, hash)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
)
_NEW_SETTLEMENT = Sql(
    "INSERT INTO settlements (hold_id, kind, captured_micro, released_micro, attempt_id, actor, created_us)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7)"
)
_ALL_LOTS = Sql(
    _LOT_COLUMNS + " WHERE account_id = $1 AND mode = $2 AND"
    " (available_micro > 0 OR held_micro > 0 OR frozen_micro > 0)"
)
_EVER_USED = Sql("SELECT 1 FROM balances WHERE account_id = $1 AND entry_no > 0 LIMIT 1")
_DROP_BALANCES = Sql("DELETE FROM balances WHERE account_id = $1 AND entry_no = 0")
_BALANCE = Sql(
    "SELECT available_micro, held_micro, frozen_micro, debt_micro FROM balances WHERE account_id = $1 AND mode = $2"
)


async def load_books(tx: Tx, owners: Collection[Owner], lot_ids: Collection[str] = ()) -> Books:
    """Lock the owners' balances in sorted order and load what can be spent, and these lots whatever they have left.

    Lots past their time expire here, before anything is decided.
    """
    books = await _lock(tx, owners)
    _add_lots(books, await tx.rows(_SPENDABLE_LOTS, *_names(owners)))
    if lot_ids:
        _add_lots(books, await tx.rows(_LOTS, sorted(lot_ids)))
    books.expire_due()
    return books


async def load_holds(
    tx: Tx, owners: Collection[Owner], hold_ids: Collection[str], spending: Collection[Owner] = ()
) -> Books:
    """Lock the owners' balances in sorted order and load those of the named holds that are open, with their lots.

    `spending`: those of the owners of whom more is to be held. Their spendable lots are loaded too; what is past its
    time expires here.
    """
    books = await _lock(tx, owners)
    parts: dict[str, tuple[Hold, list[Slice]]] = {}
    for row in await tx.rows(_OPEN_HOLDS, sorted(hold_ids)):
        hold = Hold(row[0], (row[1], row[2]), *row[3:9], member=None if row[9] is None else (row[9], row[10]))
        parts.setdefault(hold.id, (hold, []))[1].append(Slice(row[11], row[12]))
    books.open_holds = {hold_id: (hold, tuple(slices)) for hold_id, (hold, slices) in parts.items()}
    lot_ids = {part.lot_id for _, slices in books.open_holds.values() for part in slices}
    _add_lots(books, await tx.rows(_LOTS, sorted(lot_ids)))
    if spending:
        _add_lots(books, await tx.rows(_SPENDABLE_LOTS, *_names(spending)))
        books.expire_due()
    return books


async def write_books(tx: Tx, books: Books) -> None:
    """Store every move made on the books."""
    now_us = books.now_us
    lots = [(owner, lot) for owner, lots in books.lots.items() for lot in lots.values() if lot.new or lot.changed]
    await tx.many(_NEW_LOT, [_new_lot(owner, lot) for owner, lot in lots if lot.new])
    await tx.many(_WRITE_LOT, [_lot(lot) for _, lot in lots if not lot.new])
    await tx.many(_NEW_HOLD, [_hold(hold, now_us) for hold in books.holds])
    await tx.many(_GROW_HOLD, [(hold.amount, hold.id) for hold in books.grown])
    await tx.many(_NEW_SLICE, [(hold_id, no, part.lot_id, part.amount) for hold_id, no, part in books.slices])
    await tx.many(_NEW_SETTLEMENT, [_settlement(settlement, now_us) for settlement in books.settlements])
    await tx.many(_NEW_ENTRY, [_entry(entry) for entry in books.entries])
    await tx.many(
        _WRITE_BALANCE,
        [
            (b.available, b.held, b.entry_no, b.head_hash, b.refill_day, b.frozen, b.debt, *owner)
            for owner, b in sorted(books.balances.items())
            if b.changed
        ],
    )


async def open_balance(tx: Tx, owner: Owner, *, refill_day: str | None) -> None:
    """Create an owner's balance at nothing. `refill_day` is given where the daily refill is to top it up."""
    await tx.run(_NEW_BALANCE, *owner, b"", refill_day)


async def drop_unused_balances(tx: Tx, account_id: str) -> bool:
    """Remove the balances of an account that never had an entry; False where one had, and all stay."""
    if await tx.row(_EVER_USED, account_id) is not None:
        return False
    await tx.run(_DROP_BALANCES, account_id)
    return True


async def balance_of(tx: Tx, owner: Owner) -> tuple[Credits, Credits, list[Lot]]:
    """What is available and held at this moment, and the lots behind it; expired lots do not count."""
    row = await tx.row(_BALANCE, *owner)
    if row is None:
        return Credits(0), Credits(0), []
    books = Books(tx.now_us, balances={owner: Balance(row[0], row[1], 0, b"", None)}, lots={owner: {}})
    _add_lots(books, await tx.rows(_ALL_LOTS, *owner))
    books.expire_due()
    lots = [lot for lot in books.lots[owner].values() if lot.available or lot.held or lot.frozen]
    return books.available(owner), Credits(row[1]), lots


async def lot_of(tx: Tx, owner: Owner, lot_id: str) -> Lot | None:
    """One of an owner's lots, also where nothing is left of it."""
    books = Books(tx.now_us, lots={owner: {}})
    _add_lots(books, await tx.rows(_LOTS, [lot_id]))
    return books.lots[owner].get(lot_id)


async def frozen_and_owed(tx: Tx, owner: Owner) -> tuple[Credits, Credits]:
    """What waits for a refund or a dispute to end, and what the owner owes."""
    row = await tx.row(_BALANCE, *owner)
    return (Credits(0), Credits(0)) if row is None else (Credits(row[2]), Credits(row[3]))


async def _lock(tx: Tx, owners: Collection[Owner]) -> Books:
    books = Books(tx.now_us)
    wanted = set(owners)
    for row in await tx.rows(_LOCK_BALANCES, *_names(wanted)):
        owner: Owner = (row[0], row[1])
        if owner in wanted:
            books.balances[owner] = Balance(row[2], row[3], row[4], bytes(row[5]), row[6], row[7], row[8])
            books.lots[owner] = {}
    return books


def _names(owners: Collection[Owner]) -> tuple[list[str], list[Mode]]:
    """Their accounts and their modes, each once and in order."""
    if len(owners) == 1:
        ((account, mode),) = owners
        return [account], [mode]
    return sorted({account for account, _ in owners}), sorted({mode for _, mode in owners})


def _add_lots(books: Books, rows: Iterable[tuple[str | int | None, ...]]) -> None:
    for row in rows:
        owner: Owner = (str(row[0]), _mode(row[1]))
        if owner in books.lots:
            lot = Lot(*row[2:])  # pyright: ignore[reportArgumentType] - the columns of the statement above
            books.lots[owner][lot.id] = lot


def _mode(value: object) -> Mode:
    return "live" if value == "live" else "test"


def _new_lot(owner: Owner, lot: Lot) -> tuple[str | int | None, ...]:
    amounts = (lot.granted, lot.available, lot.held, lot.captured, lot.expired)
    return (lot.id, *owner, lot.source, *amounts, lot.expires_us, lot.created_us, *_parts_back(lot))


def _lot(lot: Lot) -> tuple[str | int, ...]:
    return (lot.available, lot.held, lot.captured, lot.expired, *_parts_back(lot), lot.id)


def _parts_back(lot: Lot) -> tuple[int, ...]:
    return (lot.frozen, lot.returned, lot.repaid, lot.disputed)


def _entry(entry: Entry) -> tuple[str | int | bytes | None, ...]:
    owner, number, key, kind, *others = astuple(entry)  # in the order of the columns
    return (*owner, number, key, kind, *BUCKETS[kind], *others)


def _hold(hold: Hold, now_us: int) -> tuple[str | int | None, ...]:
    return (
        hold.id,
        *hold.owner,
        hold.key_id,
        hold.lineage_id,
        hold.amount,
        hold.budget_period,
        hold.request_id,
        now_us,
        hold.account_day,
        *((None, None) if hold.member is None else hold.member),
    )


def _settlement(settlement: Settlement, now_us: int) -> tuple[str | int | None, ...]:
    kind = "capture" if settlement.captured else "release"
    amounts = (settlement.captured, settlement.released)
    return (settlement.hold.id, kind, *amounts, settlement.attempt_id, settlement.actor, now_us)
