"""Rows of stored credentials and of their alarms. Secrets stay sealed here."""

from collections.abc import Sequence

from msgspec import Struct

from apiinone.core.clock import US_PER_DAY
from apiinone.db import Database, Sql, Tx

SECRET_KEPT_US = US_PER_DAY
"""How long after an operator's revocation what is under way may still be asked about with the secret."""
ROW_KEPT_US = 90 * US_PER_DAY
ALARM_KEPT_US = 7 * US_PER_DAY
ROWS_MAX = 10_000

_COLUMNS = (
    "id, account_id, provider, name, sealed, seal_key, nodes, submit_gap_us, concurrent_max, falls_back, created_us,"
    " changed_us, revoked_us"
)
_CHANGED = Sql(
    "SELECT asked_us, " + _COLUMNS + " FROM (SELECT $1::bigint AS asked_us) AS asked"  # noqa: S608
    " LEFT JOIN provider_credentials ON changed_us >= $2 ORDER BY changed_us, id"
)
_HOUSE = Sql("SELECT " + _COLUMNS + " FROM provider_credentials WHERE account_id IS NULL ORDER BY id LIMIT $1")  # noqa: S608
_OWN = Sql(
    "SELECT " + _COLUMNS + " FROM provider_credentials WHERE account_id = $1 AND revoked_us IS NULL ORDER BY id"  # noqa: S608
)
_ONE = Sql("SELECT " + _COLUMNS + " FROM provider_credentials WHERE id = $1 FOR UPDATE")  # noqa: S608
_SEALED = Sql("SELECT " + _COLUMNS + " FROM provider_credentials WHERE sealed IS NOT NULL ORDER BY id FOR UPDATE")  # noqa: S608
_ADD = Sql(
    "INSERT INTO provider_credentials (id, account_id, provider, name, sealed, seal_key, nodes, submit_gap_us,"
    " concurrent_max, falls_back, created_us, changed_us)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
)
_LOCK_ACCOUNT = Sql("SELECT 1 FROM accounts WHERE id = $1 FOR UPDATE")
_REVOKE = Sql("UPDATE provider_credentials SET revoked_us = $1, changed_us = $1 WHERE id = $2 AND revoked_us IS NULL")
_DESTROY = Sql(
    "UPDATE provider_credentials SET revoked_us = coalesce(revoked_us, $1), sealed = NULL, changed_us = $1"
    " WHERE id = $2 AND sealed IS NOT NULL"
)
_DESTROY_OWN = Sql(
    "UPDATE provider_credentials SET revoked_us = $1, sealed = NULL, changed_us = $1"
    " WHERE id = $2 AND account_id = $3 AND revoked_us IS NULL"
)
_DESTROY_OLD = Sql(
    "UPDATE provider_credentials SET sealed = NULL, changed_us = $1 WHERE sealed IS NOT NULL AND revoked_us <= $2"
)
_DROP_OLD = Sql("DELETE FROM provider_credentials WHERE sealed IS NULL AND revoked_us <= $1")
_RESEAL = Sql("UPDATE provider_credentials SET sealed = $1, seal_key = $2, changed_us = $3 WHERE id = $4")
_RAISE = Sql(
    "INSERT INTO credential_alarms (credential_id, provider, trouble, since_us) VALUES ($1, $2, $3, $4)"
    " ON CONFLICT (credential_id) DO UPDATE SET trouble = excluded.trouble, since_us = excluded.since_us"
)
_CLEAR = Sql("DELETE FROM credential_alarms WHERE credential_id = ANY($1::text[])")
_OLD_ALARMS = Sql("DELETE FROM credential_alarms WHERE since_us <= $1")
_ALARMS = Sql("SELECT credential_id, provider, trouble, since_us FROM credential_alarms ORDER BY provider LIMIT $1")
_ALARMS_OF = Sql(
    "SELECT credential_id, provider, trouble, since_us FROM credential_alarms WHERE credential_id = ANY($1::text[])"
)


