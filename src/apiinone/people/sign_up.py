"""Signing up: a person, their account and their place in it, in one transaction; a letter shows whose address it is.

The answer is the same whoever asks: that an address is known here is told to its owner alone, by a letter.
"""

from msgspec import Struct

from apiinone.accounts.account_rows import account_by_email, open_account
from apiinone.db import Tx
from apiinone.people.email_address import read_address
from apiinone.people.mail_links import NewLink, drop_links_of, make_link
from apiinone.people.member_rows import add_member
from apiinone.people.office import Office
from apiinone.people.passwords import refuse_weak
from apiinone.people.person_rows import NewPerson, Person, add_person, person_by_email, renew_unconfirmed
from apiinone.people.throttles import MAIL_NETWORK, MAIL_PERSON, Throttled, network_of, take

NAME_CHARACTERS_MAX = 80
CONFIRM_PATH = "/confirm"


class SignUp(Struct, frozen=True):
    """What somebody says of themselves."""

    name: str
    email: str
    password: str
    language: str
    address: str
    """The network address it came from."""

    def __repr__(self) -> str:
        """Nothing."""
        return "SignUp()"


class LetterSent(Struct, frozen=True):
    """A letter is on its way, to be followed from there; `email` is the address in its one spelling."""

    email: str


class NotOpen(Struct, frozen=True):
    """Nobody can sign up here, or only who was invited."""


Outcome = LetterSent | NotOpen | Throttled


async def sign_up(office: Office, wanted: SignUp) -> Outcome:
    """Do it. Raises NotAnAddress, WeakPassword, Overloaded."""
    if office.sign_up != "open":
        return NotOpen()
    email = read_address(wanted.email)
    refuse_weak(wanted.password, email)
    password_hash = await office.passwords.hash(wanted.password)
    new = NewPerson(office.ids.new(), email, wanted.name.strip()[:NAME_CHARACTERS_MAX], password_hash, wanted.language)
    account_id, lot_id = office.ids.new(), office.ids.new()

    async def work(tx: Tx) -> Outcome:
        throttled = await take(tx, office.hashes, MAIL_NETWORK, network_of(wanted.address))
        if throttled is not None:
            return throttled
        if await take(tx, office.hashes, MAIL_PERSON, email) is None:
            await _enter(tx, office, new, (account_id, lot_id))
        return LetterSent(email)

    return await office.database.transact(work)


async def send_confirmation(tx: Tx, office: Office, person: Person) -> None:
    """Send a letter with a link that shows whose address it is; links sent before open nothing any more."""
    await drop_links_of(tx, person.id, "verify")
    token = await make_link(tx, office.hashes, NewLink("verify", person.email, person.id))
    facts = {"link": office.link(CONFIRM_PATH, token)}
    await office.outbox.put(tx, office.letter("verify", person, facts))


async def _enter(tx: Tx, office: Office, new: NewPerson, ids: tuple[str, str]) -> None:
    """Store somebody new, or write to who has the address already."""
    account_id, lot_id = ids
    if await add_person(tx, new) and await account_by_email(tx, new.email) is None:
        await open_account(tx, account_id=account_id, email=new.email, lot_id=lot_id, test_credits=None, name=new.name)
        await add_member(tx, account_id, new.id, "owner")
    person = await person_by_email(tx, new.email)
    if person is None:
        return  # who had the address was forgotten in this moment
    if person.verified_us is not None:
        facts = {"link": f"{office.base_url}/sign-in", "reset_link": f"{office.base_url}/forgotten"}
        await office.outbox.put(tx, office.letter("known", person, facts))
        return
    if person.id != new.id and new.password_hash is not None:
        await renew_unconfirmed(tx, person.id, new.name, new.password_hash)
    await send_confirmation(tx, office, person)
