"""The first schema: accounts, keys, ledger and tasks."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table, in the words of the engine at hand."""
    statements = Path(__file__).with_name(f"r0001.{op.get_context().dialect.name}.sql").read_text()
    for statement in statements.split(";\n"):
        if statement.strip():
            op.execute(statement)
