"""Pages: the log of what the account's keys made, filtered, page by page, and as a file."""

from typing import Final

from msgspec.structs import replace

from apiinone.accounts.key_rows import keys_of
from apiinone.accounts.keys import Key
from apiinone.api.answer import Streamed
from apiinone.api.task_ids import written
from apiinone.core.clock import iso
from apiinone.core.credits import shown
from apiinone.db import Tx
from apiinone.ledger.ledger import Owner
from apiinone.tasks.call_log import LogLine, LogWanted, read_call_log
from apiinone.tasks.lifecycle import status_of
from apiinone.web.console.csv_rows import PAGE_ROWS, Cell, csv_file
from apiinone.web.console.log_query import FIRST_DAY, LAST_DAY, LogQuery, read_log_query
from apiinone.web.console.shell import in_console
from apiinone.web.console.statuses import STATUS_NAMES, STATUSES
from apiinone.web.page_route import PageCall, PageReply, Rooms, Shown
from apiinone.web.visitor import MemberHere

USAGE: Final = "/usage"
EXPORT: Final = "/usage/export.csv"
ROWS: Final = 50
HEADS: Final = (
    "task_id",
    "request_id",
    "status",
    "error",
    "model",
    "endpoint",
    "mode",
    "key_id",
    "credits",
    "latency_ms",
    "created_at",
    "finished_at",
)


async def show_usage(rooms: Rooms, call: PageCall) -> PageReply:
    """The log; who is not signed in can look with a key."""
    here = call.visitor.member
    if here is None:
        return Shown("usage.html.j2", {})
    asked = _asked(rooms, call, here, limit=ROWS + 1)

    async def look(tx: Tx) -> tuple[list[LogLine], list[Key]]:
        return await read_call_log(tx, asked.owner, asked.wanted), await keys_of(tx, here.account_id)

    found, keys = await rooms.office.database.read_long(look)
    facts = {
        "asked": asked,
        "lines": found[:ROWS],
        "older": asked.link(USAGE, found[ROWS - 1].id) if len(found) > ROWS else "",
        "newest": asked.link(USAGE) if call.query.get("after") else "",
        "export": asked.link(EXPORT),
        "keys": keys,
        "key_names": {key.id: key.name for key in keys},
        "models": rooms.house.context.catalogue.entries,
        "statuses": {status: STATUS_NAMES[status] for status in STATUSES},
        "task_id": task_id,
        "first_day": FIRST_DAY,
        "last_day": LAST_DAY,
    }
    return await in_console(rooms, here, "usage.html.j2", facts, status=422 if asked.errors else 200)


async def export_usage(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """Every line that the filters keep, as CSV."""
    asked = _asked(rooms, call, here, limit=PAGE_ROWS)
    return usage_file(rooms, asked.owner, asked.wanted)


def usage_file(rooms: Rooms, owner: Owner, wanted: LogWanted) -> Streamed:
    """The lines, read as they are written."""

    async def pages(last: LogLine | None) -> list[LogLine]:
        from_here = wanted if last is None else replace(wanted, before_id=last.id)

        async def look(tx: Tx) -> list[LogLine]:
            return await read_call_log(tx, owner, from_here)

        return await rooms.office.database.read_long(look)

    def cells(line: LogLine) -> tuple[Cell, ...]:
        return (
            task_id(line),
            line.request_id,
            status_of(line.state),
            line.error_type,
            line.sub_model,
            line.endpoint,
            owner[1],
            line.key_id,
            0 if line.captured is None else shown(line.captured),
            None if line.took_us is None else line.took_us // 1000,
            iso(line.created_us),
            None if line.finished_us is None else iso(line.finished_us),
        )

    return csv_file(f"usage-{owner[1]}", HEADS, pages, cells)


def task_id(line: LogLine) -> str:
    """A task's id as clients see it."""
    return written(line.node, line.id, line.suffix)


def _asked(rooms: Rooms, call: PageCall, here: MemberHere, *, limit: int) -> LogQuery:
    return read_log_query(call.query, here, rooms.house.context.catalogue, call.say, limit=limit)
