"""Changing rows behind the product's back, to see whether the database itself refuses."""

from apiinone.db import Sql, Tx, Value
from workshop import Workshop


class Undone(Exception):
    """Raised so that a change that was possible does not stay."""


CHANGES = {
    "task state": Sql("UPDATE tasks SET state = $1 WHERE id = $2"),
    "attempt state": Sql("UPDATE attempts SET state = $1 WHERE id = $2"),
}


async def refused_by_the_database(workshop: Workshop, change: str | Sql, *values: Value) -> bool:
    """Whether the database refuses a change, which is taken back where it does not."""
    statement = CHANGES[change] if isinstance(change, str) else change

    async def work(tx: Tx) -> None:
        await tx.run(statement, *values)
        raise Undone

    try:
        await workshop.database.transact(work)
    except Undone:
        return False
    except Exception as error:
        if any(word in str(error).lower() for word in ("constraint", "unique", "check")):
            return True
        raise
    raise AssertionError("a transaction that neither came through nor was refused")
