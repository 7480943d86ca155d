"""Credentials of providers, sealed; and which of them an attempt used."""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add tables and columns; attempts that are there used the one credential that there was."""
    statements = Path(__file__).with_name(f"r0006.{op.get_context().dialect.name}.sql").read_text()
    for statement in statements.split(";\n"):
        if statement.strip():
            op.execute(statement)
