"""What the demonstration shows: styled in a terminal, plain lines elsewhere. Fits 80 columns."""

import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Protocol

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

NAME_WIDTH = 10
PLAIN_WIDTH = 120


class Row(Protocol):
    """One thing in the making."""

    def stage(self, stage: str) -> None:
        """Show where it stands."""
        ...


class Rows(Protocol):
    """Things in the making."""

    def row(self, name: str) -> Row:
        """Begin to show another one."""
        ...


class Screen:
    """The terminal, or whatever stdout leads to."""

    def __init__(self) -> None:
        """See what stdout is."""
        self._terminal = sys.stdout.isatty()
        self._console = Console() if self._terminal else Console(width=PLAIN_WIDTH, color_system=None)

    def title(self, words: str) -> None:
        """A heading."""
        self._line(Text(f"\n{words}", style="bold"))

    def field(self, name: str, value: str, note: str = "") -> None:
        """A name, its value, and a quieter word on it."""
        line = Text.assemble((name.ljust(NAME_WIDTH), "cyan"), value)
        if note:
            line.append(f"  {note}", style="dim")
        self._line(line)

    def made(self, name: str, facts: Sequence[str]) -> None:
        """Something that was made."""
        self._line(Text.assemble(("done  ", "green"), (name, "bold"), "  ", "  ".join(facts)))

    def failed(self, name: str, why: str) -> None:
        """Something that was not."""
        self._line(Text.assemble(("FAILED  ", "red"), (name, "bold"), "  ", why))

    def words(self, words: str) -> None:
        """A sentence."""
        self._line(Text(words))

    def to_copy(self, line: str) -> None:
        """A line to copy from; never broken."""
        self._line(Text(line, style="yellow"))

    @contextmanager
    def progress(self) -> Generator[Rows]:
        """Things in the making, for the length of the block."""
        if not self._terminal:
            yield _Lines(self)
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.fields[stage]}", style="dim"))
        with Progress(*columns, TimeElapsedColumn(), console=self._console, transient=True) as progress:
            yield _Spinners(progress)

    def _line(self, text: Text) -> None:
        self._console.print(text, soft_wrap=True, highlight=False)


def credits_shown(count: Decimal) -> str:
    """Credits in words."""
    return f"{count:f} credit{'' if count == 1 else 's'}"


class _Lines:
    """Progress as plain lines, one for each new stage."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def row(self, name: str) -> Row:
        """Begin to show another one."""
        return _Line(self._screen, name)


class _Line:
    def __init__(self, screen: Screen, name: str) -> None:
        self._screen = screen
        self._name = name
        self._last = ""

    def stage(self, stage: str) -> None:
        """Tell a new stage once."""
        if stage != self._last:
            self._last = stage
            self._screen.words(f"...   {self._name}  {stage}")


class _Spinners:
    """Progress as rows that move."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def row(self, name: str) -> Row:
        """Begin to show another one."""
        return _Spinner(self._progress, self._progress.add_task(name, total=None, stage="quoted"))


class _Spinner:
    def __init__(self, progress: Progress, number: object) -> None:
        self._progress = progress
        self._number = number

    def stage(self, stage: str) -> None:
        """Show the stage."""
        self._progress.update(self._number, stage=stage)  # pyright: ignore[reportArgumentType] - its own number
