"""An operator looks at an account as a viewer of it would, for a quarter of an hour; its members read that it was so.

A viewing belongs to one session. What its pages may show and that they change nothing is the pages' affair.
"""

from typing import Final

from msgspec import Struct

from apiinone.accounts.account_rows import Action, account_by_id, record
from apiinone.core.clock import US_PER_S
from apiinone.core.errors import NotFound
from apiinone.db import Sql, Tx
from apiinone.people.member_rows import Membership
from apiinone.people.office import Office
from apiinone.people.session_rows import Found, Session

LASTS_US: Final = 15 * 60 * US_PER_S
KEPT_US: Final = 365 * 24 * 3600 * US_PER_S
SHOWN_MAX: Final = 20
"""How many of the newest an account's members are shown."""
BEGIN: Final = "accounts.view"
END: Final = "accounts.view_end"

_ADD = Sql(
    "INSERT INTO viewings (id, account_id, session_id, person_id, reason, began_us, ends_us)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7)"
)
_NOW = Sql(
    "SELECT v.id, v.reason, v.began_us, v.ends_us, a.id, a.name, a.email, a.state"
    " FROM viewings v JOIN accounts a ON a.id = v.account_id AND a.closed_us IS NULL"
    " WHERE v.session_id = $1 AND v.ends_us > $2 ORDER BY v.id DESC LIMIT 1"
)
_END = Sql("UPDATE viewings SET ends_us = $1 WHERE session_id = $2 AND ends_us > $1")
_OF_ACCOUNT = Sql("SELECT id, reason, began_us, ends_us FROM viewings WHERE account_id = $1 ORDER BY id DESC LIMIT $2")
_DROP_OLD = Sql("DELETE FROM viewings WHERE began_us <= $1")


class Viewing(Struct, frozen=True):
    """A look at an account: why, since when, and until when."""

    id: str
    reason: str
    began_us: int
    ends_us: int


class Viewed(Struct, frozen=True):
    """A look that is going on, and what the operator is in the account meanwhile."""

    viewing: Viewing
    membership: Membership


async def view_account(office: Office, operator: Session, account_id: str, reason: str) -> None:
    """Begin to look, in place of what this session looked at before; written down for operators and members alike.

    Raises NotFound, and BadRequest without a reason.
    """
    viewing_id, action_id = office.ids.new(), office.ids.new()

    async def work(tx: Tx) -> None:
        account = await account_by_id(tx, account_id)
        if account is None or account.closed_us is not None:
            raise NotFound("There is no such account.")
        await record(tx, Action(action_id, operator.person_id, BEGIN, account_id, reason))
        await tx.run(_END, tx.now_us, operator.id)
        times = (tx.now_us, tx.now_us + LASTS_US)
        await tx.run(_ADD, viewing_id, account_id, operator.id, operator.person_id, reason.strip(), *times)

    await office.database.transact(work)


async def stop_viewing(office: Office, operator: Session, viewed: Viewed) -> None:
    """Look no more."""
    account_id, why = viewed.membership.account_id, viewed.viewing.reason
    action = Action(office.ids.new(), operator.person_id, END, account_id, why)

    async def work(tx: Tx) -> None:
        if await tx.run(_END, tx.now_us, operator.id):
            await record(tx, action)

    await office.database.transact(work)


async def viewed_by(tx: Tx, found: Found) -> Viewed | None:
    """What a session looks at; None: its person is no operator, or looks at nothing."""
    if not found.person.operator or found.session.totp_due:
        return None
    row = await tx.row(_NOW, found.session.id, tx.now_us)
    if row is None:
        return None
    viewing_id, reason, began_us, ends_us, *account = row
    return Viewed(Viewing(viewing_id, reason, began_us, ends_us), Membership(*account, role="viewer"))


async def viewings_of(tx: Tx, account_id: str) -> list[Viewing]:
    """Who looked at an account in the last year, the newest first."""
    return [Viewing(*row) for row in await tx.rows(_OF_ACCOUNT, account_id, SHOWN_MAX)]


async def drop_old_viewings(tx: Tx) -> int:
    """Forget those that are older than a year; how many."""
    return await tx.run(_DROP_OLD, tx.now_us - KEPT_US)
