"""Who belongs to an account: invited, given another role, removed. Somebody always owns it.

An invitation is good once and for seven days, for whoever has the address it was sent to, and gives no role above the
inviter's. Whoever is removed loses the sessions that are at the account, the keys they made there and
their budgets; whoever gets another role loses the sessions, and signs in again with what they may now.
"""

from msgspec import Struct

from apiinone.accounts.key_rows import revoke_keys_of_maker
from apiinone.core.errors import NotFound
from apiinone.db import Tx
from apiinone.ledger.budgets import of_member, set_own_budgets
from apiinone.people.confirm import LinkOver
from apiinone.people.email_address import read_address
from apiinone.people.mail_links import (
    MailLink,
    NewLink,
    drop_invitation,
    invitations_of,
    look_at_link,
    make_link,
    use_link,
)
from apiinone.people.member_rows import (
    MEMBERS_MAX,
    MemberRow,
    add_member,
    lock_members,
    members_of,
    owners_of,
    remove_member,
    role_in,
    set_role,
)
from apiinone.people.office import Office
from apiinone.people.person_rows import Person, person_by_email
from apiinone.people.roles import ADMINS, Role, at_most
from apiinone.people.session_rows import end_sessions_in, go_to_account
from apiinone.people.sign_up import LetterSent
from apiinone.people.throttles import MAIL_PERSON, Throttled, take

INVITATION_PATH = "/invitation"
INVITATIONS_MAX = 100
"""Open at once, of one account."""


class Acting(Struct, frozen=True):
    """Who does something to an account's members, as what."""

    account_id: str
    account_title: str
    person: Person
    role: Role


class Done(Struct, frozen=True):
    """It was done."""


class NotYours(Struct, frozen=True):
    """Their role does not go so far."""


class LastOwner(Struct, frozen=True):
    """The account would be left without an owner."""


class Full(Struct, frozen=True):
    """The account has as many members or open invitations as it may."""


class IsMember(Struct, frozen=True):
    """Whoever has this address belongs to the account already."""


class OtherAddress(Struct, frozen=True):
    """The invitation was sent to another address than that of who is signed in."""

    email: str


async def members_and_invitations(tx: Tx, account_id: str) -> tuple[list[MemberRow], list[MailLink]]:
    """Who belongs to the account, and who is invited."""
    return await members_of(tx, account_id), await invitations_of(tx, account_id)


async def invite(
    office: Office, acting: Acting, email: str, role: Role
) -> LetterSent | NotYours | Full | IsMember | Throttled:
    """Invite an address; an invitation of before gives way to this one. Raises NotAnAddress."""
    spelled = read_address(email)

    async def work(tx: Tx) -> LetterSent | NotYours | Full | IsMember | Throttled:
        own = await _role_now(tx, acting)
        if own not in ADMINS or not at_most(role, own):
            return NotYours()
        members = await members_of(tx, acting.account_id)
        if spelled in {member.email for member in members}:
            return IsMember()
        await drop_invitation(tx, acting.account_id, spelled)
        if len(members) >= MEMBERS_MAX or len(await invitations_of(tx, acting.account_id)) >= INVITATIONS_MAX:
            return Full()
        throttled = await take(tx, office.hashes, MAIL_PERSON, spelled)
        if throttled is not None:
            return throttled
        link = NewLink("invite", spelled, acting.person.id, acting.account_id, role)
        token = await make_link(tx, office.hashes, link)
        known = await person_by_email(tx, spelled)
        language = acting.person.language if known is None else known.language
        facts = {
            "link": office.link(INVITATION_PATH, token),
            "inviter": acting.person.name or acting.person.email,
            "account": acting.account_title,
        }
        await office.outbox.put(tx, office.letter_to("invite", spelled, language, facts))
        return LetterSent(spelled)

    return await office.database.transact(work)


async def withdraw_invitation(office: Office, acting: Acting, email: str) -> None:
    """Have an open invitation open nothing. Raises NotFound."""

    async def work(tx: Tx) -> None:
        if not await drop_invitation(tx, acting.account_id, email):
            raise NotFound("There is no such invitation.")

    await office.database.transact(work)


