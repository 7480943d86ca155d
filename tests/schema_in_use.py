"""The schema that the migrations really make, read back from either engine."""

from collections.abc import Callable
from typing import TypeVar

from msgspec import Struct
from sqlalchemy import Connection, create_engine, inspect
from sqlalchemy.ext.asyncio import create_async_engine

from databases import run_apart

T = TypeVar("T")


class TableInUse(Struct, frozen=True):
    """One table as the database knows it."""

    columns: dict[str, tuple[str, bool]]
    """Name → type in lower case, whether it may be null."""
    primary_key: frozenset[str]
    unique: frozenset[frozenset[str]]
    checks: frozenset[str]
    indexes: frozenset[str]


def tables_in_use(database_url: str) -> dict[str, TableInUse]:
    """Every table of a database but Alembic's own."""
    return with_connection(database_url, _tables)


def _tables(connection: Connection) -> dict[str, TableInUse]:
    seen = inspect(connection)
    return {
        name: TableInUse(
            columns={
                column["name"]: (str(column["type"]).lower(), column["nullable"]) for column in seen.get_columns(name)
            },
            primary_key=frozenset(seen.get_pk_constraint(name)["constrained_columns"]),
            unique=frozenset(frozenset(unique["column_names"]) for unique in seen.get_unique_constraints(name)),
            checks=frozenset(str(check["name"]) for check in seen.get_check_constraints(name)),
            indexes=frozenset(
                str(index["name"]) for index in seen.get_indexes(name) if not index.get("duplicates_constraint")
            ),
        )
        for name in seen.get_table_names()
        if name != "alembic_version"
    }


def with_connection(database_url: str, look: Callable[[Connection], T]) -> T:
    if not database_url.startswith("sqlite:"):
        return run_apart(_with_postgres(database_url, look))
    engine = create_engine(database_url)
    try:
        with engine.connect() as connection:
            return look(connection)
    finally:
        engine.dispose()


async def _with_postgres(database_url: str, look: Callable[[Connection], T]) -> T:
    engine = create_async_engine("postgresql+asyncpg://" + database_url.split("://", 1)[1])
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(look)
    finally:
        await engine.dispose()
