"""Opening and suspending accounts."""

from typing import ClassVar

from msgspec import Struct

from apiinone.accounts.account_rows import Account, Action, open_account, set_suspended
from apiinone.control.desk import Command, Desk
from apiinone.core.credits import Credits
from apiinone.db import Tx


class Opened(Struct, frozen=True):
    """A new account with its daily test credits."""

    account_id: str
    email: str
    test_credits: Credits


class AccountState(Struct, frozen=True):
    """An account as it stands now: `active` or `suspended`."""

    account_id: str
    email: str
    state: str


class OpenAccount(Command[Opened], frozen=True, tag="accounts.create"):
    """Open an account. Raises BadRequest for what is no e-mail address, Conflict where it is taken."""

    answer: ClassVar[type[Opened]] = Opened
    email: str

    async def run(self, desk: Desk) -> Opened:
        """Open it."""
        account_id, lot_id = desk.ids.new(), desk.ids.new()
        level = desk.test_credits_per_day

        async def work(tx: Tx) -> Account:
            return await open_account(tx, account_id=account_id, email=self.email, lot_id=lot_id, test_credits=level)

        account = await desk.database.transact(work)
        return Opened(account.id, account.email, level)


class Suspend(Command[AccountState], frozen=True, tag="accounts.suspend"):
    """Suspend an account, or let it go on. Raises NotFound, BadRequest without a reason."""

    answer: ClassVar[type[AccountState]] = AccountState
    account_id: str
    suspended: bool
    reason: str

    async def run(self, desk: Desk) -> AccountState:
        """Do it, and write it down."""
        name = "accounts.suspend" if self.suspended else "accounts.resume"
        action = Action(desk.ids.new(), desk.actor, name, self.account_id, self.reason)

        async def work(tx: Tx) -> Account:
            return await set_suspended(tx, self.account_id, action, suspended=self.suspended)

        account = await desk.database.transact(work)
        return AccountState(account.id, account.email, account.state)
