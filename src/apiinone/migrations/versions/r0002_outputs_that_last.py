"""Outputs that last: films and sounds have a duration, and sounds no width or height."""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Widen `outputs`, in the words of the engine at hand; no row changes."""
    statements = Path(__file__).with_name(f"r0002.{op.get_context().dialect.name}.sql").read_text()
    for statement in statements.split(";\n"):
        if statement.strip():
            op.execute(statement)
