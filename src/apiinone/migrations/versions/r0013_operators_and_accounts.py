"""When operators looked at an account as its members see it; accounts' own prices, in tasks and quotes as well."""

from pathlib import Path

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add two tables and two columns; so far everybody paid the list's prices."""
    statements = Path(__file__).with_name(f"r0013.{op.get_context().dialect.name}.sql").read_text()
    for statement in statements.split(";\n"):
        if statement.strip():
            op.execute(statement)
