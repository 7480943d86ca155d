"""The secrets that callbacks are signed with: one for each account and mode, made at its first use, sealed at rest.

A rotation makes a new one and lets the old one sign along for a day. Test deliveries have secrets of their own, so that
whoever holds a test key can forge nothing that looks live.
"""

from dataclasses import dataclass

from msgspec import Struct

from apiinone.core.clock import US_PER_S
from apiinone.core.ids import Ids
from apiinone.core.randomness import RandomPool
from apiinone.db import Database, Sql, Tx
from apiinone.ledger.ledger import Owner
from apiinone.sealing import Seal
from apiinone.webhooks.signing import new_secret

OVERLAP_US = 24 * 3600 * US_PER_S
GOOD_AT_ONCE_MAX = 3
"""Rotating more often within a day ends the oldest at once: a signature for each is sent with every try."""

_GOOD = Sql(
    "SELECT id, sealed, created_us, expires_us FROM webhook_secrets WHERE account_id = $1 AND mode = $2"
    " AND (expires_us IS NULL OR expires_us > $3) ORDER BY (expires_us IS NOT NULL), expires_us DESC, id DESC"
)
_LOCK = Sql("SELECT 1 FROM accounts WHERE id = $1 FOR UPDATE")
_NEW = Sql(
    "INSERT INTO webhook_secrets (id, account_id, mode, sealed, created_us, expires_us)"
    " VALUES ($1, $2, $3, $4, $5, NULL)"
)
_EXPIRE = Sql("UPDATE webhook_secrets SET expires_us = $1 WHERE id = $2 AND (expires_us IS NULL OR expires_us > $1)")
_OLD = Sql("DELETE FROM webhook_secrets WHERE expires_us <= $1")


class GoodSecret(Struct, frozen=True):
    """A secret that signs now. `expires_us`: when it ceases to; None for the newest."""

    id: str
    secret: bytes
    created_us: int
    expires_us: int | None

    def __repr__(self) -> str:
        """Not the secret."""
        return f"GoodSecret({self.id})"


@dataclass(slots=True)
class Vault:
    """Opens, makes and rotates secrets."""

    database: Database
    seal: Seal
    ids: Ids
    randomness: RandomPool

    async def good(self, owner: Owner) -> list[GoodSecret]:
        """The owner's secrets, newest first; the first one is made where there is none. Raises DatabaseUnavailable."""

        async def look(tx: Tx) -> list[GoodSecret]:
            return await self._read(tx, owner)

        async def make(tx: Tx) -> list[GoodSecret]:
            await tx.row(_LOCK, owner[0])
            if not await look(tx):
                await self._make(tx, owner)
            return await look(tx)

        return await self.database.read(look) or await self.database.transact(make)

    async def rotate(self, owner: Owner) -> list[GoodSecret]:
        """Make a new one; the one before signs along for a day."""

        async def turn(tx: Tx) -> list[GoodSecret]:
            await tx.row(_LOCK, owner[0])
            before = await self._read(tx, owner)
            await self._make(tx, owner)
            for number, old in enumerate(before, start=1):
                until_us = tx.now_us + (OVERLAP_US if number < GOOD_AT_ONCE_MAX else 0)
                await tx.run(_EXPIRE, until_us, old.id)
            return await self._read(tx, owner)

        return await self.database.transact(turn)

    async def drop_old(self) -> int:
        """Drop secrets that sign no more."""

        async def drop(tx: Tx) -> int:
            return await tx.run(_OLD, tx.now_us)

        return await self.database.transact(drop)

    async def _read(self, tx: Tx, owner: Owner) -> list[GoodSecret]:
        rows = await tx.rows(_GOOD, *owner, tx.now_us)
        return [
            GoodSecret(row[0], self.seal.open(bytes(row[1]), _place(owner, row[0])), row[2], row[3]) for row in rows
        ]

    async def _make(self, tx: Tx, owner: Owner) -> None:
        secret_id = self.ids.new()
        sealed = self.seal.close(new_secret(self.randomness), _place(owner, secret_id))
        await tx.run(_NEW, secret_id, *owner, sealed, tx.now_us)


def _place(owner: Owner, secret_id: str) -> str:
    """What a sealed secret is bound to."""
    return f"{owner[0]}/{owner[1]}/{secret_id}"
