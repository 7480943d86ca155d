"""Changing balances by hand: the larger ones take two operators."""

from typing import ClassVar

from msgspec import Struct

from apiinone.accounts.account_rows import Action
from apiinone.accounts.adjustment_rows import AGREED, ASKED, REFUSED, Adjustment, State, adjust, decide
from apiinone.accounts.keys import Mode
from apiinone.control.desk import Command, Desk
from apiinone.db import Tx


class Adjusted(Struct, frozen=True):
    """How a change of a balance stands; `amount` in micro-credits, negative where they are taken back."""

    adjustment_id: str
    account_id: str
    mode: Mode
    amount: int
    state: State


class AdjustCredits(Command[Adjusted], frozen=True, tag="credits.adjust"):
    """Give an account credits or take some back, at once or once a second operator agrees.

    Raises NotFound, BadRequest for no amount or no reason, Conflict where less is available.
    """

    answer: ClassVar[type[Adjusted]] = Adjusted
    account_id: str
    mode: Mode
    amount: int
    """In micro-credits; negative: they are taken back."""
    reason: str

    async def run(self, desk: Desk) -> Adjusted:
        """Do it, or write it down for a second operator."""
        wanted_id = desk.ids.new()
        wanted = Adjustment(
            wanted_id, self.account_id, self.mode, self.amount, self.reason, "waiting", desk.actor, asked_us=0
        )
        action = Action(desk.ids.new(), desk.actor, ASKED, wanted_id, self.reason)

        async def work(tx: Tx) -> Adjustment:
            return await adjust(tx, wanted, action, alone_max=desk.adjusted_alone_max)

        return _answer(await desk.database.transact(work))


class DecideAdjustment(Command[Adjusted], frozen=True, tag="credits.decide"):
    """Agree to a waiting change, as another operator than the one who asked, or refuse it.

    Raises NotFound, Conflict, BadRequest without a reason.
    """

    answer: ClassVar[type[Adjusted]] = Adjusted
    adjustment_id: str
    agreed: bool
    reason: str

    async def run(self, desk: Desk) -> Adjusted:
        """Decide it."""
        name = AGREED if self.agreed else REFUSED
        action = Action(desk.ids.new(), desk.actor, name, self.adjustment_id, self.reason)

        async def work(tx: Tx) -> Adjustment:
            return await decide(tx, self.adjustment_id, action, agreed=self.agreed)

        return _answer(await desk.database.transact(work))


def _answer(made: Adjustment) -> Adjusted:
    return Adjusted(made.id, made.account_id, made.mode, made.amount, made.state)
