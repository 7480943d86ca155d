"""What commands print: data on stdout, as JSON or for people; everything else on stderr.

Whatever comes from outside is shown with its control characters spelled out, so that no name or message can move the
cursor, change colours or pretend to be ours (hazard 38).
"""

import re
import sys
import unicodedata
from collections.abc import Sequence
from decimal import Decimal

import click
import msgspec

from apiinone.core.clock import iso
from apiinone.core.credits import shown

Cell = str | int | Decimal | None
_encode = msgspec.json.Encoder(decimal_format="number").encode
_NOT_PLAIN_ASCII = re.compile(r"[^\n\x20-\x7e]")
_SPACES = 2


def json_option(command: click.decorators.FC) -> click.decorators.FC:
    """`--json` for a command that prints data."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def say(message: str) -> None:
    """Tell the operator something that is no data."""
    words = plain(message, keep="\n")
    click.echo(f"apiinone: {words}", err=True)


def print_json(value: object) -> None:
    """One JSON document on stdout. Amounts are exact numbers."""
    text = msgspec.json.format(_encode(value), indent=2).decode()
    click.echo(_NOT_PLAIN_ASCII.sub(_escaped, text))


def print_fields(fields: Sequence[tuple[str, Cell]]) -> None:
    """Names and values, one pair a line."""
    width = max((len(name) for name, _ in fields), default=0)
    for name, value in fields:
        click.echo(f"{name.ljust(width)}  {cell(value)}".rstrip())


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Rows under headings: ruled in a terminal, plain columns elsewhere."""
    lines = [[cell(value) for value in row] for row in rows]
    if sys.stdout.isatty():
        _print_ruled(columns, lines)
        return
    table = [list(columns), *lines]
    widths = [max(len(line[number]) for line in table) for number in range(len(columns))]
    for line in table:
        padded = (text.ljust(width + _SPACES) for text, width in zip(line, widths, strict=True))
        click.echo("".join(padded).rstrip())


def cell(value: Cell) -> str:
    """A value as a person reads it."""
    return "-" if value is None else plain(str(value))


def plain(text: str, keep: str = "") -> str:
    """The text with every control and invisible character but those in `keep` spelled out."""
    return "".join(
        character if character in keep or not _unseen(character) else f"\\u{{{ord(character):x}}}" for character in text
    )


def moment(at_us: int | None) -> str | None:
    """A moment as every response shows it."""
    return None if at_us is None else iso(at_us)


def amount(micro: int) -> str:
    """An amount of micro-credits in exact credits."""
    return exact(shown(micro))


def exact(count: int | Decimal) -> str:
    """Credits, never in exponents."""
    return f"{count:f}" if isinstance(count, Decimal) else str(count)


def _escaped(match: re.Match[str]) -> str:
    """What JSON leaves as it is and a terminal would obey or hide, as JSON escapes; such can stand in strings only."""
    if not _unseen(match[0]):
        return match[0]
    units = match[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))


def _unseen(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _print_ruled(columns: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - only terminals need it
    from rich.console import Console  # noqa: PLC0415 - as above
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table(*columns, box=SIMPLE_HEAD, pad_edge=False)
    for line in lines:
        table.add_row(*(Text(text, overflow="fold") for text in line))
    Console().print(table)
