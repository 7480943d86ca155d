"""Who made a key, and which closed accounts have been cleared."""

from pathlib import Path

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add columns; of keys that are there nobody knows who made them."""
    statements = Path(__file__).with_name(f"r0009.{op.get_context().dialect.name}.sql").read_text()
    for statement in statements.split(";\n"):
        if statement.strip():
            op.execute(statement)
