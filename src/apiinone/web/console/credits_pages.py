"""Pages: the balance, the lots behind it, and the ledger, page by page and as a file."""

from typing import Final

from apiinone.api.task_ids import written
from apiinone.core.clock import iso
from apiinone.core.credits import Credits, shown
from apiinone.db import Tx
from apiinone.ledger.history import EntryRow, read_entries
from apiinone.ledger.lots import Lot
from apiinone.ledger.statements import balance_of
from apiinone.payments.document_drawing import money
from apiinone.tasks.task_view import task_names
from apiinone.web.billing.shop import Shop, shop_for, ways_to_pay
from apiinone.web.code_names import ENTRY_KINDS, METHODS
from apiinone.web.console.csv_rows import PAGE_ROWS, Cell, csv_file
from apiinone.web.console.shell import in_console
from apiinone.web.page_route import PageCall, PageReply, Rooms, Shown
from apiinone.web.visitor import MemberHere

CREDITS: Final = "/billing/credits"
EXPORT: Final = "/billing/credits/export.csv"
ROWS: Final = 50
NUMBER_DIGITS_MAX: Final = 18
NO_ENTRY_AFTER: Final = 2**62
HEADS: Final = (
    "entry_no",
    "created_at",
    "kind",
    "credits",
    "available_change",
    "held_change",
    "lot_id",
    "task",
    "reason",
)


async def show_credits(rooms: Rooms, call: PageCall) -> PageReply:
    """Balance, lots and ledger; who is not signed in can look with a key."""
    here = call.visitor.member
    if here is None:
        return Shown("credits.html.j2", {"sells": bool(ways_to_pay(rooms.house.context.cashier))})
    return await credits_page(rooms, call, here, await shop_for(rooms, here))


async def credits_page(  # noqa: PLR0913 - the page, and what a form on it was sent with
    rooms: Rooms, call: PageCall, here: MemberHere, shop: Shop, *, code: str = "", status: int = 200
) -> Shown:
    """The page with its shop; who may see the balance alone sees neither ledger nor lots."""
    before_no = _number(call.query.get("before", ""))

    async def look(tx: Tx) -> tuple[tuple[Credits, Credits, list[Lot]], list[EntryRow], dict[str, tuple[int, str]]]:
        entries = await read_entries(tx, here.owner, before_no=before_no, limit=ROWS + 1)
        names = await task_names(tx, here.owner, {entry.task_id for entry in entries if entry.task_id is not None})
        return await balance_of(tx, here.owner), entries, names

    (available, held, lots), entries, names = await rooms.office.database.read(look)
    facts = {
        "available": available,
        "held": held,
        "lots": lots,
        "entries": entries[:ROWS],
        "change": change,
        "own_prices": rooms.house.context.board.now.prices_of(here.account_id),
        "tasks": {task_id: written(node, task_id, suffix) for task_id, (node, suffix) in names.items()},
        "kinds": ENTRY_KINDS,
        "older": f"{CREDITS}?before={entries[ROWS - 1].entry_no}" if len(entries) > ROWS else "",
        "newest": CREDITS if before_no != NO_ENTRY_AFTER else "",
        "export": EXPORT,
        "back": CREDITS,
        "shop": shop,
        "code": code,
        "methods": METHODS,
        "money": money,
    }
    return await in_console(rooms, here, "credits.html.j2", facts, status=status)


async def export_entries(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """The whole ledger of the account in the mode of the switch, newest first, as CSV."""
    del call

    async def pages(last: EntryRow | None) -> list[EntryRow]:
        before_no = NO_ENTRY_AFTER if last is None else last.entry_no

        async def look(tx: Tx) -> list[EntryRow]:
            return await read_entries(tx, here.owner, before_no=before_no, limit=PAGE_ROWS)

        return await rooms.office.database.read_long(look)

    return csv_file(f"ledger-{here.mode}", HEADS, pages, _cells)


def change(entry: EntryRow, bucket: str) -> int:
    """By how much an entry changed what is `available` or `held`."""
    return entry.amount * ((entry.to_bucket == bucket) - (entry.from_bucket == bucket))


def _cells(entry: EntryRow) -> tuple[Cell, ...]:
    changes = (shown(change(entry, "available")), shown(change(entry, "held")))
    about = (entry.lot_id, entry.task_id, entry.reason)
    return (entry.entry_no, iso(entry.created_us), entry.kind, shown(entry.amount), *changes, *about)


def _number(text: str) -> int:
    known_form = text.isascii() and text.isdigit() and len(text) <= NUMBER_DIGITS_MAX
    return int(text) if known_form else NO_ENTRY_AFTER
