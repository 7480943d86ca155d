"""Showing that an address is one's own: by its letter and, beside it, the password that one signed up with.

The password is asked for because somebody else may have signed up with this address: whoever only follows the letter
must not let them in.
"""

from msgspec import Struct

from apiinone.accounts.account_rows import account_by_email, begin_test_credits, open_account
from apiinone.core.ids import Ids
from apiinone.db import Tx
from apiinone.people.mail_links import Purpose, address_behind, look_at_link, use_link
from apiinone.people.member_rows import add_member, has_members, memberships_of
from apiinone.people.office import Office
from apiinone.people.person_rows import Person, confirm, locked_person, person_by_id
from apiinone.people.sign_in import SignedIn, SignIn, WrongPair, begin_session, checked_password
from apiinone.people.throttles import Throttled

NOWHERE = "account.invalid"
"""The domain of addresses that accounts have whose owner's address another account has."""


class LinkOver(Struct, frozen=True):
    """The link was used, replaced, or its time is over."""


Outcome = SignedIn | WrongPair | LinkOver | Throttled


async def confirm_address(office: Office, token: str, tried: SignIn) -> Outcome:
    """Confirm an address and sign its owner in. `tried.email` is not looked at. Raises Overloaded."""

    async def look(tx: Tx) -> Person | None:
        link = await look_at_link(tx, office.hashes, "verify", token)
        return None if link is None or link.person_id is None else await person_by_id(tx, link.person_id)

    person = await office.database.read(look)
    if person is None:
        return LinkOver()
    checked = await checked_password(office, person.email, tried)
    if not isinstance(checked, Person):
        return checked

    async def work(tx: Tx) -> Outcome:
        link = await use_link(tx, office.hashes, "verify", token)
        found = None if link is None else await locked_person(tx, person.id)
        if found is None or found.password_hash != checked.password_hash:
            return LinkOver()
        await make_confirmed(tx, office, found)
        return await begin_session(tx, office, found, tried)

    return await office.database.transact(work)


async def sent_to(office: Office, purpose: Purpose, token: str) -> str | None:
    """The address that a link was sent to; None where it is over. The link stays good."""

    async def look(tx: Tx) -> str | None:
        return await address_behind(tx, office.hashes, purpose, token)

    return await office.database.read(look)


async def make_confirmed(tx: Tx, office: Office, person: Person) -> None:
    """Note that the address is theirs, and give what waits for that: an account of their own, and test credits."""
    if not await confirm(tx, person.id):
        return
    if not await memberships_of(tx, person.id):
        await _settle_in(tx, office.ids, person)
    for membership in await memberships_of(tx, person.id):
        if membership.role == "owner":
            lot_id = office.ids.new()
            await begin_test_credits(tx, membership.account_id, lot_id=lot_id, test_credits=office.test_credits)


async def _settle_in(tx: Tx, ids: Ids, person: Person) -> None:
    """An account that an operator opened for this address is theirs; where others have that one, they get a new one."""
    account = await account_by_email(tx, person.email)
    if account is not None and account.closed_us is None and not await has_members(tx, account.id):
        await add_member(tx, account.id, person.id, "owner")
        return
    account_id = ids.new()
    email = person.email if account is None else f"{account_id}@{NOWHERE}"
    await open_account(tx, account_id=account_id, email=email, lot_id=ids.new(), test_credits=None, name=person.name)
    await add_member(tx, account_id, person.id, "owner")
