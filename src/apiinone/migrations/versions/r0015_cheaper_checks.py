"""The same lists of values, checked in a way that costs SQLite nothing (ADR 0024)."""

from typing import Final

from alembic import op

revision = "0015"
down_revision = "0014"
LISTS: Final = (
    ("entries", "kind", "grant hold capture release expire freeze thaw return owe repay"),
    ("tasks", "state", "queued submitting running storing unknown succeeded failed canceled"),
    ("tasks", "whose_keys", "house own own_then_house"),
    ("attempts", "state", "planned sending accepted unknown finished rejected canceled dropped"),
    ("deliveries", "type", "task.succeeded task.failed task.canceled"),
    ("deliveries", "state", "waiting delivered gone failed dropped"),
)
"""Table, column, and the words that stand in its check, in their order."""


def upgrade() -> None:
    """Change the words of checks, not what they allow, so that no row is touched. PostgreSQL keeps its own."""
    if op.get_context().dialect.name != "sqlite":
        return
    op.execute("PRAGMA writable_schema = ON")
    for table, column, words in LISTS:
        op.execute(_changed(table, column, [f"''{word}''" for word in words.split()]))
    op.execute("PRAGMA writable_schema = RESET")


def _changed(table: str, column: str, quoted: list[str]) -> str:
    before = f"CHECK ({column} IN ({', '.join(quoted)}))"
    after = f"CHECK ({' OR '.join(f'{column} = {word}' for word in quoted)})"
    where = f"type = 'table' AND name = '{table}'"
    return f"UPDATE sqlite_master SET sql = replace(sql, '{before}', '{after}') WHERE {where}"  # noqa: S608 - our own words
