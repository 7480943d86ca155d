"""Showing once more who one is: a code at sign-in, a code or the password before what matters.

Each time the session goes on under a new id: an id that somebody saw before is worth nothing after.
"""

from msgspec import Struct

from apiinone.db import Tx
from apiinone.people.codes import (
    RightCode,
    Setup,
    WrongCode,
    new_recovery_codes,
    prepare_codes,
    put_in_force,
    setup_of,
    take_codes_away,
    use_code,
)
from apiinone.people.office import Office
from apiinone.people.person_rows import Person, locked_person
from apiinone.people.session_rows import Found, Session, end_other_sessions, renew_session
from apiinone.people.sign_in import SESSION, SignIn, WrongPair, checked_password
from apiinone.people.throttles import Throttled


class Renewed(Struct, frozen=True):
    """The session goes on with this token in its cookie."""

    token: str
    recovery_codes: tuple[str, ...] = ()
    """New ones, shown once."""

    def __repr__(self) -> str:
        """Nothing."""
        return "Renewed()"


Outcome = Renewed | WrongCode | WrongPair | Throttled


async def enter_code(office: Office, found: Found, code: str) -> Outcome:
    """The code that is due at sign-in, or one to step up with."""

    async def work(tx: Tx) -> Outcome:
        person = await locked_person(tx, found.person.id)
        if person is None or not person.has_codes:
            return WrongCode()
        used = await use_code(tx, office, person, code)
        return await _renewed(tx, office, found.session) if isinstance(used, RightCode) else used

    return await office.database.transact(work)


async def enter_password(office: Office, found: Found, tried: SignIn) -> Outcome:
    """The password, for who has no codes. Raises Overloaded."""
    checked = await checked_password(office, found.person.email, tried)
    if not isinstance(checked, Person):
        return checked
    if checked.id != found.person.id or checked.has_codes:
        return WrongPair()

    async def work(tx: Tx) -> Outcome:
        return await _renewed(tx, office, found.session)

    return await office.database.transact(work)


async def begin_codes(office: Office, person: Person) -> None:
    """Make a secret for an app, unless codes are in force."""

    async def work(tx: Tx) -> None:
        found = await locked_person(tx, person.id)
        if found is not None and not found.has_codes:
            await prepare_codes(tx, office, found)

    await office.database.transact(work)


def codes_to_set_up(office: Office, person: Person) -> Setup | None:
    """What the app is given, while a code has yet to show that it got it."""
    return setup_of(office, person)


async def confirm_codes(office: Office, found: Found, code: str) -> Outcome:
    """Put codes in force, by the first of them; every other session of theirs ends."""

    async def work(tx: Tx) -> Outcome:
        person = await locked_person(tx, found.person.id)
        if person is None or person.has_codes:
            return WrongCode()
        used = await use_code(tx, office, person, code)
        if not isinstance(used, RightCode):
            return used
        codes = await put_in_force(tx, office, person)
        await end_other_sessions(tx, person.id, found.session.id)
        return await _renewed(tx, office, found.session, codes)

    return await office.database.transact(work)


async def remake_recovery_codes(office: Office, found: Found) -> tuple[str, ...]:
    """New recovery codes; nothing where no codes are in force."""

    async def work(tx: Tx) -> tuple[str, ...]:
        person = await locked_person(tx, found.person.id)
        return () if person is None or not person.has_codes else await new_recovery_codes(tx, office, person)

    return await office.database.transact(work)


async def end_codes(office: Office, found: Found) -> Renewed:
    """Sign in without codes from now on; every other session ends."""

    async def work(tx: Tx) -> Renewed:
        await take_codes_away(tx, found.person.id)
        await end_other_sessions(tx, found.person.id, found.session.id)
        return await _renewed(tx, office, found.session)

    return await office.database.transact(work)


async def _renewed(tx: Tx, office: Office, session: Session, codes: tuple[str, ...] = ()) -> Renewed:
    token = office.hashes.new()
    await renew_session(tx, session, office.hashes.of(SESSION, token))
    return Renewed(token, codes)