async def invitation(office: Office, token: str) -> MailLink | None:
    """What an invitation is for, while it is good; looking changes nothing."""

    async def look(tx: Tx) -> MailLink | None:
        link = await look_at_link(tx, office.hashes, "invite", token)
        return link if link is not None and await _still_meant(tx, link) else None

    return await office.database.read(look)


async def accept(office: Office, person: Person, session_id: str, token: str) -> Done | LinkOver | OtherAddress | Full:
    """Join the account that one was invited to; the session looks at it from now on."""

    async def work(tx: Tx) -> Done | LinkOver | OtherAddress | Full:
        link = await look_at_link(tx, office.hashes, "invite", token)
        if link is None or link.account_id is None:
            return LinkOver()
        if link.email != person.email:
            return OtherAddress(link.email)
        joined = await join(tx, office, person.id, token)
        if isinstance(joined, Done):
            await go_to_account(tx, session_id, link.account_id)
        return joined

    return await office.database.transact(work)


async def join(tx: Tx, office: Office, person_id: str, token: str) -> Done | LinkOver | Full:
    """Use an invitation up for somebody whose address was compared with it."""
    link = await use_link(tx, office.hashes, "invite", token)
    if link is None or link.account_id is None or link.role is None or not await _still_meant(tx, link):
        return LinkOver()
    await lock_members(tx, link.account_id)
    if len(await members_of(tx, link.account_id)) >= MEMBERS_MAX:
        return Full()
    await add_member(tx, link.account_id, person_id, link.role)
    return Done()


async def change_role(office: Office, acting: Acting, person_id: str, role: Role) -> Done | NotYours | LastOwner:
    """Give a member another role. Raises NotFound for who does not belong to the account."""

    async def work(tx: Tx) -> Done | NotYours | LastOwner:
        own, theirs = await _both_roles(tx, acting, person_id)
        if own not in ADMINS or not at_most(role, own) or not at_most(theirs, own):
            return NotYours()
        if role != "owner" and await owners_of(tx, acting.account_id) == [person_id]:
            return LastOwner()
        await set_role(tx, acting.account_id, person_id, role)
        await end_sessions_in(tx, person_id, acting.account_id)
        return Done()

    return await office.database.transact(work)


async def remove(office: Office, acting: Acting, person_id: str) -> Done | NotYours | LastOwner:
    """Take a member out; whoever wants to may take themselves out. Raises NotFound, as above."""

    async def work(tx: Tx) -> Done | NotYours | LastOwner:
        own, theirs = await _both_roles(tx, acting, person_id)
        if person_id != acting.person.id and (own not in ADMINS or not at_most(theirs, own)):
            return NotYours()
        if await owners_of(tx, acting.account_id) == [person_id]:
            return LastOwner()
        await remove_member(tx, acting.account_id, person_id)
        await end_sessions_in(tx, person_id, acting.account_id)
        await revoke_keys_of_maker(tx, acting.account_id, person_id)
        await set_own_budgets(tx, of_member(acting.account_id, person_id), None, None)
        return Done()

    return await office.database.transact(work)


async def _both_roles(tx: Tx, acting: Acting, person_id: str) -> tuple[Role, Role]:
    """What who acts and who it is about are now, with the account's members locked. Raises NotFound."""
    await lock_members(tx, acting.account_id)
    theirs = await role_in(tx, acting.account_id, person_id)
    own = await role_in(tx, acting.account_id, acting.person.id)
    if theirs is None or own is None:
        raise NotFound("There is no such member.")
    return own, theirs


async def _role_now(tx: Tx, acting: Acting) -> Role | None:
    await lock_members(tx, acting.account_id)
    return await role_in(tx, acting.account_id, acting.person.id)


async def _still_meant(tx: Tx, link: MailLink) -> bool:
    """Whether who invited may still give this role: an invitation ends with its inviter's right to make it."""
    if link.account_id is None or link.person_id is None or link.role is None:
        return False
    role = await role_in(tx, link.account_id, link.person_id)
    return role is not None and role in ADMINS and at_most(link.role, role)
