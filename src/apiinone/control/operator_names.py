"""Who operators are, for those who read what they did: the record itself keeps ids alone."""

from collections.abc import Collection, Mapping

from apiinone.db import Sql, Tx

_NAMES = Sql("SELECT id, email FROM people WHERE id = ANY($1::text[]) ORDER BY id")


async def names_of(tx: Tx, ids: Collection[str]) -> Mapping[str, str]:
    """Addresses by id; who is no person of ours any more, or never was one, is left out."""
    return {row[0]: row[1] for row in await tx.rows(_NAMES, sorted(ids))}
