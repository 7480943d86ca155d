"""What the descriptions of the tables say about themselves, and what the migrations really make."""

import sqlite3
from pathlib import Path

import asyncpg  # pyright: ignore[reportMissingTypeStubs] - the driver ships no types
import pytest

from apiinone.schema import metadata

TABLES = list(metadata.tables.values())
GUARDS_OF_MONEY = {"balances", "budgets", "entries", "holds", "idempotency", "lots", "settlements"}
PARTITIONED = "SELECT relname FROM pg_class WHERE relkind = 'p' OR relispartition"
DATA = {"personal", "money", "technical"}


async def _rows(url: str, statement: str) -> list[tuple[str, ...]]:
    connection = await asyncpg.connect(url)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    try:
        rows = await connection.fetch(statement)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return [tuple(str(value) for value in row) for row in rows]  # pyright: ignore[reportUnknownVariableType]
    finally:
        await connection.close()  # pyright: ignore[reportUnknownMemberType]
