"""Reads a vendor's usage export: a CSV file whose columns the operator names. Pure but for the file.

Vendors' exports have no common form, so nothing is guessed: a line that cannot be read is an error that names it.
"""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from msgspec import Struct

from apiinone.control.margins import Charge
from apiinone.core.clock import US_PER_S, day_of
from apiinone.core.errors import BadRequest

LINES_MAX: Final = 1_000_000
COST_USD_MAX: Final = Decimal(1_000_000)
_EPOCH_DIGITS_MAX: Final = 10


class Columns(Struct, frozen=True):
    """The headings of the columns that are read, and what one unit of the cost is worth."""

    time: str
    cost: str
    job: str = ""
    """The vendor's id of the job; empty: the export has none."""
    usd_per_unit: Decimal = Decimal(1)


def read_export(path: Path, columns: Columns) -> list[Charge]:
    """Every line of the file. Raises BadRequest naming the line or the column at fault."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return list(_charges(csv.DictReader(file), columns))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadRequest(f"{path.name} cannot be read: {error}") from error


def _charges(lines: "csv.DictReader[str]", columns: Columns) -> Iterator[Charge]:
    missing = {columns.time, columns.cost, *filter(None, [columns.job])} - set(lines.fieldnames or ())
    if missing:
        there = ", ".join(lines.fieldnames or ()) or "none"
        raise BadRequest(f"the file has no column {', '.join(sorted(missing))}; its columns are: {there}")
    for number, line in enumerate(lines, 1):
        if number > LINES_MAX:
            raise BadRequest(f"the file has more than {LINES_MAX} lines")
        where = f"line {lines.line_num}"
        cost = _cost(line[columns.cost] or "", columns.usd_per_unit, where)
        yield Charge(_day(line[columns.time] or "", where), cost, (line[columns.job] or "") if columns.job else "")


def _day(text: str, where: str) -> str:
    """The UTC day of an ISO date, of a date with time (without a zone: UTC) or of seconds since 1970."""
    text = text.strip()
    try:
        if text.isascii() and text.isdigit() and len(text) <= _EPOCH_DIGITS_MAX:
            return day_of(int(text) * US_PER_S)
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadRequest(f"{where}: {text[:40]!r} is no date") from None
    return f"{moment:%Y-%m-%d}"


def _cost(text: str, usd_per_unit: Decimal, where: str) -> int:
    """In millionths of a dollar, rounded to the nearest."""
    try:
        usd = Decimal(text.strip().removeprefix("$")) * usd_per_unit
    except InvalidOperation:
        raise BadRequest(f"{where}: {text[:40]!r} is no amount") from None
    if not usd.is_finite() or abs(usd) > COST_USD_MAX:
        raise BadRequest(f"{where}: {text[:40]!r} is no amount")
    return int((usd * 1_000_000).to_integral_value(ROUND_HALF_EVEN))
