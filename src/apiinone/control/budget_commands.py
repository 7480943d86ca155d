"""Setting what an account, or one of its members, may spend."""

from typing import ClassVar

from msgspec import Struct

from apiinone.accounts.account_rows import Action, account_by_id, record
from apiinone.control.desk import Command, Desk
from apiinone.core.credits import Credits
from apiinone.core.errors import NotFound
from apiinone.db import Tx
from apiinone.ledger.budgets import of_account, set_own_budgets
from apiinone.people.member_budgets import set_member_budgets


class BudgetsSet(Struct, frozen=True):
    """Whose budgets they are, and what they are now; None: there is none."""

    account_id: str
    member_id: str | None
    day: Credits | None
    month: Credits | None


class SetBudgets(Command[BudgetsSet], frozen=True, tag="budgets.set"):
    """Replace the budgets of an account, or of one of its members. Raises NotFound, BadRequest without a reason."""

    answer: ClassVar[type[BudgetsSet]] = BudgetsSet
    account_id: str
    reason: str
    member_id: str | None = None
    day: Credits | None = None
    month: Credits | None = None

    async def run(self, desk: Desk) -> BudgetsSet:
        """Set them."""
        action = Action(desk.ids.new(), desk.actor, "budgets.set", self.member_id or self.account_id, self.reason)

        async def work(tx: Tx) -> None:
            if await account_by_id(tx, self.account_id) is None:
                raise NotFound("there is no such account")
            if self.member_id is None:
                await set_own_budgets(tx, of_account(self.account_id), self.day, self.month)
            else:
                await set_member_budgets(tx, self.account_id, None, self.member_id, (self.day, self.month))
            await record(tx, action)

        await desk.database.transact(work)
        return BudgetsSet(self.account_id, self.member_id, self.day, self.month)
