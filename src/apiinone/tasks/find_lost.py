"""Looks at a vendor for the job of an order whose answer was lost. Nothing is ever sent again.

A listed job is taken for the order's only where nothing else is possible: the operator says that nobody but this
installation uses the vendor's key; the vendor lists exactly one job of that model in the time after the order was sent
that no attempt of ours has; and no other order of ours for that model lacks its vendor's id, for the job might be its.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from apiinone.core.clock import US_PER_S
from apiinone.core.ids import id_floor
from apiinone.core.secret import Secret
from apiinone.db import Sql, Tx
from apiinone.outbound import Lost, NotSent, Outbound
from apiinone.providers.provider import Candidates, LostOrder, Reference
from apiinone.tasks.vendor_exchange import Vendor

RIVALS_AGE_US = 3600 * US_PER_S
"""How long before the order another one may have been sent whose job is listed in the order's time."""

_SENT = Sql("SELECT sent_us FROM attempts WHERE id = $1")
_RIVAL = Sql(
    "SELECT 1 FROM attempts WHERE id >= $1 AND provider = $2 AND upstream_model = $3 AND id <> $4"
    " AND sent_us IS NOT NULL AND upstream_id IS NULL AND state <> 'rejected' LIMIT 1"
)
_KNOWN = Sql("SELECT upstream_id FROM attempts WHERE provider = $1 AND upstream_id = ANY($2::text[])")


@dataclass(frozen=True, slots=True)
class Finder:
    """Asks the vendors whose key is this installation's alone. `standing` reads what our own rows say."""

    outbound: Outbound
    alone: frozenset[str]
    standing: "Callable[[Sought, Sequence[str]], Awaitable[Standing | None]]"

    async def find(self, vendor: Vendor, secret: Secret | None, sought: "Sought") -> Reference | None:
        """The job that is certainly the order's; None where there is none, or none that is certain."""
        remote = vendor.remote
        before = await self.standing(sought, ()) if remote.name in self.alone else None
        if before is None:
            return None
        lost = LostOrder(sought.upstream_model, sought.fields, before.sent_us // US_PER_S)
        request = remote.find(lost)
        if request is None:
            return None
        try:
            response = await self.outbound.send(request, secret=secret, hosts=remote.hosts)
        except (NotSent, Lost):
            return None
        reply = remote.read_find(response, lost)
        if not isinstance(reply, Candidates):
            return None
        # Our rows are read after the list: whoever's job is on it had been written down as sent before.
        listed = {reference.upstream_id: reference for reference in reply.references}
        after = await self.standing(sought, sorted(listed))
        left = [reference for name, reference in listed.items() if after is not None and name not in after.known]
        return left[0] if len(left) == 1 else None


@dataclass(frozen=True, slots=True)
class Sought:
    """The attempt whose job is looked for."""

    attempt_id: str
    provider: str
    upstream_model: str
    fields: dict[str, object]


@dataclass(frozen=True, slots=True)
class Standing:
    """When the attempt was sent, and which of the listed jobs some attempt of ours has."""

    sent_us: int
    known: frozenset[str]


async def standing_of(tx: Tx, sought: Sought, listed: Sequence[str]) -> Standing | None:
    """What our rows say; None where the attempt was never sent, or another order of ours may own what is listed."""
    row = await tx.row(_SENT, sought.attempt_id)
    if row is None or row[0] is None:
        return None
    since = id_floor(row[0] - RIVALS_AGE_US)
    if await tx.row(_RIVAL, since, sought.provider, sought.upstream_model, sought.attempt_id) is not None:
        return None
    known = await tx.rows(_KNOWN, sought.provider, listed) if listed else []
    return Standing(row[0], frozenset(str(one[0]) for one in known))
