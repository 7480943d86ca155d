"""Page: what there is, what was spent, how it went, and what to do first."""

from collections.abc import Awaitable, Callable
from typing import Final

from msgspec import Struct

from apiinone.accounts.key_rows import keys_of
from apiinone.accounts.keys import Key
from apiinone.core.clock import day_of
from apiinone.core.credits import Credits
from apiinone.db import Tx
from apiinone.ledger.history import read_use_by_day
from apiinone.ledger.statements import balance_of
from apiinone.people.member_rows import Membership, memberships_of
from apiinone.people.viewing import Viewing, viewings_of
from apiinone.tasks.call_log import LogLine, LogWanted, read_call_log
from apiinone.web.code_samples import KEY_HERE
from apiinone.web.console.shell import in_console
from apiinone.web.console.spend_chart import SpendChart, days_until, spend_chart
from apiinone.web.console.statuses import ALL_STATES
from apiinone.web.console.try_it import curl_line
from apiinone.web.page_route import PageCall, PageReply, Rooms, Shown
from apiinone.web.visitor import MemberHere, SignedInAs

DAYS: Final = 30
RECENT_ROWS: Final = 8
BUSY_S: Final = 5
IDLE_S: Final = 30
"""How often the page asks for its figures and latest tasks, while one of these is under way and while none is."""


class Seen(Struct, frozen=True):
    """What the page is made of."""

    available: Credits
    held: Credits
    chart: SpendChart
    recent: list[LogLine]
    keys: list[Key]
    viewings: list[Viewing]


async def show_overview(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """The account at a glance; who belongs to none is told so."""
    member = call.visitor.member
    if member is None:
        return await _no_account(rooms, here)
    seen = await rooms.office.database.read(_looking(member))
    facts = {
        "seen": seen,
        "usable": [key for key in seen.keys if key.mode == member.mode and key.revoked_us is None],
        "look_again_s": BUSY_S if any(line.finished_us is None for line in seen.recent) else IDLE_S,
        "curl": curl_line(rooms.house.context.catalogue, rooms.base_url, KEY_HERE),
    }
    return await in_console(rooms, member, "overview.html.j2", facts)


def _looking(here: MemberHere) -> Callable[[Tx], Awaitable[Seen]]:
    async def look(tx: Tx) -> Seen:
        days = days_until(day_of(tx.now_us), DAYS)
        available, held, _ = await balance_of(tx, here.owner)
        used = await read_use_by_day(tx, here.owner, first_day=days[0], last_day=days[-1])
        recent = await read_call_log(tx, here.owner, LogWanted(RECENT_ROWS, ALL_STATES))
        viewings = await viewings_of(tx, here.account_id)
        return Seen(available, held, spend_chart(used, days), recent, await keys_of(tx, here.account_id), viewings)

    return look


async def _no_account(rooms: Rooms, here: SignedInAs) -> Shown:
    async def look(tx: Tx) -> list[Membership]:
        return await memberships_of(tx, here.person.id)

    return Shown("account.html.j2", {"memberships": await rooms.office.database.read(look), "member": None})
