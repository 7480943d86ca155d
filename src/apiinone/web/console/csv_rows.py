"""CSV that is read as it is written, and whose cells no spreadsheet runs as formulas (hazard 38)."""

import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from decimal import Decimal
from typing import Final, TypeVar

from apiinone.api.answer import Streamed

Row = TypeVar("Row")
Cell = str | int | Decimal | None
PAGE_ROWS: Final = 500
UNREAD_S_MAX: Final = 60.0
"""How long a piece waits for a browser that does not read."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_TYPE: Final = b"text/csv; charset=utf-8"


def csv_file(
    name: str,
    heads: Sequence[str],
    pages: Callable[[Row | None], Awaitable[list[Row]]],
    cells: Callable[[Row], Sequence[Cell]],
) -> Streamed:
    """A file to keep: `pages` gives the rows after a row, and none after the last."""
    disposition = f'attachment; filename="{name}.csv"'.encode()
    pieces = _pieces(heads, pages, cells)
    return Streamed(200, pieces, None, ((b"content-disposition", disposition),), _TYPE, UNREAD_S_MAX)


def written(rows: Sequence[Sequence[Cell]]) -> bytes:
    """Rows as CSV (RFC 4180)."""
    into = io.StringIO()
    csv.writer(into).writerows([[_cell(cell) for cell in row] for row in rows])
    return into.getvalue().encode()


async def _pieces(
    heads: Sequence[str],
    pages: Callable[[Row | None], Awaitable[list[Row]]],
    cells: Callable[[Row], Sequence[Cell]],
) -> AsyncIterator[bytes]:
    yield written([heads])
    found = await pages(None)
    while found:
        yield written([cells(row) for row in found])
        found = await pages(found[-1]) if len(found) == PAGE_ROWS else []


def _cell(cell: Cell) -> Cell:
    """A text that begins like a formula is quoted with an apostrophe; our own numbers are what they are."""
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(_FORMULA) else cell
    return f"{cell:f}" if isinstance(cell, Decimal) else cell
