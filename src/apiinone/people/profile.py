"""What somebody says of themselves, and their address, which moves once the new one has answered."""

from msgspec import Struct

from apiinone.accounts.account_rows import move_account_address
from apiinone.db import Sql, Tx
from apiinone.people.confirm import LinkOver
from apiinone.people.email_address import read_address
from apiinone.people.mail_links import NewLink, drop_links_of, drop_links_to, make_link, use_link
from apiinone.people.member_rows import memberships_of
from apiinone.people.office import Office
from apiinone.people.person_rows import Person, locked_person, person_by_email
from apiinone.people.sign_up import LetterSent
from apiinone.people.throttles import MAIL_NETWORK, MAIL_PERSON, Throttled, network_of, take

CHANGE_PATH = "/change-address"
_SET = Sql("UPDATE people SET name = $1, language = $2, time_zone = $3 WHERE id = $4")
_MOVE = Sql("UPDATE people SET email = $1 WHERE id = $2 AND NOT EXISTS (SELECT 1 FROM people o WHERE o.email = $1)")


class Profile(Struct, frozen=True):
    """What somebody says of themselves."""

    name: str
    language: str
    time_zone: str


class AddressChanged(Struct, frozen=True):
    """The address is this one now; a letter to the one before says so."""

    email: str


async def set_profile(office: Office, person_id: str, profile: Profile) -> None:
    """Store it; it was looked at before."""

    async def work(tx: Tx) -> None:
        await tx.run(_SET, profile.name, profile.language, profile.time_zone, person_id)

    await office.database.transact(work)


async def ask_for_new_address(office: Office, person: Person, email: str, address: str) -> LetterSent | Throttled:
    """Send a link to the new address; one that somebody else has gets none, and nobody is told. Raises NotAnAddress."""
    spelled = read_address(email)

    async def work(tx: Tx) -> LetterSent | Throttled:
        throttled = await take(tx, office.hashes, MAIL_NETWORK, network_of(address))
        if throttled is not None:
            return throttled
        free = await person_by_email(tx, spelled) is None
        if await take(tx, office.hashes, MAIL_PERSON, spelled) is None and free:
            await drop_links_of(tx, person.id, "change_address")
            token = await make_link(tx, office.hashes, NewLink("change_address", spelled, person.id))
            facts = {"name": person.name, "link": office.link(CHANGE_PATH, token)}
            await office.outbox.put(tx, office.letter_to("change_address", spelled, person.language, facts))
        return LetterSent(spelled)

    return await office.database.transact(work)


async def change_address(office: Office, token: str) -> AddressChanged | LinkOver:
    """Move to the address that the link was sent to; accounts of theirs that had the old one move along."""

    async def work(tx: Tx) -> AddressChanged | LinkOver:
        link = await use_link(tx, office.hashes, "change_address", token)
        person = None if link is None or link.person_id is None else await locked_person(tx, link.person_id)
        if link is None or person is None or not await tx.run(_MOVE, link.email, person.id):
            return LinkOver()
        for membership in await memberships_of(tx, person.id):
            if membership.role == "owner" and membership.account_email == person.email:
                await move_account_address(tx, membership.account_id, link.email)
        await drop_links_to(tx, person.email)
        await office.outbox.put(tx, office.letter("address_changed", person, {"new_email": link.email}))
        return AddressChanged(link.email)

    return await office.database.transact(work)
