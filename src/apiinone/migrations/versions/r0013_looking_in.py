"""When operators looked at an account as its members see it."""

from pathlib import Path

from alembic import op

revision = "0013"
down_revision = "0011"


def upgrade() -> None:
    """Add a table; nobody has looked yet."""
    statements = Path(__file__).with_name(f"r0013.{op.get_context().dialect.name}.sql").read_text()
    for statement in statements.split(";\n"):
        if statement.strip():
            op.execute(statement)
