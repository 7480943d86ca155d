"""What may be spent in a day and a month: by all live keys of an account, and by each of its members."""

from collections.abc import Iterable
from typing import assert_never

from msgspec import Struct

from apiinone.accounts.callers import Caller
from apiinone.api.answer import Answer, success
from apiinone.api.billing_wishes import Count, credits_of, refuse_test, shown_or_none
from apiinone.api.call import Call
from apiinone.api.house import House
from apiinone.api.model_forms import Amount
from apiinone.api.typed_body import read_typed
from apiinone.core.errors import NotFound, PermissionDenied
from apiinone.core.ids import is_id
from apiinone.db import Tx
from apiinone.ledger.budgets import Budget, OwnBudgets, of_account, own_budgets, set_own_budgets
from apiinone.people.member_budgets import members_with_budgets, set_member_budgets
from apiinone.people.members import Done, NotYours
from apiinone.people.roles import Role


class BudgetsBody(Struct, frozen=True, forbid_unknown_fields=True):
    """What may be spent with live keys in a UTC day and month; null: no such limit."""

    day: Count | None = None
    month: Count | None = None


class BudgetsPage(Struct, frozen=True):
    """Budgets, and what is left of each in the present period."""

    day: Amount | None
    day_left: Amount | None
    month: Amount | None
    month_left: Amount | None


class MemberBudgetsPage(Struct, frozen=True):
    """A member of the account, and what they may spend: signed in, and with keys they made."""

    member_id: str
    email: str
    role: Role
    budgets: BudgetsPage


class MembersPage(Struct, frozen=True):
    """Everybody who belongs to the account."""

    members: tuple[MemberBudgetsPage, ...]


async def show_budgets(house: House, call: Call, caller: Caller) -> Answer:
    """The account's own budgets."""
    del call
    return success(await _budgets(house, caller))


async def change_budgets(house: House, call: Call, caller: Caller) -> Answer:
    """Replace them. They count what is held from now on."""
    body = await read_typed(call, BudgetsBody)
    refuse_test(caller)
    whose, limits = of_account(caller.account_id), (credits_of(body.day), credits_of(body.month))
    await house.context.database.transact(lambda tx: set_own_budgets(tx, whose, *limits))
    return success(await _budgets(house, caller))


async def show_member_budgets(house: House, call: Call, caller: Caller) -> Answer:
    """The budgets of everybody who belongs to the account."""
    del call
    return success(await _members(house, caller))


async def change_member_budgets(house: House, call: Call, caller: Caller) -> Answer:
    """Replace a member's. A key decides about whom its maker may decide. Raises NotFound, PermissionDenied."""
    body, member_id = await read_typed(call, BudgetsBody), call.ids["member_id"]
    refuse_test(caller)
    if not is_id(member_id):
        raise NotFound("There is no such member.", param="member_id")
    limits = (credits_of(body.day), credits_of(body.month))

    async def work(tx: Tx) -> Done | NotYours:
        return await set_member_budgets(tx, caller.account_id, caller.member_id, member_id, limits)

    outcome = await house.context.database.transact(work)
    match outcome:
        case Done():
            return success(await _members(house, caller))
        case NotYours():
            raise PermissionDenied("Whoever made this key does not decide what this member may spend.")
        case _:
            assert_never(outcome)


async def _budgets(house: House, caller: Caller) -> BudgetsPage:
    if caller.mode == "test":
        return _page(OwnBudgets())
    whose = of_account(caller.account_id)
    return _page((await house.context.database.read(lambda tx: own_budgets(tx, [whose])))[whose])


async def _members(house: House, caller: Caller) -> MembersPage:
    if caller.mode == "test":
        return MembersPage(())
    found = await house.context.database.read(lambda tx: members_with_budgets(tx, caller.account_id))
    return MembersPage(
        tuple(MemberBudgetsPage(one.person_id, one.email, one.role, _page(budgets)) for one, budgets in found)
    )


def _page(budgets: OwnBudgets) -> BudgetsPage:
    return BudgetsPage(*_amounts(budgets.day), *_amounts(budgets.month))


def _amounts(budget: Budget | None) -> Iterable[Amount | None]:
    return (None, None) if budget is None else (shown_or_none(budget.limit), shown_or_none(budget.left))
