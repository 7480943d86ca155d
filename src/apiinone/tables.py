"""How tables are described: every table says how long its rows are kept, every column what kind of data it holds.

Only migrations and tests read these descriptions; the running product uses statements (`*/statements.py`).
"""

from collections.abc import Iterable
from typing import Literal

from sqlalchemy import BigInteger, CheckConstraint, Column, LargeBinary, MetaData, Table, Text
from sqlalchemy.schema import SchemaItem

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
Data = Literal["personal", "money", "technical"]


def table(name: str, *items: SchemaItem, keep: str) -> Table:
    """A table; `keep` says in words how long a row stays and what ends it."""
    return Table(name, metadata, *items, info={"keep": keep})


def text(name: str, *more: SchemaItem, data: Data = "technical", null: bool = False, key: bool = False) -> Column[str]:
    """A text column."""
    return Column(name, Text, *more, nullable=null, primary_key=key, info={"data": data})


def integer(
    name: str, *more: SchemaItem, data: Data = "technical", null: bool = False, key: bool = False
) -> Column[int]:
    """A 64-bit integer: counts, and moments in microseconds (`…_us`)."""
    column_type = BigInteger()
    return Column(name, column_type, *more, nullable=null, primary_key=key, autoincrement=False, info={"data": data})


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """A text is one of these; named like its column, the most frequent values best first.

    Comparisons, not `IN`: SQLite makes a table of a longer list anew for every row that is written (ADR 0024).
    """
    return CheckConstraint(" OR ".join(f"{column} = '{value}'" for value in values), name=column)


def micro(name: str, *more: SchemaItem, null: bool = False) -> Column[int]:
    """An amount of micro-credits."""
    return integer(name, *more, data="money", null=null)


def minor(name: str, *more: SchemaItem, null: bool = False) -> Column[int]:
    """An amount of the outside world, in the smallest unit of the currency that stands beside it."""
    return integer(name, *more, data="money", null=null)


def binary(name: str, *, null: bool = False) -> Column[bytes]:
    """A hash."""
    return Column(name, LargeBinary, nullable=null, info={"data": "technical"})
