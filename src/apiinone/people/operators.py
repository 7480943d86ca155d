"""Operators: people who run this installation. They are made by a command on its machine, never by a page."""

from msgspec import Struct

from apiinone.db import Sql, Tx
from apiinone.people.hashes import Hashes
from apiinone.people.mail_links import NewLink, drop_links_of, make_link
from apiinone.people.person_rows import NewPerson, add_person, person_by_email
from apiinone.people.session_rows import end_sessions_of

_SET = Sql("UPDATE people SET operator = $1 WHERE id = $2 AND operator <> $1")
_ALL = Sql(
    "SELECT id, email, CASE WHEN totp_confirmed_us IS NULL THEN 0 ELSE 1 END, created_us FROM people"
    " WHERE operator = 1 ORDER BY id LIMIT 1000"
)


class OperatorRow(Struct, frozen=True):
    """An operator as a list shows them. `has_codes` 0: they have to set codes up before they can do anything."""

    person_id: str
    email: str
    has_codes: int
    created_us: int


class MadeOperator(Struct, frozen=True):
    """Somebody who is an operator now. `token` opens a page where a password is chosen; None: they have one."""

    person_id: str
    token: str | None

    def __repr__(self) -> str:
        """The id and nothing else."""
        return f"MadeOperator({self.person_id})"


async def make_operator(tx: Tx, hashes: Hashes, email: str, person_id: str) -> MadeOperator:
    """Make somebody an operator; `person_id` is for who is new here. Their sessions end: they may more from now on."""
    await add_person(tx, NewPerson(person_id, email, "", None, ""))
    person = await person_by_email(tx, email)
    found_id = person_id if person is None else person.id
    await tx.run(_SET, 1, found_id)
    await end_sessions_of(tx, found_id)
    if person is not None and person.password_hash is not None and person.verified_us is not None:
        return MadeOperator(found_id, None)
    await drop_links_of(tx, found_id, "reset")
    return MadeOperator(found_id, await make_link(tx, hashes, NewLink("reset", email, found_id)))


async def end_operator(tx: Tx, email: str) -> bool:
    """Let somebody be an operator no more; False where they were none. Their sessions end."""
    person = await person_by_email(tx, email)
    if person is None or not await tx.run(_SET, 0, person.id):
        return False
    await end_sessions_of(tx, person.id)
    return True


async def operators(tx: Tx) -> list[OperatorRow]:
    """All of them."""
    return [OperatorRow(*row) for row in await tx.rows(_ALL)]
