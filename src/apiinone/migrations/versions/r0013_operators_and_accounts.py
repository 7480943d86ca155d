"""When operators looked at an account as its members see it; accounts' own prices, and by which a task was priced."""

from pathlib import Path

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add two tables and a column; so far everybody paid the list's prices."""
    statements = Path(__file__).with_name(f"r0013.{op.get_context().dialect.name}.sql").read_text()
    for statement in statements.split(";\n"):
        if statement.strip():
            op.execute(statement)
