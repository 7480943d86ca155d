"""/admin/accounts: found, shown, suspended, and their balances changed by entries of the ledger."""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from apiinone.accounts.account_rows import Account
from apiinone.accounts.adjustment_rows import Adjustment, waiting_adjustments
from apiinone.control.account_commands import Suspend
from apiinone.control.account_list import AccountSeen, WantedAccounts, list_accounts, read_account
from apiinone.control.adjustment_commands import AdjustCredits, DecideAdjustment
from apiinone.control.operator_names import names_of
from apiinone.control.switch_commands import SetAccountPrice
from apiinone.core.credits import parse
from apiinone.core.errors import BadRequest, Conflict, NotFound
from apiinone.core.ids import is_id
from apiinone.db import Tx
from apiinone.tasks.history import NO_ID_AFTER
from apiinone.web.admin.admin_page import ROWS, Problem, admin_page, carried_out, desk_for, problem_of
from apiinone.web.page_route import PageCall, PageReply, Rooms, SeeOther
from apiinone.web.visitor import SignedInAs

SEARCH_CHARACTERS_MAX: Final = 254
PERCENT_DIGITS_MAX: Final = 4
STATES: Final = ("active", "suspended")
NO_SUCH: Final = "There is no such account."


class StateForm(Struct, frozen=True):
    """Suspend an account or let it go on."""

    state: str = ""
    reason: str = ""

    def command(self, account_id: str) -> Suspend:
        """What is to be done. Raises BadRequest naming the field."""
        if self.state not in STATES:
            raise BadRequest("An account is active or suspended.", param="state")
        return Suspend(account_id, self.state == "suspended", self.reason)


class AdjustForm(Struct, frozen=True):
    """Change a balance."""

    mode: str = ""
    direction: str = ""
    amount: str = ""
    reason: str = ""

    def command(self, account_id: str) -> AdjustCredits:
        """What is to be done. Raises BadRequest naming the field."""
        try:
            amount = parse(self.amount.strip())
        except ValueError:
            raise BadRequest("Credits are a number above 0 with at most six decimals.", param="amount") from None
        match self.mode, self.direction:
            case ("live" | "test") as mode, "give":
                return AdjustCredits(account_id, mode, amount, self.reason)
            case ("live" | "test") as mode, "take":
                return AdjustCredits(account_id, mode, -amount, self.reason)
            case _:
                raise BadRequest("Choose a balance, and whether credits are given or taken back.", param="mode")


class PriceForm(Struct, frozen=True):
    """A price of the account's own; an empty percentage is the list's."""

    model: str = ""
    percent: str = ""
    reason: str = ""

    def command(self, account_id: str) -> SetAccountPrice:
        """What is to be done. Raises BadRequest naming the field."""
        text = self.percent.strip()
        if text and not (text.isascii() and text.isdigit() and len(text) <= PERCENT_DIGITS_MAX):
            raise BadRequest("A price is a whole number of percent of the list's.", param="percent")
        return SetAccountPrice(account_id, self.model, int(text) if text else None, self.reason)


class DecisionForm(Struct, frozen=True):
    """A second operator's word."""

    word: str = ""
    reason: str = ""

    def command(self, adjustment_id: str) -> DecideAdjustment:
        """What is to be done. Raises BadRequest naming the field."""
        if self.word not in ("agree", "refuse"):
            raise BadRequest("Agree or refuse.", param="word")
        return DecideAdjustment(adjustment_id, self.word == "agree", self.reason)


