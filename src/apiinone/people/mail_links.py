"""What a link in a letter is worth: one use, one purpose, a limited time. Stored is its hash."""

from typing import Final, Literal

from msgspec import Struct

from apiinone.core.clock import US_PER_S
from apiinone.db import Sql, Tx
from apiinone.people.hashes import Hashes
from apiinone.people.roles import Role

Purpose = Literal["verify", "reset", "invite", "change_address"]
HOUR_US: Final = 3600 * US_PER_S
LASTS_US: Final[dict[Purpose, int]] = {
    "verify": 24 * HOUR_US,
    "reset": HOUR_US,
    "invite": 7 * 24 * HOUR_US,
    "change_address": 24 * HOUR_US,
}

_ADD = Sql(
    "INSERT INTO mail_tokens (id, purpose, person_id, account_id, email, role, created_us, expires_us)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
)
_COLUMNS = "SELECT id, purpose, person_id, account_id, email, role, created_us, expires_us FROM mail_tokens"
_LOOK = Sql(_COLUMNS + " WHERE id = $1 AND purpose = $2 AND expires_us > $3")
_USE = Sql("DELETE FROM mail_tokens WHERE id = $1")
_DROP_OF = Sql("DELETE FROM mail_tokens WHERE person_id = $1 AND purpose = $2")
_DROP_ALL_OF = Sql("DELETE FROM mail_tokens WHERE person_id = $1 AND purpose <> 'invite'")
_DROP_TO = Sql("DELETE FROM mail_tokens WHERE email = $1")
_INVITATIONS = Sql(
    _COLUMNS + " WHERE account_id = $1 AND purpose = 'invite' AND expires_us > $2 ORDER BY created_us, id LIMIT 200"
)
_DROP_INVITATION = Sql("DELETE FROM mail_tokens WHERE account_id = $1 AND purpose = 'invite' AND email = $2")
_DROP_OVER = Sql("DELETE FROM mail_tokens WHERE expires_us <= $1")


class MailLink(Struct, frozen=True):
    """What stands behind a link. For an invitation `person_id` is who invites, and `email` who is invited."""

    id: str
    purpose: Purpose
    person_id: str | None
    account_id: str | None
    email: str
    role: Role | None
    created_us: int
    expires_us: int

    def __repr__(self) -> str:
        """Its purpose and nothing else."""
        return f"MailLink({self.purpose})"


class NewLink(Struct, frozen=True):
    """What a link is made for."""

    purpose: Purpose
    email: str
    person_id: str | None = None
    account_id: str | None = None
    role: Role | None = None


async def make_link(tx: Tx, hashes: Hashes, new: NewLink) -> str:
    """Store a link and give the text that opens it, once."""
    token = hashes.new()
    ends_us = tx.now_us + LASTS_US[new.purpose]
    what = (new.purpose, new.person_id, new.account_id, new.email, new.role)
    await tx.run(_ADD, hashes.of(new.purpose, token), *what, tx.now_us, ends_us)
    return token


async def look_at_link(tx: Tx, hashes: Hashes, purpose: Purpose, token: str) -> MailLink | None:
    """What stands behind a link, which stays good: letters are opened by programs before people read them."""
    row = await tx.row(_LOOK, hashes.of(purpose, token), purpose, tx.now_us)
    return None if row is None else MailLink(*row)


async def address_behind(tx: Tx, hashes: Hashes, purpose: Purpose, token: str) -> str | None:
    """The address that a link was sent to, while it is good."""
    link = await look_at_link(tx, hashes, purpose, token)
    return None if link is None else link.email


async def use_link(tx: Tx, hashes: Hashes, purpose: Purpose, token: str) -> MailLink | None:
    """The same, and it is used up: of two at once one finds nothing."""
    link = await look_at_link(tx, hashes, purpose, token)
    return link if link is not None and await tx.run(_USE, link.id) else None


async def drop_links_of(tx: Tx, person_id: str, purpose: Purpose) -> None:
    """Have only the newest link of a purpose open anything."""
    await tx.run(_DROP_OF, person_id, purpose)


async def drop_all_links_of(tx: Tx, person_id: str) -> None:
    """Have nothing open that was sent to somebody; invitations of others by them stay."""
    await tx.run(_DROP_ALL_OF, person_id)


async def drop_links_to(tx: Tx, email: str) -> None:
    """Forget every link that was sent to an address."""
    await tx.run(_DROP_TO, email)


async def invitations_of(tx: Tx, account_id: str) -> list[MailLink]:
    """The open invitations to an account, the oldest first."""
    return [MailLink(*row) for row in await tx.rows(_INVITATIONS, account_id, tx.now_us)]


async def drop_invitation(tx: Tx, account_id: str, email: str) -> bool:
    """Have the invitations of an address to an account open nothing; False where there were none."""
    return await tx.run(_DROP_INVITATION, account_id, email) > 0


async def drop_over(tx: Tx) -> int:
    """Forget links whose time is over."""
    return await tx.run(_DROP_OVER, tx.now_us)
