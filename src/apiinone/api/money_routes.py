"""Routes of money: the balance, the ledger's entries, the use by day."""

from typing import Annotated, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from apiinone.accounts.callers import Caller
from apiinone.accounts.keys import Mode
from apiinone.api.answer import Answer, page, success
from apiinone.api.call import Call
from apiinone.api.cursors import read_cursor, write_cursor
from apiinone.api.house import House
from apiinone.api.model_forms import Amount
from apiinone.api.queries import Cursor, Limit, given, read_query
from apiinone.api.task_ids import written
from apiinone.api.task_page import Moment, TaskId
from apiinone.catalog.load import Catalogue
from apiinone.core.clock import US_PER_S, day_of, iso
from apiinone.core.credits import Credits, shown
from apiinone.core.errors import BadRequest
from apiinone.db import Tx
from apiinone.ledger.buckets import Kind
from apiinone.ledger.history import (
    EntryRow,
    UsageRow,
    UsageTotal,
    UsageWanted,
    read_entries,
    read_usage,
)
from apiinone.ledger.lots import Lot
from apiinone.ledger.statements import balance_of, frozen_and_owed
from apiinone.tasks.task_view import task_names

ENTRIES_ROWS: Final = 50
USAGE_ROWS: Final = 100
USAGE_DAYS: Final = 30
_ENTRY_NO_DIGITS_MAX: Final = 18
_NO_ENTRY_AFTER: Final = 2**62
_AFTER_EVERY_DAY: Final = ("9999-99-99", "", "")
Day = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$", description="A UTC day, such as 2026-11-23.")]


class LotPage(Struct, frozen=True):
    """Credits that came together and expire together."""

    lot_id: str
    source: str
    granted: Amount
    available: Amount
    held: Amount
    expires_at: Annotated[Moment | None, Meta(description="Null: never.")]
    created_at: Moment


class BalancePage(Struct, frozen=True):
    """The balance of the key's account in the key's mode."""

    mode: Mode
    available: Amount
    held: Amount
    frozen: Annotated[Amount, Meta(description="Waits for the end of a refund or a dispute.")]
    owed: Annotated[Amount, Meta(description="Spent credits whose payment was taken back; repaid first.")]
    lots: tuple[LotPage, ...]


class EntryPage(Struct, frozen=True):
    """One line of the ledger; numbers have no gaps."""

    entry_no: int
    kind: Kind
    credits: Amount
    available_change: Amount
    held_change: Amount
    lot_id: str | None
    task_id: Annotated[TaskId | None, Meta(description="Null where no task is behind it, or it is no longer kept.")]
    request_id: str | None
    reason: str | None
    created_at: Moment


class UsagePage(Struct, frozen=True):
    """What one key made of one model on one UTC day."""

    day: Day
    model: str
    key_id: str
    tasks_succeeded: int
    tasks_not_charged: int
    credits: Amount


class UsageSum(Struct, frozen=True):
    """The sum over all rows that the filters leave, this page's and the others'."""

    tasks_succeeded: int
    tasks_not_charged: int
    credits: Amount


class UsageReport(Struct, frozen=True):
    """Use by day, model and key, newest first."""

    first_day: Day
    last_day: Day
    total: UsageSum
    rows: tuple[UsagePage, ...]
    next_cursor: str | None


class EntriesQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which page."""

    limit: Limit = ENTRIES_ROWS
    cursor: Cursor | UnsetType = UNSET


class UsageQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which rows."""

    first_day: Annotated[Day, Meta(description="The first UTC day; 30 days back where not given.")] | UnsetType = UNSET
    last_day: Annotated[Day, Meta(description="The last UTC day; today where not given.")] | UnsetType = UNSET
    model: Annotated[str, Meta(min_length=1, max_length=64, description="A model by any of its names.")] | UnsetType = (
        UNSET
    )
    key_id: Annotated[str, Meta(min_length=1, max_length=64, description="One of the account's keys.")] | UnsetType = (
        UNSET
    )
    limit: Limit = USAGE_ROWS
    cursor: Cursor | UnsetType = UNSET


