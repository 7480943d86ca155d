"""From a vendor's own id to the task behind it."""

from apiinone.db import Sql, Tx

_TASK = Sql("SELECT task_id FROM attempts WHERE provider = $1 AND upstream_id = $2 ORDER BY id DESC LIMIT 1")


async def task_of_upstream_id(tx: Tx, provider: str, upstream_id: str) -> str | None:
    """The task whose attempt got this id from this provider; None where none did."""
    row = await tx.row(_TASK, provider, upstream_id)
    return None if row is None else str(row[0])
