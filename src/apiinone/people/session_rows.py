"""Rows of sessions. The cookie's text is stored nowhere: a row is found by its hash."""

from typing import Literal

from msgspec import Struct

from apiinone.core.clock import US_PER_S
from apiinone.db import Sql, Tx
from apiinone.people.member_rows import Membership
from apiinone.people.person_rows import Person

Mode = Literal["live", "test"]
LASTS_US = 30 * 24 * 3600 * US_PER_S
"""A session ends then, however much it is used."""
IDLE_US = 14 * 24 * 3600 * US_PER_S
"""One that is not used ends after so long."""
TOUCH_US = 300 * US_PER_S
"""How exactly its last use is known: so rarely does reading a page write."""
STEPPED_UP_US = 15 * 60 * US_PER_S
"""How long a proof of who one is counts for what needs one just now."""
AGENT_CHARACTERS_MAX = 200

_ADD = Sql(
    "INSERT INTO sessions (id, person_id, account_id, mode, agent, totp_due, created_us, seen_us, expires_us,"
    " stepped_up_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9)"
)
_FIND = Sql(
    "SELECT s.id, s.person_id, s.account_id, s.mode, s.agent, s.totp_due, s.created_us, s.seen_us, s.expires_us,"
    " s.stepped_up_us,"
    " p.id, p.email, p.name, p.password_hash, p.verified_us, p.state, p.language, p.time_zone, p.operator,"
    " p.totp_sealed, p.totp_confirmed_us, p.totp_step, p.created_us,"
    " a.id, a.name, a.email, a.state, m.role"
    " FROM sessions s JOIN people p ON p.id = s.person_id"
    " LEFT JOIN members m ON m.person_id = s.person_id AND m.account_id = s.account_id"
    " LEFT JOIN accounts a ON a.id = m.account_id AND a.closed_us IS NULL"
    " WHERE s.id = $1 AND s.expires_us > $2 AND s.seen_us > $3 AND p.state = 'active' AND p.verified_us IS NOT NULL"
)
_OF_PERSON = Sql(
    "SELECT id, person_id, account_id, mode, agent, totp_due, created_us, seen_us, expires_us, stepped_up_us"
    " FROM sessions WHERE person_id = $1 AND totp_due = 0 ORDER BY seen_us DESC LIMIT 100"
)
_TOUCH = Sql("UPDATE sessions SET seen_us = $1 WHERE id = $2 AND seen_us < $1")
_GO_TO = Sql("UPDATE sessions SET account_id = $1 WHERE id = $2")
_SET_MODE = Sql("UPDATE sessions SET mode = $1 WHERE id = $2")
_END = Sql("DELETE FROM sessions WHERE id = $1")
_END_ALL = Sql("DELETE FROM sessions WHERE person_id = $1")
_END_IN_ACCOUNT = Sql("DELETE FROM sessions WHERE person_id = $1 AND account_id = $2")
_DROP_OVER = Sql("DELETE FROM sessions WHERE expires_us <= $1 OR seen_us <= $2")
_PERSON_AT = 10
_ACCOUNT_AT = 23


class Session(Struct, frozen=True):
    """A browser that somebody signed in with. `id` is the hash of what its cookie holds."""

    id: str
    person_id: str
    account_id: str | None
    mode: Mode
    """The switch: whether pages show what is live or what is a test."""
    agent: str
    totp_due: int
    """1: the password was right and the code has yet to come; until then nobody is signed in."""
    created_us: int
    seen_us: int
    expires_us: int
    stepped_up_us: int | None

    def __repr__(self) -> str:
        """Whose it is and nothing else."""
        return f"Session({self.person_id})"

    def stepped_up(self, now_us: int) -> bool:
        """Whether its person has shown just now who they are."""
        return self.stepped_up_us is not None and now_us - self.stepped_up_us <= STEPPED_UP_US


class Found(Struct, frozen=True):
    """A session that is good, its person, and the account it is at, if they still belong to that."""

    session: Session
    person: Person
    membership: Membership | None


async def add_session(tx: Tx, session: Session) -> None:
    """Store a session that begins now; its times are the database's."""
    identity = (session.id, session.person_id, session.account_id, session.mode, session.agent, session.totp_due)
    await tx.run(_ADD, *identity, tx.now_us, tx.now_us + LASTS_US, session.stepped_up_us)


async def find_session(tx: Tx, session_id: str) -> Found | None:
    """The session, if it is still good, its person active and their address confirmed."""
    row = await tx.row(_FIND, session_id, tx.now_us, tx.now_us - IDLE_US)
    if row is None:
        return None
    account = row[_ACCOUNT_AT:]
    membership = None if account[0] is None or account[4] is None else Membership(*account)
    return Found(Session(*row[:_PERSON_AT]), Person(*row[_PERSON_AT:_ACCOUNT_AT]), membership)


async def sessions_of(tx: Tx, person_id: str) -> list[Session]:
    """Where somebody is signed in, the latest used first."""
    return [Session(*row) for row in await tx.rows(_OF_PERSON, person_id)]


async def touch_session(tx: Tx, session_id: str) -> None:
    """Note that it was used just now."""
    await tx.run(_TOUCH, tx.now_us, session_id)


async def go_to_account(tx: Tx, session_id: str, account_id: str) -> None:
    """Have its pages show another account; that the person belongs to it was looked at in this transaction."""
    await tx.run(_GO_TO, account_id, session_id)


async def set_mode(tx: Tx, session_id: str, mode: Mode) -> None:
    """Turn the switch."""
    await tx.run(_SET_MODE, mode, session_id)


async def end_session(tx: Tx, session_id: str) -> bool:
    """End one; False where it had ended."""
    return await tx.run(_END, session_id) > 0


async def end_sessions_of(tx: Tx, person_id: str) -> int:
    """End all of somebody's; how many."""
    return await tx.run(_END_ALL, person_id)


async def end_sessions_in(tx: Tx, person_id: str, account_id: str) -> int:
    """End those of somebody's that are at one account; how many."""
    return await tx.run(_END_IN_ACCOUNT, person_id, account_id)


async def drop_over(tx: Tx) -> int:
    """Forget those whose time is over."""
    return await tx.run(_DROP_OVER, tx.now_us, tx.now_us - IDLE_US)
