"""The same lists of values, checked in a way that costs SQLite nothing (ADR 0024)."""

from pathlib import Path

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Change the words of checks, not what they allow, so that no row is touched. PostgreSQL keeps its own."""
    dialect = op.get_context().dialect.name
    if dialect == "sqlite":
        statements = Path(__file__).with_name("r0015.sqlite.sql").read_text()
        for statement in statements.split(";\n"):
            if statement.strip():
                op.execute(statement)
