"""Callbacks: their addresses, the outbox of deliveries with its tries, and the secrets they are signed with."""

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the tables, in the words of the engine at hand."""
    statements = Path(__file__).with_name(f"r0003.{op.get_context().dialect.name}.sql").read_text()
    for statement in statements.split(";\n"):
        if statement.strip():
            op.execute(statement)