async def show_credits(house: House, call: Call, caller: Caller) -> Answer:
    """What is available and held, and the lots behind it."""
    del call

    async def look(tx: Tx) -> tuple[tuple[Credits, Credits, list[Lot]], tuple[Credits, Credits]]:
        return await balance_of(tx, caller.owner), await frozen_and_owed(tx, caller.owner)

    (available, held, lots), (frozen, owed) = await house.context.database.read(look)
    amounts = (shown(available), shown(held), shown(frozen), shown(owed))
    return success(BalancePage(caller.mode, *amounts, tuple(map(_lot, lots))))


async def list_entries(house: House, call: Call, caller: Caller) -> Answer:
    """A page of the ledger, newest first."""
    query = read_query(call.query_string, EntriesQuery)
    before_no = _NO_ENTRY_AFTER if query.cursor is UNSET else _entry_no(query.cursor)

    async def look(tx: Tx) -> tuple[list[EntryRow], dict[str, tuple[int, str]]]:
        entries = await read_entries(tx, caller.owner, before_no=before_no, limit=query.limit + 1)
        named = {entry.task_id for entry in entries if entry.task_id is not None}
        return entries, await task_names(tx, caller.owner, named)

    found, names = await house.context.database.read(look)
    rows = found[: query.limit]
    next_cursor = write_cursor("entries", str(rows[-1].entry_no)) if len(found) > query.limit else None
    return page([_entry(entry, names) for entry in rows], next_cursor)


async def show_usage(house: House, call: Call, caller: Caller) -> Answer:
    """Use by day, model and key within a range of days."""
    query = read_query(call.query_string, UsageQuery)
    context = house.context
    wanted = _wanted(query, context.catalogue, context.clock.now_us())

    async def look(tx: Tx) -> tuple[list[UsageRow], UsageTotal]:
        return await read_usage(tx, caller.owner, wanted)

    found, total = await context.database.read_long(look)
    rows = found[: query.limit]
    more = len(found) > query.limit
    report = UsageReport(
        first_day=wanted.first_day,
        last_day=wanted.last_day,
        total=UsageSum(total.tasks_succeeded, total.tasks_not_charged, shown(total.captured)),
        rows=tuple(map(_usage, rows)),
        next_cursor=write_cursor("usage", rows[-1].day, rows[-1].model, rows[-1].key_id) if more else None,
    )
    return success(report)


def _wanted(query: UsageQuery, catalogue: Catalogue, now_us: int) -> UsageWanted:
    choice = None if query.model is UNSET else catalogue.remembered(query.model)
    before = _AFTER_EVERY_DAY
    if query.cursor is not UNSET:
        day, model, key_id = read_cursor("usage", query.cursor, 3)
        before = (day, model, key_id)
    return UsageWanted(
        first_day=query.first_day or day_of(now_us - USAGE_DAYS * 86_400 * US_PER_S),
        last_day=query.last_day or day_of(now_us),
        model=given(query.model) if choice is None else choice.entry.id,
        key_id=given(query.key_id),
        before=before,
        limit=query.limit + 1,
    )


def _entry_no(cursor: str) -> int:
    (text,) = read_cursor("entries", cursor, 1)
    if not (text.isascii() and text.isdigit() and len(text) <= _ENTRY_NO_DIGITS_MAX):
        raise BadRequest("This is not a cursor of this list.", param="cursor")
    return int(text)


def _lot(lot: Lot) -> LotPage:
    expires_at = None if lot.expires_us is None else iso(lot.expires_us)
    amounts = (shown(lot.granted), shown(lot.available), shown(lot.held))
    return LotPage(lot.id, lot.source, *amounts, expires_at, iso(lot.created_us))


def _entry(entry: EntryRow, names: dict[str, tuple[int, str]]) -> EntryPage:
    name = names.get(entry.task_id or "")
    return EntryPage(
        entry_no=entry.entry_no,
        kind=entry.kind,
        credits=shown(entry.amount),
        available_change=_change(entry, "available"),
        held_change=_change(entry, "held"),
        lot_id=entry.lot_id,
        task_id=None if name is None or entry.task_id is None else written(name[0], entry.task_id, name[1]),
        request_id=entry.request_id,
        reason=entry.reason,
        created_at=iso(entry.created_us),
    )


def _change(entry: EntryRow, bucket: str) -> Amount:
    return shown(entry.amount) * ((entry.to_bucket == bucket) - (entry.from_bucket == bucket))


def _usage(row: UsageRow) -> UsagePage:
    return UsagePage(row.day, row.model, row.key_id, row.tasks_succeeded, row.tasks_not_charged, shown(row.captured))
