"""Rows of memberships: who belongs to which account, and as what."""

from msgspec import Struct

from apiinone.db import Sql, Tx
from apiinone.people.roles import PAYERS, Role

MEMBERS_MAX = 200
"""Of one account."""

_ADD = Sql(
    "INSERT INTO members (account_id, person_id, role, created_us) VALUES ($1, $2, $3, $4)"
    " ON CONFLICT (account_id, person_id) DO NOTHING"
)
_OF_PERSON = Sql(
    "SELECT m.account_id, a.name, a.email, a.state, m.role FROM members m JOIN accounts a ON a.id = m.account_id"
    " WHERE m.person_id = $1 AND a.closed_us IS NULL ORDER BY m.created_us, m.account_id LIMIT $2"
)
_HAS_ANY = Sql("SELECT 1 FROM members WHERE account_id = $1 LIMIT 1")
_ALONE_IN = Sql(
    "SELECT m.account_id FROM members m WHERE m.person_id = $1 AND NOT EXISTS"
    " (SELECT 1 FROM members o WHERE o.account_id = m.account_id AND o.person_id <> m.person_id)"
)
_LOCK_ACCOUNT = Sql("SELECT 1 FROM accounts WHERE id = $1 FOR UPDATE")
_MEMBERS = Sql(
    "SELECT p.id, p.email, p.name, m.role, CASE WHEN p.totp_confirmed_us IS NULL THEN 0 ELSE 1 END, m.created_us"
    " FROM members m JOIN people p ON p.id = m.person_id WHERE m.account_id = $1 ORDER BY m.created_us, p.id LIMIT $2"
)
_OWNERS = Sql("SELECT person_id FROM members WHERE account_id = $1 AND role = 'owner' ORDER BY person_id")
_ROLE = Sql("SELECT role FROM members WHERE account_id = $1 AND person_id = $2")
_SET_ROLE = Sql("UPDATE members SET role = $1 WHERE account_id = $2 AND person_id = $3")
_REMOVE = Sql("DELETE FROM members WHERE account_id = $1 AND person_id = $2")


_PAYERS = Sql(
    "SELECT p.email, p.name, p.language, a.name, a.email FROM members m JOIN people p ON p.id = m.person_id"
    " JOIN accounts a ON a.id = m.account_id WHERE m.account_id = $1 AND m.role = ANY($2::text[])"
    " AND p.verified_us IS NOT NULL AND p.state = 'active' AND a.closed_us IS NULL ORDER BY p.id LIMIT $3"
)


class Payer(Struct, frozen=True):
    """Somebody who may pay for an account, as a letter reaches them."""

    email: str
    name: str
    language: str
    account: str
    """What the account is called."""


class Membership(Struct, frozen=True):
    """An account that somebody belongs to, as they see it in a list."""

    account_id: str
    account_name: str
    account_email: str
    account_state: str
    role: Role

    @property
    def title(self) -> str:
        """What the account is called: its name, or else its address."""
        return self.account_name or self.account_email


class MemberRow(Struct, frozen=True):
    """Somebody in the list of an account's members."""

    person_id: str
    email: str
    name: str
    role: Role
    has_codes: int
    since_us: int


async def lock_members(tx: Tx, account_id: str) -> None:
    """Have nobody else change who belongs to an account meanwhile."""
    await tx.row(_LOCK_ACCOUNT, account_id)


async def members_of(tx: Tx, account_id: str) -> list[MemberRow]:
    """Everybody who belongs to an account, who came first, first."""
    return [MemberRow(*row) for row in await tx.rows(_MEMBERS, account_id, MEMBERS_MAX)]


async def owners_of(tx: Tx, account_id: str) -> list[str]:
    """The ids of an account's owners."""
    return [row[0] for row in await tx.rows(_OWNERS, account_id)]


async def role_in(tx: Tx, account_id: str, person_id: str) -> Role | None:
    """What somebody is in an account; None: they do not belong to it."""
    row = await tx.row(_ROLE, account_id, person_id)
    return None if row is None else row[0]


async def set_role(tx: Tx, account_id: str, person_id: str, role: Role) -> None:
    """Make somebody something else there."""
    await tx.run(_SET_ROLE, role, account_id, person_id)


async def remove_member(tx: Tx, account_id: str, person_id: str) -> None:
    """Have somebody belong to an account no more."""
    await tx.run(_REMOVE, account_id, person_id)


async def add_member(tx: Tx, account_id: str, person_id: str, role: Role) -> bool:
    """Have somebody belong to an account; False where they did."""
    return await tx.run(_ADD, account_id, person_id, role, tx.now_us) > 0


async def memberships_of(tx: Tx, person_id: str) -> list[Membership]:
    """The accounts somebody belongs to, the oldest membership first; closed ones are left out."""
    return [Membership(*row) for row in await tx.rows(_OF_PERSON, person_id, MEMBERS_MAX)]


async def has_members(tx: Tx, account_id: str) -> bool:
    """Whether anybody belongs to an account."""
    return await tx.row(_HAS_ANY, account_id) is not None


async def payers_of(tx: Tx, account_id: str) -> list[Payer]:
    """Its members who may pay and whose address is theirs."""
    rows = await tx.rows(_PAYERS, account_id, sorted(PAYERS), MEMBERS_MAX)
    return [Payer(row[0], row[1], row[2], row[3] or row[4]) for row in rows]


async def alone_in(tx: Tx, person_id: str) -> list[str]:
    """The accounts that nobody else belongs to."""
    return [row[0] for row in await tx.rows(_ALONE_IN, person_id)]
