"""Making operators, and letting them be none: by command alone, each written down."""

from typing import ClassVar

from msgspec import Struct

from apiinone.accounts.account_rows import Action, record
from apiinone.control.desk import Command, Desk
from apiinone.core.errors import NotFound
from apiinone.db import Tx
from apiinone.people.email_address import read_address
from apiinone.people.operators import MadeOperator, end_operator, make_operator
from apiinone.people.reset_password import RESET_PATH


class OperatorMade(Struct, frozen=True):
    """An operator. `link` leads to a page where they choose a password, for an hour; None: they have one."""

    person_id: str
    email: str
    link: str | None


class OperatorEnded(Struct, frozen=True):
    """Somebody who is no operator any more."""

    email: str


class MakeOperator(Command[OperatorMade], frozen=True, tag="operators.create"):
    """Make somebody an operator. Raises BadRequest for what is no e-mail address."""

    answer: ClassVar[type[OperatorMade]] = OperatorMade
    email: str
    reason: str

    async def run(self, desk: Desk) -> OperatorMade:
        """Do it, and write it down."""
        email, person_id = read_address(self.email), desk.ids.new()
        action_id = desk.ids.new()

        async def work(tx: Tx) -> MadeOperator:
            made = await make_operator(tx, desk.hashes, email, person_id)
            await record(tx, Action(action_id, desk.actor, "operators.create", made.person_id, self.reason))
            return made

        made = await desk.database.transact(work)
        link = None if made.token is None else f"{desk.base_url}{RESET_PATH}?token={made.token}"
        return OperatorMade(made.person_id, email, link)


class EndOperator(Command[OperatorEnded], frozen=True, tag="operators.remove"):
    """Let somebody be an operator no more. Raises BadRequest, NotFound."""

    answer: ClassVar[type[OperatorEnded]] = OperatorEnded
    email: str
    reason: str

    async def run(self, desk: Desk) -> OperatorEnded:
        """Do it, and write it down."""
        email, action_id = read_address(self.email), desk.ids.new()

        async def work(tx: Tx) -> None:
            if not await end_operator(tx, email):
                raise NotFound("there is no operator with this address", param="/email")
            await record(tx, Action(action_id, desk.actor, "operators.remove", email, self.reason))

        await desk.database.transact(work)
        return OperatorEnded(email)
