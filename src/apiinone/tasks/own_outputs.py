"""The picture that a task of the same client made before, for a vendor that is to work on it: our own copy."""

from dataclasses import dataclass
from typing import Final

from apiinone.assets.storage import NoSuchObject, Storage
from apiinone.core.exchange import File
from apiinone.core.ids import ID_LENGTH
from apiinone.db import Database, Sql, Tx
from apiinone.ledger.ledger import Owner
from apiinone.tasks.maker import UnusableInput

PIXELS: Final = ("image/png", "image/jpeg", "image/webp")
_FIRST: Final = Sql(
    "SELECT storage_key, content_type FROM outputs WHERE task_id = $1 AND account_id = $2 AND mode = $3"
    " ORDER BY output_no LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class OwnOutputs:
    """Finds them. Nothing is asked of anybody, so that it does not matter who made the picture."""

    database: Database
    storage: Storage

    async def picture(self, owner: Owner, field: str, written_id: str) -> File:
        """The first picture of the task that this field names. Raises UnusableInput."""
        task_id = written_id.rpartition("_")[0][-ID_LENGTH:]

        async def look(tx: Tx) -> tuple[str, str] | None:
            row = await tx.row(_FIRST, task_id, *owner)
            return None if row is None else (row[0], row[1])

        found = await self.database.read(look)
        if found is None:
            raise UnusableInput(f"The task that '{field}' names no longer has its picture.")
        key, content_type = found
        if content_type not in PIXELS:
            raise UnusableInput(f"The task that '{field}' names has made a drawing, not a picture of pixels.")
        try:
            return File(await self.storage.read(key), content_type)
        except NoSuchObject:
            raise UnusableInput(f"The task that '{field}' names no longer has its picture.") from None
