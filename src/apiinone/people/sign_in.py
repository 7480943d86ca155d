"""Signing in with address and password, and out again.

Whoever is not let in learns one thing only, that the pair is wrong, and learns it after the same work: a known address
with a wrong password and an unknown one cannot be told apart.
"""

from msgspec import Struct

from apiinone.db import Tx
from apiinone.people.email_address import NotAnAddress, read_address
from apiinone.people.member_rows import memberships_of
from apiinone.people.office import Office
from apiinone.people.person_rows import Person, locked_person, person_by_email, rehash_password
from apiinone.people.session_rows import AGENT_CHARACTERS_MAX, Session, add_session, end_session, end_sessions_of
from apiinone.people.sign_up import send_confirmation
from apiinone.people.throttles import (
    MAIL_PERSON,
    SIGN_IN_NETWORK,
    SIGN_IN_PERSON,
    Throttled,
    network_of,
    reset,
    take,
)

SESSION = "session"
"""The use of a session's hash."""


class SignIn(Struct, frozen=True):
    """What somebody tries with, and where from."""

    email: str
    password: str
    address: str
    """The network address."""
    agent: str
    """What the browser calls itself."""
    session_id: str | None = None
    """The session that this browser has so far; it ends with the new one."""

    def __repr__(self) -> str:
        """Nothing."""
        return "SignIn()"


class SignedIn(Struct, frozen=True):
    """A session has begun; `token` goes into its cookie and is kept nowhere. `code_due`: a code has yet to come."""

    token: str
    person: Person
    code_due: bool

    def __repr__(self) -> str:
        """Whose it is and nothing else."""
        return f"SignedIn({self.person.id})"


class WrongPair(Struct, frozen=True):
    """There is nobody with this address and this password."""


class Unconfirmed(Struct, frozen=True):
    """The pair is right; the address has yet to be confirmed, and a new letter is on its way."""


Outcome = SignedIn | WrongPair | Unconfirmed | Throttled


async def sign_in(office: Office, tried: SignIn) -> Outcome:
    """Begin a session for who these are. Raises Overloaded."""
    checked = await checked_password(office, tried.email, tried)
    if not isinstance(checked, Person):
        return checked

    async def work(tx: Tx) -> Outcome:
        person = await locked_person(tx, checked.id)
        if person is None or person.state != "active" or person.password_hash != checked.password_hash:
            return WrongPair()  # changed since the password was looked at
        if person.verified_us is None:
            if await take(tx, office.hashes, MAIL_PERSON, person.email) is None:
                await send_confirmation(tx, office, person)
            return Unconfirmed()
        return await begin_session(tx, office, person, tried)

    return await office.database.transact(work)


async def checked_password(office: Office, email: str, tried: SignIn) -> Person | WrongPair | Throttled:
    """Whose pair this is, as they were when it was looked at; tries are counted first. Raises Overloaded."""
    try:
        spelled = read_address(email)
    except NotAnAddress:
        spelled = ""

    async def look(tx: Tx) -> Person | Throttled | None:
        return await _counted(tx, office, spelled, tried.address) or await person_by_email(tx, spelled)

    found = await office.database.transact(look)
    if isinstance(found, Throttled):
        return found
    known = found if found is not None and found.state == "active" else None
    match = await office.passwords.match(None if known is None else known.password_hash, tried.password)
    if known is None or not match.right:
        return WrongPair()

    async def note(tx: Tx) -> Person | WrongPair:
        await reset(tx, office.hashes, SIGN_IN_PERSON, spelled)
        if match.rehashed is not None:
            await rehash_password(tx, known, match.rehashed)
        person = await person_by_email(tx, spelled)
        unchanged = person is not None and person.password_hash in (known.password_hash, match.rehashed)
        return person if person is not None and unchanged else WrongPair()

    return await office.database.transact(note)


async def _counted(tx: Tx, office: Office, spelled: str, address: str) -> Throttled | None:
    """Count a try of this network and of this person; what is no address is nobody's."""
    throttled = await take(tx, office.hashes, SIGN_IN_NETWORK, network_of(address))
    if throttled is None and spelled:
        throttled = await take(tx, office.hashes, SIGN_IN_PERSON, spelled)
    return throttled


async def begin_session(tx: Tx, office: Office, person: Person, tried: SignIn) -> SignedIn:
    """Begin a session; the one that this browser had before ends, so that no id from before stays good."""
    if tried.session_id is not None:
        await end_session(tx, tried.session_id)
    token = office.hashes.new()
    accounts = await memberships_of(tx, person.id)
    session = Session(
        id=office.hashes.of(SESSION, token),
        person_id=person.id,
        account_id=accounts[0].account_id if accounts else None,
        mode="test",
        agent="".join(one for one in tried.agent if one.isprintable())[:AGENT_CHARACTERS_MAX],
        totp_due=int(person.has_codes),
        created_us=tx.now_us,
        seen_us=tx.now_us,
        expires_us=tx.now_us,
        stepped_up_us=None if person.has_codes else tx.now_us,
    )
    await add_session(tx, session)
    return SignedIn(token, person, code_due=person.has_codes)


async def sign_out(office: Office, session_id: str) -> None:
    """End this session."""

    async def work(tx: Tx) -> bool:
        return await end_session(tx, session_id)

    await office.database.transact(work)


async def sign_out_everywhere(office: Office, person_id: str) -> int:
    """End all sessions of somebody; how many."""

    async def work(tx: Tx) -> int:
        return await end_sessions_of(tx, person_id)

    return await office.database.transact(work)