async def show_accounts(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """All accounts, newest first, or those that are looked for."""
    del here
    search = call.query.get("q", "")[:SEARCH_CHARACTERS_MAX]
    state = call.query.get("state", "")
    before = call.query.get("before", "")
    wanted = WantedAccounts(
        ROWS + 1, search, state if state in STATES else None, before if is_id(before) else NO_ID_AFTER
    )

    async def look(tx: Tx) -> list[Account]:
        return await list_accounts(tx, wanted)

    found = await rooms.house.context.database.read(look)
    more = found[ROWS - 1].id if len(found) > ROWS else ""
    facts = {"accounts": found[:ROWS], "more": more, "search": search, "state": state, "states": STATES}
    return admin_page(rooms, "accounts", facts)


async def show_account(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """One account: balances, keys, what it did last, what was done to it."""
    return await account_page(rooms, call, here)


async def do_account_state(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Suspend it or let it go on."""
    form, account_id = call.form(StateForm), account_id_of(call)
    try:
        await carried_out(rooms, here, form.command(account_id))
    except (BadRequest, Conflict) as refusal:
        return await account_page(rooms, call, here, problem_of(refusal, call, "state"))
    return SeeOther(f"/admin/accounts/{account_id}", "done_and_written_down")


async def do_adjust(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Change a balance, or have the change wait for a second operator."""
    form, account_id = call.form(AdjustForm), account_id_of(call)
    try:
        made = await carried_out(rooms, here, form.command(account_id))
    except (BadRequest, Conflict) as refusal:
        return await account_page(rooms, call, here, problem_of(refusal, call, "adjust"))
    flash = "done_and_written_down" if made.state == "done" else "waits_for_second_operator"
    return SeeOther(f"/admin/accounts/{account_id}", flash)


async def do_set_price(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Give it a price of its own, or the list's again."""
    form, account_id = call.form(PriceForm), account_id_of(call)
    try:
        await carried_out(rooms, here, form.command(account_id))
    except (BadRequest, Conflict) as refusal:
        return await account_page(rooms, call, here, problem_of(refusal, call, "price"))
    return SeeOther(f"/admin/accounts/{account_id}", "done_and_written_down")


async def show_adjustments(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """The changes that wait for a second operator."""
    return await _adjustments(rooms, call, here)


async def do_decide(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Agree to one, as another operator than the one who asked, or refuse it."""
    form, adjustment_id = call.form(DecisionForm), call.ids["adjustment_id"]
    try:
        await carried_out(rooms, here, form.command(adjustment_id))
    except (BadRequest, Conflict) as refusal:
        return await _adjustments(rooms, call, here, problem_of(refusal, call, adjustment_id))
    return SeeOther("/admin/adjustments", "done_and_written_down")


async def account_page(rooms: Rooms, call: PageCall, here: SignedInAs, problem: Problem | None = None) -> PageReply:
    """One account, and what was wrong with a form on its page. Raises NotFound."""
    account_id = account_id_of(call)

    async def look(tx: Tx) -> tuple[AccountSeen | None, Mapping[str, str]]:
        found = await read_account(tx, account_id)
        return found, {} if found is None else await names_of(tx, _deciders(found.adjustments))

    seen, names = await rooms.house.context.database.read(look)
    if seen is None:
        raise NotFound(NO_SUCH)
    context = rooms.house.context
    facts = {
        "seen": seen,
        "names": names,
        "alone_max": desk_for(rooms, here).adjusted_alone_max,
        "own_prices": context.board.now.prices_of(account_id),
        "entries": context.catalogue.entries,
    }
    return admin_page(rooms, "account", facts, problem)


async def _adjustments(rooms: Rooms, call: PageCall, here: SignedInAs, problem: Problem | None = None) -> PageReply:
    del call

    async def look(tx: Tx) -> tuple[list[Adjustment], Mapping[str, str]]:
        rows = await waiting_adjustments(tx, ROWS)
        return rows, await names_of(tx, _deciders(rows))

    found, names = await rooms.house.context.database.read(look)
    alone_max = desk_for(rooms, here).adjusted_alone_max
    facts = {"waiting": found, "names": names, "me": here.person.id, "alone_max": alone_max}
    return admin_page(rooms, "adjustments", facts, problem)


def _deciders(adjustments: Sequence[Adjustment]) -> set[str]:
    return {who for one in adjustments for who in (one.asked_by, one.decided_by) if who is not None}


def account_id_of(call: PageCall) -> str:
    """The account of the path. Raises NotFound for what is no id."""
    account_id = call.ids["account_id"]
    if not is_id(account_id):
        raise NotFound(NO_SUCH)
    return account_id
