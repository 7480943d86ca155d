"""The one door to the database: statements, transactions and the only commit.

A use case is an `async` function of a `Tx`. `Database.transact` runs it in one transaction; nothing else commits.
The same function serves both engines: on PostgreSQL it waits for the server, on SQLite it never really waits
(see db_sqlite.py).
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, LiteralString, Protocol, TypeVar

from apiinone.core.clock import Clock
from apiinone.core.errors import DatabaseUnavailable

T = TypeVar("T")
Row = tuple[Any, ...]
Value = str | int | bytes | None | Sequence[str] | Sequence[int]

_PLACEHOLDER = re.compile(r"\$(\d+)(::[a-z]+)?")
_ANY = re.compile(r"= ANY\(\$(\d+)::(?:text|bigint)\[\]\)")
_IN = "IN (SELECT value FROM json_each(?{number}))"
_SERVER_TIME = "(extract(epoch FROM statement_timestamp()) * 1000000)::bigint"
"""The same throughout a statement, so that an index can be searched by it."""
_LOCK = re.compile(r"\s+FOR UPDATE(?: OF \w+)?(?: SKIP LOCKED)?")
_INSERT = re.compile(r"INSERT (INTO \w+ \([^()]+\) VALUES) (\((?:[^()]|\([^()]*\))+\))")
_NUMBER = re.compile(r"\?(\d+)")


class Sql:
    """One statement in PostgreSQL's words, and the same for SQLite.

    Where the two differ only in placeholders, `= ANY(array)` and row locks (SQLite has one writer and needs none) the
    second is derived; otherwise it is given. Texts are literals, so no value can be pasted into one: a type error.
    """

    __slots__ = ("_by_now", "_of_few", "_of_rows", "lists", "postgresql", "sqlite", "sqlite_of_ones")

    def __init__(self, postgresql: LiteralString, *, sqlite: LiteralString | None = None) -> None:
        """Take the text with `$1`, `$2` … for values."""
        self.postgresql: str = postgresql
        text = sqlite or postgresql
        self.lists = tuple(sorted({int(number) - 1 for number in _ANY.findall(text)}))
        """Where among the values those are that rows are looked up by as lists."""
        text = _ANY.sub(_IN.format(number=r"\1"), text)
        self.sqlite: str = _LOCK.sub("", _PLACEHOLDER.sub(r"?\1", text))
        self.sqlite_of_ones = _of_few(self.sqlite, dict.fromkeys(self.lists, 1))
        """For SQLite, where each list has one member, which is given in its place."""
        self._by_now = ""
        self._of_few: dict[tuple[int, ...], str] = {}
        self._of_rows: dict[int, str | None] = {}

    def postgresql_by_now(self) -> str:
        """For PostgreSQL, where `$1` is the server's time; the values that are given begin with `$2`."""
        if not self._by_now:
            self._by_now = _PLACEHOLDER.sub(_value_after_time, self.postgresql)
        return self._by_now

    def sqlite_of_few(self, lengths: tuple[int, ...]) -> str:
        """For SQLite, where the members of short lists are given one by one: the first in the place of its list.

        The others come after all values. `lengths` are those of the `lists`, 0 for one that is given as JSON.
        Most lists are short, and of a list SQLite first makes a table, to look each row up in it (ADR 0024).
        """
        text = self._of_few.get(lengths)
        if text is None:
            text = self._of_few[lengths] = _of_few(self.sqlite, dict(zip(self.lists, lengths, strict=True)))
        return text

    def sqlite_of_rows(self, count: int) -> str | None:
        """For SQLite, an insert of so many rows at once; their values are given one row after the other (ADR 0024).

        None where it does anything but insert a row. `OR FAIL`: a refused row leaves those before it, for the whole
        transaction is undone. To undo the statement alone SQLite would first keep a copy of each page that it changes.
        """
        if count not in self._of_rows:
            self._of_rows[count] = _of_rows(self.sqlite, count)
        return self._of_rows[count]


