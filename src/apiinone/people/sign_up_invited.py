"""Signing up by an invitation: the letter has shown whose address it is, and its account is joined at once."""

from apiinone.db import Tx
from apiinone.people.confirm import LinkOver, make_confirmed
from apiinone.people.mail_links import look_at_link
from apiinone.people.members import Done, Full, join
from apiinone.people.office import Office
from apiinone.people.passwords import refuse_weak
from apiinone.people.person_rows import NewPerson, add_person, person_by_email, renew_unconfirmed
from apiinone.people.sign_in import SignedIn, SignIn, begin_session
from apiinone.people.sign_up import NAME_CHARACTERS_MAX, NotOpen

Outcome = SignedIn | LinkOver | Full | NotOpen


async def sign_up_invited(office: Office, token: str, name: str, language: str, tried: SignIn) -> Outcome:
    """Make a person of who was invited, and sign them in; who is known here signs in and accepts instead.

    Raises WeakPassword, Overloaded.
    """
    if office.sign_up_now == "closed":
        return NotOpen()

    async def look(tx: Tx) -> str | None:
        link = await look_at_link(tx, office.hashes, "invite", token)
        return None if link is None else link.email

    email = await office.database.read(look)
    if email is None:
        return LinkOver()
    refuse_weak(tried.password, email)
    password_hash = await office.passwords.hash(tried.password)
    new = NewPerson(office.ids.new(), email, name.strip()[:NAME_CHARACTERS_MAX], password_hash, language)

    async def work(tx: Tx) -> Outcome:
        await add_person(tx, new)
        person = await person_by_email(tx, email)
        if person is None or person.verified_us is not None:
            return LinkOver()
        joined = await join(tx, office, person.id, token)
        if not isinstance(joined, Done):
            return joined
        await renew_unconfirmed(tx, person.id, new.name, password_hash)
        await make_confirmed(tx, office, person)
        return await begin_session(tx, office, person, tried)

    return await office.database.transact(work)
