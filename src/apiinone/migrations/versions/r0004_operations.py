"""Tasks remember which further create route made them."""

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column; tasks that are there were made by their endpoint's own route."""
    statements = Path(__file__).with_name(f"r0004.{op.get_context().dialect.name}.sql").read_text()
    for statement in statements.split(";\n"):
        if statement.strip():
            op.execute(statement)
