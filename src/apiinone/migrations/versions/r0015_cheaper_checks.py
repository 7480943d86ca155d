"""The same lists of values, checked in a way that costs SQLite nothing (ADR 0024)."""

from contextlib import suppress
from pathlib import Path

from alembic import op
from sqlalchemy.exc import DatabaseError

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Change the words of checks, not what they allow, so that no row is touched. PostgreSQL keeps its own.

    So does an SQLite that was built to let nobody change its schema's text: slower, and as strict.
    """
    if op.get_context().dialect.name != "sqlite":
        return
    statements = Path(__file__).with_name("r0015.sqlite.sql").read_text().split(";\n")
    with suppress(DatabaseError):
        for statement in statements:
            if statement.strip():
                op.execute(statement)
