"""Bookkeeping exports: an account's ledger and orders of some days, as CSV or JSON."""

import csv
import io
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from apiinone.core.clock import US_PER_DAY, iso, parse_iso
from apiinone.core.credits import shown
from apiinone.core.errors import BadRequest
from apiinone.core.ids import id_floor
from apiinone.db import Sql, Tx

ExportOf = Literal["orders", "ledger"]
Format = Literal["csv", "json"]
Cell = str | int | None
ROWS_MAX: Final = 10_000
COLUMNS: Final[dict[ExportOf, tuple[str, ...]]] = {
    "orders": (
        "order_id",
        "number",
        "method",
        "state",
        "currency",
        "amount_minor",
        "refunded_minor",
        "credits",
        "bonus",
        "payment_ref",
        "created_at",
        "paid_at",
    ),
    "ledger": (
        "entry_no",
        "kind",
        "from_bucket",
        "to_bucket",
        "credits",
        "lot_id",
        "task_id",
        "request_id",
        "reason",
        "created_at",
    ),
}
_ORDERS = Sql(
    "SELECT id, number, method, state, currency, amount_minor, refunded_minor, credits_micro, bonus_micro, payment_ref,"
    " created_us, paid_us FROM orders WHERE account_id = $1 AND id >= $2 AND id < $3 ORDER BY id LIMIT $4"
)
_ENTRIES = Sql(
    "SELECT entry_no, kind, from_bucket, to_bucket, amount_micro, lot_id, task_id, request_id, reason, created_us"
    " FROM entries WHERE account_id = $1 AND mode = 'live' AND created_us >= $2 AND created_us < $3"
    " ORDER BY entry_no LIMIT $4"
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula at the beginning of a cell (hazard 38)."""


async def rows_of(tx: Tx, account_id: str, what: ExportOf, days: tuple[str, str]) -> list[tuple[Cell, ...]]:
    """The rows of these UTC days, both included. Raises BadRequest for more than fit into one export."""
    try:
        since_us, until_us = parse_iso(days[0]), parse_iso(days[1]) + US_PER_DAY
    except (ValueError, OverflowError):
        raise BadRequest("A day is written 2026-11-23.", param="first_day") from None
    found: list[tuple[Cell, ...]]
    if what == "orders":
        rows = await tx.rows(_ORDERS, account_id, id_floor(since_us), id_floor(until_us), ROWS_MAX + 1)
        found = [
            (
                *row[:7],
                _credits(row[7]),
                _credits(row[8]),
                row[9],
                iso(row[10]),
                None if row[11] is None else iso(row[11]),
            )
            for row in rows
        ]
    else:
        rows = await tx.rows(_ENTRIES, account_id, since_us, until_us, ROWS_MAX + 1)
        found = [(*row[:4], _credits(row[4]), *row[5:9], iso(row[9])) for row in rows]
    if len(found) > ROWS_MAX:
        raise BadRequest(f"These days have more than {ROWS_MAX} rows; ask for fewer.", param="last_day")
    return found


def written(what: ExportOf, rows: Sequence[Sequence[Cell]], form: Format) -> bytes:
    """The file."""
    columns = COLUMNS[what]
    if form == "json":
        return msgspec.json.encode([dict(zip(columns, row, strict=True)) for row in rows])
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\r\n")
    out.writerow(columns)
    out.writerows([[_safe(cell) for cell in row] for row in rows])
    return text.getvalue().encode()


def _safe(cell: Cell) -> str:
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(_FORMULA) and not isinstance(cell, int) else text


def _credits(micro: int) -> str:
    return f"{shown(micro):f}" if micro % 1_000_000 else str(shown(micro))
