"""Who an OpenID provider names, here: signed in, added to a person, or made one.

A person is found by issuer and subject and by nothing else: an address may be given to somebody else one day. So an
identity is added to a known person only by that person, signed in, who has just shown who they are. Where somebody
signed up with the address and never confirmed it, the provider has: that sign-up's password and sessions are void.
"""

from msgspec import Struct

from apiinone.db import Sql, Tx
from apiinone.people.confirm import make_confirmed
from apiinone.people.email_address import NotAnAddress, read_address
from apiinone.people.mail_links import drop_all_links_of
from apiinone.people.office import Office
from apiinone.people.outside import Identity
from apiinone.people.person_rows import NewPerson, Person, add_person, locked_person, person_by_email
from apiinone.people.session_rows import Found, end_sessions_of
from apiinone.people.sign_in import SignedIn, SignIn, begin_session
from apiinone.people.sign_up import NAME_CHARACTERS_MAX

_FIND = Sql("SELECT person_id FROM identities WHERE issuer = $1 AND subject = $2")
_ADD = Sql(
    "INSERT INTO identities (issuer, subject, person_id, created_us) VALUES ($1, $2, $3, $4)"
    " ON CONFLICT (issuer, subject) DO NOTHING"
)
_OF_PERSON = Sql("SELECT issuer, created_us FROM identities WHERE person_id = $1 ORDER BY created_us")
_DROP = Sql("DELETE FROM identities WHERE person_id = $1")
_VOID_PASSWORD = Sql("UPDATE people SET password_hash = NULL WHERE id = $1 AND verified_us IS NULL")


class NoAddress(Struct, frozen=True):
    """The provider names no address that it has verified."""


class KnownOtherwise(Struct, frozen=True):
    """Somebody here has this address: they sign in as they do, and add the identity then."""


class NotOpen(Struct, frozen=True):
    """Whoever it is would be new here, and nobody may sign up."""


class Suspended(Struct, frozen=True):
    """The person may not sign in."""


class Added(Struct, frozen=True):
    """The identity is the person's from now on."""


class SomebodyElses(Struct, frozen=True):
    """The identity is another person's."""


class NotJustNow(Struct, frozen=True):
    """They have to show first who they are."""


class Dropped(Struct, frozen=True):
    """The identities are nobody's any more."""


class StillNeeded(Struct, frozen=True):
    """Without it nobody could sign in as this person: a password has to be set first."""


class IdentityRow(Struct, frozen=True):
    """An identity of a person, as a list shows it."""

    issuer: str
    created_us: int


Outcome = SignedIn | NoAddress | KnownOtherwise | NotOpen | Suspended


async def sign_in_outside(office: Office, identity: Identity, language: str, tried: SignIn) -> Outcome:
    """Begin a session for whoever this is."""
    try:
        email = read_address(identity.email) if identity.email_verified else ""
    except NotAnAddress:
        email = ""

    async def work(tx: Tx) -> Outcome:
        row = await tx.row(_FIND, identity.issuer, identity.subject)
        person = None if row is None else await locked_person(tx, row[0])
        if person is None:
            if not email:
                return NoAddress()
            name = identity.name.strip()[:NAME_CHARACTERS_MAX] or email.partition("@")[0]
            found = await _newly_here(tx, office, NewPerson(office.ids.new(), email, name, None, language))
            if not isinstance(found, Person):
                return found
            person = found
            await tx.run(_ADD, identity.issuer, identity.subject, person.id, tx.now_us)
        if person.state != "active":
            return Suspended()
        return await begin_session(tx, office, person, tried)

    return await office.database.transact(work)


async def add_identity(office: Office, found: Found, identity: Identity) -> Added | SomebodyElses | NotJustNow:
    """Add an identity to who is signed in."""

    async def work(tx: Tx) -> Added | SomebodyElses | NotJustNow:
        if not found.session.stepped_up(tx.now_us):
            return NotJustNow()
        await tx.run(_ADD, identity.issuer, identity.subject, found.person.id, tx.now_us)
        row = await tx.row(_FIND, identity.issuer, identity.subject)
        return Added() if row is not None and row[0] == found.person.id else SomebodyElses()

    return await office.database.transact(work)


async def drop_identities(office: Office, person_id: str) -> Dropped | StillNeeded:
    """Take the identities of a person away, unless they sign in with nothing else."""

    async def work(tx: Tx) -> Dropped | StillNeeded:
        person = await locked_person(tx, person_id)
        if person is None or person.password_hash is None:
            return StillNeeded()
        await tx.run(_DROP, person_id)
        return Dropped()

    return await office.database.transact(work)


async def identities_of(tx: Tx, person_id: str) -> list[IdentityRow]:
    """What somebody signs in with besides the password."""
    return [IdentityRow(*row) for row in await tx.rows(_OF_PERSON, person_id)]


async def _newly_here(tx: Tx, office: Office, new: NewPerson) -> Person | KnownOtherwise | NotOpen:
    """Somebody whose identity nobody here has; the provider has shown whose address it is."""
    known = await person_by_email(tx, new.email)
    if known is not None and known.verified_us is not None:
        return KnownOtherwise()
    if known is None and office.sign_up_now != "open":
        return NotOpen()
    await add_person(tx, new)
    person = await person_by_email(tx, new.email)
    if person is None or person.verified_us is not None:
        return KnownOtherwise()
    await tx.run(_VOID_PASSWORD, person.id)
    await end_sessions_of(tx, person.id)
    await drop_all_links_of(tx, person.id)
    await make_confirmed(tx, office, person)
    return await locked_person(tx, person.id) or KnownOtherwise()