class SealedRow(Struct, frozen=True):
    """A stored credential. `account_id` None: the house's. `nodes`: numbers joined by commas; empty: all."""

    id: str
    account_id: str | None
    provider: str
    name: str
    sealed: bytes | None
    seal_key: str
    nodes: str
    submit_gap_us: int | None
    concurrent_max: int | None
    falls_back: int
    created_us: int
    changed_us: int = 0
    revoked_us: int | None = None

    def __repr__(self) -> str:
        """Not what it keeps, sealed or not."""
        return f"SealedRow({self.id})"


class AlarmRow(Struct, frozen=True):
    """What an operator, or an account with its own key, has to do something about."""

    credential_id: str
    provider: str
    trouble: str
    since_us: int


async def changed_since(database: Database, moment_us: int) -> tuple[int, list[SealedRow]]:
    """The database's time when it was asked, and the rows added or changed since a moment."""
    rows = await database.rows_now(_CHANGED, moment_us)
    return rows[0][0], [SealedRow(*row) for _, *row in rows if row[0] is not None]


async def house_rows(tx: Tx) -> list[SealedRow]:
    """The house's, the revoked ones too, oldest first."""
    return [SealedRow(*row) for row in await tx.rows(_HOUSE, ROWS_MAX)]


async def own_rows(tx: Tx, account_id: str) -> list[SealedRow]:
    """An account's good ones, oldest first."""
    return [SealedRow(*row) for row in await tx.rows(_OWN, account_id)]


async def locked_own_rows(tx: Tx, account_id: str) -> list[SealedRow]:
    """The same, so that no other transaction adds to them meanwhile."""
    await tx.row(_LOCK_ACCOUNT, account_id)
    return await own_rows(tx, account_id)


async def locked_row(tx: Tx, credential_id: str) -> SealedRow | None:
    """One of any owner; None where there is none."""
    row = await tx.row(_ONE, credential_id)
    return None if row is None else SealedRow(*row)


async def sealed_rows(tx: Tx) -> list[SealedRow]:
    """All that hold a secret, locked."""
    return [SealedRow(*row) for row in await tx.rows(_SEALED)]


async def add_row(tx: Tx, row: SealedRow) -> None:
    """Store a new one."""
    pace = (row.submit_gap_us, row.concurrent_max, row.falls_back)
    identity = (row.id, row.account_id, row.provider, row.name, row.sealed, row.seal_key, row.nodes)
    await tx.run(_ADD, *identity, *pace, tx.now_us, tx.now_us)


async def revoke_row(tx: Tx, credential_id: str, *, at_once: bool) -> bool:
    """Have it take no more orders; `at_once`: destroy the secret now. False where there was nothing to do."""
    return await tx.run(_DESTROY if at_once else _REVOKE, tx.now_us, credential_id) > 0


async def destroy_own(tx: Tx, account_id: str, credential_id: str) -> bool:
    """Destroy an account's own secret; False where the account has no such key."""
    return await tx.run(_DESTROY_OWN, tx.now_us, credential_id, account_id) > 0


async def reseal_row(tx: Tx, credential_id: str, sealed: bytes, seal_key: str) -> None:
    """Put another sealed form of the same secret in its place."""
    await tx.run(_RESEAL, sealed, seal_key, tx.now_us, credential_id)


async def forget_old(tx: Tx) -> int:
    """Destroy secrets a day after their revocation; drop rows and alarms that are old."""
    destroyed = await tx.run(_DESTROY_OLD, tx.now_us, tx.now_us - SECRET_KEPT_US)
    await tx.run(_OLD_ALARMS, tx.now_us - ALARM_KEPT_US)
    return destroyed + await tx.run(_DROP_OLD, tx.now_us - ROW_KEPT_US)


async def raise_alarm(tx: Tx, credential_id: str, provider: str, trouble: str) -> None:
    """Write a trouble down."""
    await tx.run(_RAISE, credential_id, provider, trouble, tx.now_us)


async def clear_alarms(tx: Tx, credential_ids: Sequence[str]) -> None:
    """They are over."""
    await tx.run(_CLEAR, credential_ids)


async def read_alarms(tx: Tx, credential_ids: Sequence[str] | None = None) -> list[AlarmRow]:
    """Those of these credentials; None: of all."""
    rows = await (tx.rows(_ALARMS, ROWS_MAX) if credential_ids is None else tx.rows(_ALARMS_OF, credential_ids))
    return [AlarmRow(*row) for row in rows]
