"""Orders and what hangs on them; lots and balances that know of refunds, disputes and debts."""

from pathlib import Path

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add tables and columns. SQLite cannot change a CHECK, so lots and entries are copied there."""
    statements = Path(__file__).with_name(f"r0008.{op.get_context().dialect.name}.sql").read_text()
    for statement in statements.split(";\n"):
        if statement.strip():
            op.execute(statement)
