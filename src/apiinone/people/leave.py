"""Leaving: a person is erased; accounts that nobody else belongs to are closed, and what they hold is cleared later.

Money rows stay; they hold ids, which lead to nobody any more.
"""

from msgspec import Struct

from apiinone.accounts.account_rows import close_account
from apiinone.accounts.key_rows import revoke_keys_of_account, revoke_keys_of_maker
from apiinone.db import Tx
from apiinone.ledger.budgets import of_member, set_own_budgets
from apiinone.people.forget import erase_person
from apiinone.people.member_rows import alone_in, lock_members, memberships_of, owners_of
from apiinone.people.office import Office
from apiinone.people.session_rows import Found


class Erased(Struct, frozen=True):
    """Nothing of the person is left; these accounts are closed."""

    closed: tuple[str, ...]


class StillNeeded(Struct, frozen=True):
    """Others belong to this account and would be left without an owner."""

    title: str


class NotJustNow(Struct, frozen=True):
    """They have to show first who they are."""


async def leave(office: Office, found: Found) -> Erased | StillNeeded | NotJustNow:
    """Erase somebody who asks for it."""

    async def work(tx: Tx) -> Erased | StillNeeded | NotJustNow:
        person = found.person
        if not found.session.stepped_up(tx.now_us):
            return NotJustNow()
        memberships = await memberships_of(tx, person.id)
        for membership in memberships:
            await lock_members(tx, membership.account_id)
        alone = await alone_in(tx, person.id)
        for membership in memberships:
            owners = await owners_of(tx, membership.account_id)
            if membership.account_id not in alone and owners == [person.id]:
                return StillNeeded(membership.title)
            await revoke_keys_of_maker(tx, membership.account_id, person.id)
            await set_own_budgets(tx, of_member(membership.account_id, person.id), None, None)
        for account_id in alone:
            await revoke_keys_of_account(tx, account_id)
            await close_account(tx, account_id)
        await erase_person(tx, person.id, person.email)
        return Erased(tuple(alone))

    return await office.database.transact(work)
