"""Rows of keys: made, found, rotated, revoked."""

from collections.abc import Collection, Iterable
from typing import Any

import msgspec
from msgspec import Struct

from apiinone.accounts.keys import Key, KeyRules, Mode
from apiinone.core.credits import Credits
from apiinone.core.errors import Conflict, NotFound
from apiinone.db import Sql, Tx
from apiinone.ledger.budgets import Period, set_budget

_COLUMNS = (
    "SELECT k.id, k.account_id, a.state, k.mode, k.lineage_id, k.secret_hash, k.name, k.rules, k.created_us,"
    " k.expires_us, k.revoked_us, k.last_used_us, k.made_by FROM keys k JOIN accounts a ON a.id = k.account_id"
)
_KEY = Sql(_COLUMNS + " WHERE k.id = $1")
_KEYS = Sql(_COLUMNS + " WHERE k.account_id = $1 ORDER BY k.id LIMIT 1000")
_STATES = Sql(
    "SELECT k.id, k.revoked_us, k.expires_us, a.state FROM keys k JOIN accounts a ON a.id = k.account_id"
    " WHERE k.id = ANY($1::text[])"
)
_ACCOUNT = Sql("SELECT 1 FROM accounts WHERE id = $1")
_NEW_KEY = Sql(
    "INSERT INTO keys (id, account_id, mode, lineage_id, secret_hash, name, rules, created_us, expires_us, made_by)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
)
_LOCK_KEY = Sql("SELECT 1 FROM keys WHERE id = $1 FOR UPDATE")
_SUCCESSOR = Sql("SELECT 1 FROM keys WHERE account_id = $1 AND lineage_id = $2 AND id > $3 LIMIT 1")
_NEW_LOAD = Sql("INSERT INTO key_loads (lineage_id, open_holds) VALUES ($1, 0)")
_REVOKE = Sql("UPDATE keys SET revoked_us = $1 WHERE id = $2 AND revoked_us IS NULL")
_REVOKE_OF_MAKER = Sql("UPDATE keys SET revoked_us = $1 WHERE account_id = $2 AND made_by = $3 AND revoked_us IS NULL")
_REVOKE_OF_ACCOUNT = Sql("UPDATE keys SET revoked_us = coalesce(revoked_us, $1), name = '' WHERE account_id = $2")
_EXPIRE = Sql("UPDATE keys SET expires_us = $1 WHERE id = $2 AND (expires_us IS NULL OR expires_us > $1)")
_TOUCH = Sql("UPDATE keys SET last_used_us = $1 WHERE id = $2 AND (last_used_us IS NULL OR last_used_us < $1)")
_decode_rules = msgspec.json.Decoder(KeyRules).decode
_encode = msgspec.json.Encoder().encode
_GONE = "there is no such key, or it was revoked before"


class NewKey(Struct, frozen=True):
    """What a key is made of. `secret_hash` is all that is kept of its secret."""

    id: str
    account_id: str
    mode: Mode
    secret_hash: bytes
    name: str = ""
    rules: KeyRules = KeyRules()
    expires_us: int | None = None
    budget: tuple[Credits, Period] | None = None
    made_by: str | None = None
    """The person who made it, and whose leaving the account ends it; None: an operator."""


async def make_key(tx: Tx, key: NewKey) -> None:
    """Make a key, the first of its lineage. Raises NotFound where there is no such account."""
    if await tx.row(_ACCOUNT, key.account_id) is None:
        raise NotFound("there is no such account")
    await _insert(tx, key, lineage_id=key.id)
    await tx.run(_NEW_LOAD, key.id)
    if key.budget is not None:
        await set_budget(tx, key.id, *key.budget)


async def rotate_key(  # noqa: PLR0913 - what the new key is, by name
    tx: Tx, old_id: str, *, new_id: str, secret_hash: bytes, overlap_us: int, rotated_by: str | None = None
) -> Key:
    """Put a new key in an old one's place; both work until the overlap ends, and both share one budget and load.

    A member who rotates a key gets the new one, so it is theirs from then on; None: it stays whose it was.
    Raises NotFound where there is no such key, or it was revoked; Conflict where it has a successor already.
    """
    await tx.row(_LOCK_KEY, old_id)
    old = await key_by_id(tx, old_id)
    if old is None or old.revoked_us is not None:
        raise NotFound(_GONE)
    if await tx.row(_SUCCESSOR, old.account_id, old.lineage_id, old.id) is not None:
        raise Conflict("this key was rotated before; rotate its successor")
    maker = old.made_by if rotated_by is None else rotated_by
    new = NewKey(new_id, old.account_id, old.mode, secret_hash, old.name, old.rules, old.expires_us, made_by=maker)
    await _insert(tx, new, lineage_id=old.lineage_id)
    await tx.run(_EXPIRE, tx.now_us + overlap_us, old_id)
    return old


async def revoke_key(tx: Tx, key_id: str) -> None:
    """End a key at once. Raises NotFound where there is none, or it was revoked before."""
    if await tx.run(_REVOKE, tx.now_us, key_id) == 0:
        raise NotFound(_GONE)


async def revoke_keys_of_maker(tx: Tx, account_id: str, person_id: str) -> int:
    """End the keys that somebody made in an account; how many."""
    return await tx.run(_REVOKE_OF_MAKER, tx.now_us, account_id, person_id)


async def revoke_keys_of_account(tx: Tx, account_id: str) -> None:
    """End all keys of an account, and forget what they were called."""
    await tx.run(_REVOKE_OF_ACCOUNT, tx.now_us, account_id)


async def key_by_id(tx: Tx, key_id: str) -> Key | None:
    """The key with its account's state."""
    row = await tx.row(_KEY, key_id)
    return None if row is None else _key(row)


async def keys_of(tx: Tx, account_id: str) -> list[Key]:
    """All keys of an account, oldest first (at most 1,000)."""
    return [_key(row) for row in await tx.rows(_KEYS, account_id)]


async def key_states(tx: Tx, key_ids: Collection[str]) -> dict[str, tuple[int | None, int | None, str]]:
    """When each key was revoked and expires, and its account's state, as of this transaction."""
    return {row[0]: (row[1], row[2], row[3]) for row in await tx.rows(_STATES, sorted(key_ids))}


async def touch_keys(tx: Tx, used: Iterable[tuple[str, int]]) -> None:
    """Note when keys were last used: (key id, moment)."""
    await tx.many(_TOUCH, [(moment_us, key_id) for key_id, moment_us in sorted(used)])


async def _insert(tx: Tx, key: NewKey, *, lineage_id: str) -> None:
    rules = _encode(key.rules).decode()
    identity = (key.id, key.account_id, key.mode, lineage_id, key.secret_hash)
    await tx.run(_NEW_KEY, *identity, key.name, rules, tx.now_us, key.expires_us, key.made_by)


def _key(row: tuple[Any, ...]) -> Key:
    identity: tuple[Any, Any, Any, Any, Any] = (row[0], row[1], row[2], row[3], row[4])
    times: tuple[Any, Any, Any, Any] = (row[8], row[9], row[10], row[11])
    return Key(*identity, bytes(row[5]), row[6], _decode_rules(row[7]), *times, made_by=row[12])
