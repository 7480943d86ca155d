import re

from sqlalchemy import CheckConstraint, Connection, LargeBinary, Table, UniqueConstraint, inspect

from apiinone.schema import metadata
from schema_in_use import TableInUse, tables_in_use, with_connection

BINARY = {"blob", "bytea"}
ONE_OF = re.compile(r"(\w+) = '([\w.]+)'")
LISTS_MIN = 6


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


def _lists() -> dict[str, tuple[str, list[str]]]:
    """Checks of columns that hold one of several words: the check's name → the column and its words."""
    found: dict[str, tuple[str, list[str]]] = {}
    for column in (column for table in metadata.tables.values() for column in table.columns):
        for constraint in column.constraints:
            pairs = ONE_OF.findall(str(constraint.sqltext)) if isinstance(constraint, CheckConstraint) else []
            if len({name for name, _ in pairs}) == 1 and len(pairs) > 1:
                found[str(constraint.name)] = (column.name, [word for _, word in pairs])
    return found


def test_a_column_of_states_takes_each_of_its_words_and_no_other(database_url: str) -> None:
    lists = _lists()

    def look(connection: Connection) -> dict[str, list[str]]:
        """What the checks in use let through of the words and of one that is none of them."""
        seen = inspect(connection)
        passed: dict[str, list[str]] = {}
        for table in metadata.tables:
            for check in seen.get_check_constraints(table):
                column, words = lists.get(str(check["name"]), ("", []))
                for word in [*words, "neither"] if column else []:
                    asked = f"SELECT {check['sqltext']} FROM (SELECT '{word}' AS {column}) AS given"  # noqa: S608 - the schema's own words
                    if connection.exec_driver_sql(asked).scalar():
                        passed.setdefault(str(check["name"]), []).append(word)
        return passed

    assert len(lists) >= LISTS_MIN
    assert with_connection(database_url, look) == {name: words for name, (_, words) in lists.items()}
