"""A new password by somebody who knows the old one; or who has none yet, and has just shown who they are."""

from msgspec import Struct

from apiinone.db import Tx
from apiinone.people.hashes import Hashes
from apiinone.people.mail_links import drop_all_links_of
from apiinone.people.office import Office
from apiinone.people.passwords import refuse_weak
from apiinone.people.person_rows import Person, locked_person, set_password
from apiinone.people.session_rows import Found, end_other_sessions, renew_session
from apiinone.people.sign_in import SESSION, SignIn, WrongPair, checked_password
from apiinone.people.step_up import Renewed
from apiinone.people.throttles import Throttled


class NotJustNow(Struct, frozen=True):
    """Whoever has no password has to show first who they are."""


Outcome = Renewed | WrongPair | Throttled | NotJustNow


async def change_password(office: Office, found: Found, tried: SignIn, password: str) -> Outcome:
    """Put a new password in force; every other session ends. Raises WeakPassword, Overloaded."""
    refuse_weak(password, found.person.email)
    if found.person.password_hash is not None:
        checked = await checked_password(office, found.person.email, tried)
        if not isinstance(checked, Person):
            return checked
    password_hash = await office.passwords.hash(password)

    async def work(tx: Tx) -> Outcome:
        person = await locked_person(tx, found.person.id)
        if person is None:
            return WrongPair()
        if person.password_hash is None and not found.session.stepped_up(tx.now_us):
            return NotJustNow()
        await set_password(tx, person.id, password_hash)
        await end_other_sessions(tx, person.id, found.session.id)
        await drop_all_links_of(tx, person.id)
        return await _renewed(tx, office.hashes, found)

    return await office.database.transact(work)


async def _renewed(tx: Tx, hashes: Hashes, found: Found) -> Renewed:
    token = hashes.new()
    await renew_session(tx, found.session, hashes.of(SESSION, token))
    return Renewed(token)
