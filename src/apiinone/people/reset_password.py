"""A forgotten password: a letter to the address, if it is known here; then a new password ends every session.

Who asks learns nothing of whether the address is known. A code that somebody signs in with stays in force.
"""

from msgspec import Struct

from apiinone.db import Tx
from apiinone.people.confirm import LinkOver, make_confirmed, sent_to
from apiinone.people.email_address import read_address
from apiinone.people.mail_links import NewLink, drop_all_links_of, drop_links_of, make_link, use_link
from apiinone.people.office import Office
from apiinone.people.passwords import refuse_weak
from apiinone.people.person_rows import locked_person, person_by_email, set_password
from apiinone.people.session_rows import end_sessions_of
from apiinone.people.sign_up import LetterSent
from apiinone.people.throttles import (
    MAIL_NETWORK,
    MAIL_PERSON,
    SIGN_IN_PERSON,
    Throttled,
    network_of,
    reset,
    take,
)

RESET_PATH = "/new-password"


class PasswordSet(Struct, frozen=True):
    """The new password is in force, and nobody is signed in with the old one any more."""


async def ask_for_reset(office: Office, email: str, address: str) -> LetterSent | Throttled:
    """Send a link to whoever has this address, if anybody has. Raises NotAnAddress."""
    spelled = read_address(email)

    async def work(tx: Tx) -> LetterSent | Throttled:
        throttled = await take(tx, office.hashes, MAIL_NETWORK, network_of(address))
        if throttled is not None:
            return throttled
        person = await person_by_email(tx, spelled)
        if await take(tx, office.hashes, MAIL_PERSON, spelled) is None and person is not None:
            await drop_links_of(tx, person.id, "reset")
            token = await make_link(tx, office.hashes, NewLink("reset", person.email, person.id))
            facts = {"link": office.link(RESET_PATH, token)}
            await office.outbox.put(tx, office.letter("reset", person, facts))
        return LetterSent(spelled)

    return await office.database.transact(work)


async def set_forgotten_password(office: Office, token: str, password: str) -> PasswordSet | LinkOver:
    """Put a new password in force; who could read the letter has the address. Raises WeakPassword, Overloaded."""
    email = await sent_to(office, "reset", token)
    if email is None:
        return LinkOver()
    refuse_weak(password, email)
    password_hash = await office.passwords.hash(password)

    async def work(tx: Tx) -> PasswordSet | LinkOver:
        link = await use_link(tx, office.hashes, "reset", token)
        person = None if link is None or link.person_id is None else await locked_person(tx, link.person_id)
        if person is None or link is None or person.email != link.email:
            return LinkOver()
        await set_password(tx, person.id, password_hash)
        await end_sessions_of(tx, person.id)
        await drop_all_links_of(tx, person.id)
        await make_confirmed(tx, office, person)
        await reset(tx, office.hashes, SIGN_IN_PERSON, person.email)
        return PasswordSet()

    return await office.database.transact(work)
