"""What a vendor calls an earlier task that an order goes on from.

Its own id is kept with the attempt. Its names of the files are not: it is asked for them, which costs nothing.
"""

from dataclasses import dataclass
from typing import Final

from apiinone.core.ids import ID_LENGTH
from apiinone.db import Database, Sql, Tx
from apiinone.ledger.ledger import Owner
from apiinone.outbound import Outbound
from apiinone.providers.provider import Finished, Linked, Origin, Reference, Rejected
from apiinone.tasks.keyring import Keyring
from apiinone.tasks.maker import UnusableInput
from apiinone.tasks.vendor_exchange import Vendor, poll

_MADE_BY: Final = Sql(
    "SELECT a.upstream_id, a.poll_url, a.credential_id FROM tasks t JOIN attempts a ON a.id = t.attempt_id"
    " WHERE t.id = $1 AND t.account_id = $2 AND t.mode = $3 AND t.state = 'succeeded'"
    " AND a.provider = $4 AND a.upstream_id IS NOT NULL"
)


@dataclass(frozen=True, slots=True)
class Origins:
    """Finds them."""

    database: Database
    outbound: Outbound
    keyring: Keyring

    async def find(self, vendor: Vendor, owner: Owner, field: str, written_id: str) -> Origin:
        """What this vendor made for the task that this field names. Raises UnusableInput."""
        found = await self._reference(vendor, owner, written_id)
        credential = None if found is None else self.keyring.used_by(vendor.remote.name, found[1])
        if found is None or credential is None:
            raise UnusableInput(f"The task that '{field}' names was not made by the provider that serves this route.")
        reference, _ = found
        reply, _ = await poll(self.outbound, vendor.remote, credential.secret, reference)
        match reply:
            case Finished(outputs):
                names = (output.upstream_id if isinstance(output, Linked) else "" for output in outputs)
                return Origin(reference.upstream_id, tuple(names))
            case Rejected(retryable=False):
                raise UnusableInput(f"The provider no longer has what the task that '{field}' names has made.")
            case _:
                raise UnusableInput(f"The task that '{field}' names could not be looked up.", retryable=True)

    async def _reference(self, vendor: Vendor, owner: Owner, written_id: str) -> tuple[Reference, str | None] | None:
        task_id = written_id.rpartition("_")[0][-ID_LENGTH:]

        async def look(tx: Tx) -> tuple[Reference, str | None] | None:
            row = await tx.row(_MADE_BY, task_id, *owner, vendor.remote.name)
            return None if row is None else (Reference(row[0], row[1]), row[2])

        return await self.database.read(look)
