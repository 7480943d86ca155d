"""Prices of the list that operators set while the product runs."""

from pathlib import Path

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add a table; so far every price is the catalogue's."""
    statements = Path(__file__).with_name(f"r0014.{op.get_context().dialect.name}.sql").read_text()
    for statement in statements.split(";\n"):
        if statement.strip():
            op.execute(statement)
