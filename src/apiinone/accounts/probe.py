"""A write that costs next to nothing and takes the whole way to the disk: proof that the database takes writes."""

from apiinone.db import Sql, Tx

_PROBE = Sql(
    "INSERT INTO facts (name, value) VALUES ('last_probe_us', $1)"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)


async def probe(tx: Tx) -> None:
    """Note that somebody asked just now."""
    await tx.run(_PROBE, str(tx.now_us))
