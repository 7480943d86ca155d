"""Which member a hold is spent by, where that member has a budget."""

from pathlib import Path

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add columns; no member has a budget yet."""
    statements = Path(__file__).with_name(f"r0012.{op.get_context().dialect.name}.sql").read_text()
    for statement in statements.split(";\n"):
        if statement.strip():
            op.execute(statement)
