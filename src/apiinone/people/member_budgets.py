"""What a member may spend in a day and a month: by keys they made, and signed in. It ends with the membership.

Nobody but an owner raises a budget of their own or of who may as much as they.
"""

from apiinone.core.credits import Credits
from apiinone.core.errors import NotFound
from apiinone.db import Tx
from apiinone.ledger.budgets import OwnBudgets, of_member, own_budgets, set_own_budgets
from apiinone.people.member_rows import MemberRow, lock_members, members_of, role_in
from apiinone.people.members import Done, NotYours
from apiinone.people.roles import Role, sets_budget


async def member_budgets(tx: Tx, account_id: str, members: list[MemberRow]) -> dict[str, OwnBudgets]:
    """The budgets of these members, by person."""
    names = {one.person_id: of_member(account_id, one.person_id) for one in members}
    found = await own_budgets(tx, names.values())
    return {person_id: found[whose] for person_id, whose in names.items()}


async def members_with_budgets(tx: Tx, account_id: str) -> list[tuple[MemberRow, OwnBudgets]]:
    """Everybody who belongs to an account, each with their budgets."""
    members = await members_of(tx, account_id)
    budgets = await member_budgets(tx, account_id, members)
    return [(one, budgets[one.person_id]) for one in members]


async def set_member_budgets(
    tx: Tx, account_id: str, actor_id: str | None, person_id: str, limits: tuple[Credits | None, Credits | None]
) -> Done | NotYours:
    """Replace a member's budgets of a day and a month. Raises NotFound for who does not belong to the account.

    `actor_id` is the member who does it; None: an operator, or a key that an operator made.
    """
    await lock_members(tx, account_id)
    theirs = await role_in(tx, account_id, person_id)
    own: Role | None = "owner" if actor_id is None else await role_in(tx, account_id, actor_id)
    if theirs is None or own is None:
        raise NotFound("There is no such member.")
    if not sets_budget(theirs, own):
        return NotYours()
    await set_own_budgets(tx, of_member(account_id, person_id), *limits)
    return Done()
