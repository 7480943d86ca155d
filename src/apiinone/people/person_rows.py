"""Rows of people: found, added, changed, forgotten."""

from typing import Literal

from msgspec import Struct

from apiinone.core.clock import US_PER_S
from apiinone.db import Sql, Tx

UNCONFIRMED_KEPT_US = 7 * 24 * 3600 * US_PER_S
"""How long somebody is kept who does not show that the address is theirs."""
BITE_MAX = 200

_COLUMNS = (
    "SELECT id, email, name, password_hash, verified_us, state, language, time_zone, operator, totp_sealed,"
    " totp_confirmed_us, totp_step, created_us FROM people"
)
_BY_EMAIL = Sql(_COLUMNS + " WHERE email = $1")
_BY_ID = Sql(_COLUMNS + " WHERE id = $1")
_LOCK = Sql(_COLUMNS + " WHERE id = $1 FOR UPDATE")
_ADD = Sql(
    "INSERT INTO people (id, email, name, password_hash, verified_us, state, language, time_zone, operator, created_us)"
    " VALUES ($1, $2, $3, $4, NULL, 'active', $5, '', 0, $6) ON CONFLICT (email) DO NOTHING"
)
_RENEW = Sql("UPDATE people SET name = $1, password_hash = $2 WHERE id = $3 AND verified_us IS NULL")
_SET_PASSWORD = Sql("UPDATE people SET password_hash = $1 WHERE id = $2")
_REHASH = Sql("UPDATE people SET password_hash = $1 WHERE id = $2 AND password_hash = $3")
_CONFIRM = Sql("UPDATE people SET verified_us = $1 WHERE id = $2 AND verified_us IS NULL")
_UNCONFIRMED = Sql("SELECT id, email FROM people WHERE verified_us IS NULL AND created_us <= $1 ORDER BY id LIMIT $2")
_FORGET = (
    Sql("DELETE FROM sessions WHERE person_id = $1"),
    Sql("DELETE FROM recovery_codes WHERE person_id = $1"),
    Sql("DELETE FROM identities WHERE person_id = $1"),
    Sql("DELETE FROM mail_tokens WHERE person_id = $1"),
    Sql("DELETE FROM members WHERE person_id = $1"),
    Sql("DELETE FROM people WHERE id = $1"),
)


class Person(Struct, frozen=True):
    """Somebody who can sign in once their address is confirmed."""

    id: str
    email: str
    name: str
    password_hash: str | None
    verified_us: int | None
    state: Literal["active", "suspended"]
    language: str
    """Empty: none was chosen."""
    time_zone: str
    """A name such as `Europe/Berlin`; empty: UTC."""
    operator: int
    totp_sealed: bytes | None
    totp_confirmed_us: int | None
    totp_step: int | None
    created_us: int

    def __repr__(self) -> str:
        """The id and nothing else."""
        return f"Person({self.id})"

    @property
    def has_codes(self) -> bool:
        """Whether they sign in with a code beside the password."""
        return self.totp_confirmed_us is not None


class NewPerson(Struct, frozen=True):
    """What somebody begins with."""

    id: str
    email: str
    name: str
    password_hash: str | None
    language: str

    def __repr__(self) -> str:
        """The id and nothing else."""
        return f"NewPerson({self.id})"


async def person_by_email(tx: Tx, email: str) -> Person | None:
    """Whoever has this address; it is in its one spelling."""
    row = await tx.row(_BY_EMAIL, email)
    return None if row is None else Person(*row)


async def person_by_id(tx: Tx, person_id: str) -> Person | None:
    """The person of this id."""
    row = await tx.row(_BY_ID, person_id)
    return None if row is None else Person(*row)


async def locked_person(tx: Tx, person_id: str) -> Person | None:
    """The same, so that nobody else changes them meanwhile."""
    row = await tx.row(_LOCK, person_id)
    return None if row is None else Person(*row)


async def add_person(tx: Tx, new: NewPerson) -> bool:
    """Store somebody new; False where the address is taken."""
    return await tx.run(_ADD, new.id, new.email, new.name, new.password_hash, new.language, tx.now_us) > 0


async def renew_unconfirmed(tx: Tx, person_id: str, name: str, password_hash: str) -> None:
    """Somebody who was never confirmed signs up once more: what was said last counts."""
    await tx.run(_RENEW, name, password_hash, person_id)


async def set_password(tx: Tx, person_id: str, password_hash: str) -> None:
    """Put a new password in the old one's place."""
    await tx.run(_SET_PASSWORD, password_hash, person_id)


async def rehash_password(tx: Tx, person: Person, password_hash: str) -> None:
    """Store the same password at today's cost, unless it was changed meanwhile."""
    await tx.run(_REHASH, password_hash, person.id, person.password_hash)


async def confirm(tx: Tx, person_id: str) -> bool:
    """Note that the address is theirs; False where that was known."""
    return await tx.run(_CONFIRM, tx.now_us, person_id) > 0


async def unconfirmed(tx: Tx) -> list[tuple[str, str]]:
    """People who did not confirm their address in time: (id, address)."""
    return [(row[0], row[1]) for row in await tx.rows(_UNCONFIRMED, tx.now_us - UNCONFIRMED_KEPT_US, BITE_MAX)]


async def forget_person(tx: Tx, person_id: str) -> None:
    """Remove every row about somebody here; mail to them and accounts of theirs are for others to look after."""
    for statement in _FORGET:
        await tx.run(statement, person_id)
