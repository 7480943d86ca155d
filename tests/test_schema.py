from sqlalchemy import CheckConstraint, LargeBinary, Table, UniqueConstraint

from apiinone.schema import metadata
from schema_in_use import TableInUse, tables_in_use

BINARY = {"blob", "bytea"}


def _described(table: Table) -> TableInUse:
    constraints = [*table.constraints, *(constraint for column in table.columns for constraint in column.constraints)]
    return TableInUse(
        columns={
            column.name: (
                "binary" if isinstance(column.type, LargeBinary) else str(column.type).lower(),
                bool(column.nullable),
            )
            for column in table.columns
        },
        primary_key=frozenset(column.name for column in table.primary_key),
        unique=frozenset(
            frozenset(column.name for column in constraint.columns)
            for constraint in constraints
            if isinstance(constraint, UniqueConstraint)
        ),
        checks=frozenset(str(constraint.name) for constraint in constraints if isinstance(constraint, CheckConstraint)),
        indexes=frozenset(str(index.name) for index in table.indexes),
    )


def _as_described(table: TableInUse) -> TableInUse:
    columns = {name: ("binary" if kind in BINARY else kind, null) for name, (kind, null) in table.columns.items()}
    return TableInUse(columns, table.primary_key, table.unique, table.checks, table.indexes)


def test_the_migrations_make_what_the_tables_describe(database_url: str) -> None:
    in_use = {name: _as_described(table) for name, table in tables_in_use(database_url).items()}
    described = {name: _described(table) for name, table in metadata.tables.items()}
    assert in_use.keys() == described.keys()
    assert {name: (in_use[name], described[name]) for name in in_use if in_use[name] != described[name]} == {}
