"""Calls that answer at once: what a chat used, and answers kept to be replayed."""

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the tables, in the words of the engine at hand."""
    statements = Path(__file__).with_name(f"r0005.{op.get_context().dialect.name}.sql").read_text()
    for statement in statements.split(";\n"):
        if statement.strip():
            op.execute(statement)
