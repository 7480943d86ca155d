"""/admin/suspense: money, or news of money, that fits nothing; an operator decides, and says why."""

from typing import Final

from msgspec import Struct

from apiinone.control.payment_commands import ResolveSuspense
from apiinone.core.credits import Credits, parse
from apiinone.core.errors import BadRequest, Conflict, NotFound
from apiinone.core.ids import is_id
from apiinone.db import Tx
from apiinone.payments.document_drawing import money
from apiinone.payments.suspense import SuspenseRow, suspense_rows
from apiinone.web.admin.admin_page import Problem, admin_page, carried_out, problem_of
from apiinone.web.page_route import PageCall, PageReply, Rooms, SeeOther
from apiinone.web.visitor import SignedInAs

SUSPENSE: Final = "/admin/suspense"
ROWS_MAX: Final = 200
ALL: Final = "all"


class ResolveForm(Struct, frozen=True):
    """A decision; an account and an amount where credits are given for it."""

    how: str = ""
    account: str = ""
    amount: str = ""
    reason: str = ""

    def command(self, suspense_id: str) -> ResolveSuspense:
        """What is to be done. Raises BadRequest naming the field."""
        match self.how:
            case "credited":
                account = self.account.strip()
                if not is_id(account):
                    raise BadRequest("Name the account that is credited, by its id.", param="account")
                return ResolveSuspense(suspense_id, "credited", self.reason, account, self._credits())
            case "returned" | "dismissed" as how:
                if self.account.strip() or self.amount.strip():
                    raise BadRequest("An account and an amount are named only where credits are given.", param="how")
                return ResolveSuspense(suspense_id, how, self.reason)
            case _:
                raise BadRequest("Decide what becomes of it.", param="how")

    def _credits(self) -> Credits:
        try:
            return parse(self.amount.strip())
        except ValueError:
            raise BadRequest("Credits are a number above 0 with at most six decimals.", param="amount") from None


async def show_suspense(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """What waits for a decision; with what was decided, if that is wanted."""
    del here
    return await _suspense(rooms, call)


async def do_resolve(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Decide, once."""
    form, suspense_id = call.form(ResolveForm), call.ids["suspense_id"]
    try:
        await carried_out(rooms, here, form.command(suspense_id))
    except (BadRequest, Conflict) as refusal:
        return await _suspense(rooms, call, problem_of(refusal, call, suspense_id))
    except NotFound as refusal:
        if form.how != "credited":
            raise
        wrong = BadRequest(refusal.message, param="account")
        return await _suspense(rooms, call, problem_of(wrong, call, suspense_id))
    return SeeOther(SUSPENSE, "done_and_written_down")


async def _suspense(rooms: Rooms, call: PageCall, problem: Problem | None = None) -> PageReply:
    everything = call.query.get("show") == ALL

    async def look(tx: Tx) -> list[SuspenseRow]:
        return await suspense_rows(tx, resolved=everything, limit=ROWS_MAX)

    found = await rooms.house.context.database.read(look)
    facts = {"rows": found, "everything": everything, "money": money, "rows_max": ROWS_MAX}
    return admin_page(rooms, "suspense", facts, problem)