def _value_after_time(found: re.Match[str]) -> str:
    number, cast = int(found[1]), found[2] or ""
    return _SERVER_TIME if number == 1 else f"${number - 1}{cast}"


def _of_few(text: str, lengths: Mapping[int, int]) -> str:
    given = max(map(int, _NUMBER.findall(text)), default=0)
    for at, length in lengths.items():
        members = [at + 1, *range(given + 1, given + length)]
        given += max(length - 1, 0)
        listed = ", ".join(f"?{member}" for member in members)
        if length:
            text = text.replace(_IN.format(number=at + 1), f"IN ({listed})" if length > 1 else f"= {listed}")
    return text


def _of_rows(text: str, count: int) -> str | None:
    insert = _INSERT.fullmatch(text)
    if insert is None:
        return None
    head, row = insert.groups()
    width = max(map(int, _NUMBER.findall(row)))
    rows = [_NUMBER.sub(lambda of, no=no: f"?{int(of[1]) + no * width}", row) for no in range(count)]
    return f"INSERT OR FAIL {head} {', '.join(rows)}"


class Tx(Protocol):
    """A transaction under way, or a consistent read."""

    now_us: int
    """The database's own time when it began: leases, due times and expiries are judged by it."""

    async def rows(self, statement: Sql, *values: Value) -> list[Row]:
        """All rows."""
        ...

    async def row(self, statement: Sql, *values: Value) -> Row | None:
        """The first row, or None where there is none."""
        ...

    async def run(self, statement: Sql, *values: Value) -> int:
        """How many rows it changed."""
        ...

    async def many(self, statement: Sql, rows: Sequence[Sequence[Value]]) -> None:
        """Run once for each row of values; where there is none, nothing is asked of the database."""
        ...


Work = Callable[[Tx], Awaitable[T]]


class CommitInDoubt(DatabaseUnavailable):
    """The connection was lost while committing: it may have happened. Ids are made before, so read them back."""


class Database(Protocol):
    """An open database."""

    engine: str

    async def transact(self, work: Work[T]) -> T:
        """Run a use case in one transaction and commit, or raise and leave nothing behind.

        A serialization failure or deadlock is run again (bounded, with jitter).
        Raises DatabaseUnavailable, CommitInDoubt.
        """
        ...

    async def rows(self, statement: Sql, *values: Value) -> list[Row]:
        """The rows of one short statement, which is a snapshot by itself: no transaction is begun for it.

        Raises DatabaseUnavailable.
        """
        ...

    async def rows_now(self, statement: Sql, *values: Value) -> list[Row]:
        """As `rows`, where the statement's `$1` is the database's own time. The values are those from `$2` on."""
        ...

    async def read(self, work: Work[T]) -> T:
        """Run short reads on one consistent snapshot."""
        ...

    async def read_long(self, work: Work[T]) -> T:
        """As `read`, away from the event loop where that would be held up."""
        ...

    async def hint(self, words: str) -> None:
        """Tell every listening process something worth a look, after the commit. May get lost; nothing relies on it."""
        ...

    async def listen(self, hear: Callable[[str], None]) -> None:
        """Call `hear` with every hint from now on, this process's own included."""
        ...

    async def close(self) -> None:
        """Wait for what is under way and close."""
        ...


async def open_database(url: str, clock: Clock) -> Database:
    """Open `sqlite:///path` or `postgresql://…`. Drivers are imported only where used (start-up time and memory)."""
    if url.startswith("sqlite:///"):
        from apiinone.db_sqlite import open_sqlite  # noqa: PLC0415 - one driver is loaded, not both

        return open_sqlite(url.removeprefix("sqlite:///"), clock)
    from apiinone.db_postgresql import open_postgresql  # noqa: PLC0415 - one driver is loaded, not both

    return await open_postgresql(url)
