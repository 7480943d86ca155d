"""Granting credits, and ending tasks whose outcome nobody will learn any more."""

from typing import ClassVar

from msgspec import Struct

from apiinone.accounts.account_rows import Action, record
from apiinone.accounts.keys import Mode
from apiinone.control.desk import Command, Desk
from apiinone.control.key_commands import DAYS_MAX
from apiinone.core.clock import US_PER_DAY
from apiinone.core.credits import Credits
from apiinone.core.errors import BadRequest, Conflict, NotFound
from apiinone.db import Sql, Tx
from apiinone.ledger.grants import grant
from apiinone.tasks.lifecycle import FINAL, TaskState
from apiinone.tasks.moves import EndedByHand, Move, Moved
from apiinone.tasks.settle import apply_moves

_TASK = Sql("SELECT account_id, mode, state, deadline_us, held_micro FROM tasks WHERE id = $1")


class Granted(Struct, frozen=True):
    """A new lot, and what can be spent with it."""

    account_id: str
    mode: Mode
    lot_id: str
    granted: Credits
    available: Credits


class SettledByHand(Struct, frozen=True):
    """A task that an operator ended without charge, and what went back."""

    task_id: str
    state: TaskState
    released: Credits


class GrantCredits(Command[Granted], frozen=True, tag="credits.grant"):
    """Give an account a lot of credits. Raises NotFound, BadRequest for no amount or no reason.

    Test credits given by hand replace the daily refill of the test balance for good (`ledger/grants.py`).
    """

    answer: ClassVar[type[Granted]] = Granted
    account_id: str
    mode: Mode
    amount: Credits
    reason: str
    expires_days: int | None = None

    async def run(self, desk: Desk) -> Granted:
        """Give it."""
        if self.expires_days is not None and not 0 < self.expires_days <= DAYS_MAX:
            raise BadRequest(f"this is between 1 and {DAYS_MAX}", param="/expires_days")
        lot_id = desk.ids.new()

        async def work(tx: Tx) -> Credits:
            return await grant(
                tx,
                (self.account_id, self.mode),
                lot_id=lot_id,
                amount=self.amount,
                actor=desk.actor,
                reason=self.reason,
                expires_us=None if self.expires_days is None else tx.now_us + self.expires_days * US_PER_DAY,
            )

        available = await desk.database.transact(work)
        return Granted(self.account_id, self.mode, lot_id, self.amount, available)


class SettleTask(Command[SettledByHand], frozen=True, tag="tasks.settle"):
    """End an unknown or overdue task without charge. Raises NotFound, Conflict, BadRequest without a reason."""

    answer: ClassVar[type[SettledByHand]] = SettledByHand
    task_id: str
    reason: str

    async def run(self, desk: Desk) -> SettledByHand:
        """End it and write down why, in one transaction."""
        action = Action(desk.ids.new(), desk.actor, "tasks.settle", self.task_id, self.reason)

        async def work(tx: Tx) -> SettledByHand:
            row = await tx.row(_TASK, self.task_id)
            if row is None:
                raise NotFound("there is no such task")
            _refuse_healthy(row[2], overdue=row[3] <= tx.now_us)
            (outcome,) = await apply_moves(tx, [Move(self.task_id, (row[0], row[1]), EndedByHand(desk.actor))])
            if not isinstance(outcome, Moved):
                raise Conflict("the task has ended in the meantime")
            await record(tx, action)
            return SettledByHand(self.task_id, outcome.state, Credits(row[4]))

        settled = await desk.database.transact(work)
        desk.ended(self.task_id)
        return settled


def _refuse_healthy(state: TaskState, *, overdue: bool) -> None:
    if state in FINAL:
        raise Conflict(f"the task has ended ({state}); what was settled stays settled")
    if state != "unknown" and not overdue:
        raise Conflict(f"the task is {state} and within its deadline; only unknown or overdue tasks are ended by hand")
