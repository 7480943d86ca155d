"""What operators switch, what they change balances by, and how long asking vendors takes, process by process."""

from pathlib import Path

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add tables; nothing is switched yet."""
    statements = Path(__file__).with_name(f"r0011.{op.get_context().dialect.name}.sql").read_text()
    for statement in statements.split(";\n"):
        if statement.strip():
            op.execute(statement)
