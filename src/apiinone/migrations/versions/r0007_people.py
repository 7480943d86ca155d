"""People, what they belong to, how they sign in, and mail to them."""

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add tables and columns; accounts that are there have no members yet."""
    statements = Path(__file__).with_name(f"r0007.{op.get_context().dialect.name}.sql").read_text()
    for statement in statements.split(";\n"):
        if statement.strip():
            op.execute(statement)
