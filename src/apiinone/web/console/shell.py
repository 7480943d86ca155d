"""What stands around every page of the console: whose account, which mode, and how figures and moments are written."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from apiinone.core.clock import US_PER_S, iso
from apiinone.core.credits import shown
from apiinone.db import Tx
from apiinone.people.member_rows import Membership, memberships_of
from apiinone.people.roles import MONEY_READERS, PAYERS
from apiinone.tasks.lifecycle import status_of
from apiinone.web.page_route import Rooms, Shown
from apiinone.web.visitor import MemberHere

MS_PER_S = 1000


async def in_console(
    rooms: Rooms, here: MemberHere, template: str, facts: Mapping[str, object], *, status: int = 200
) -> Shown:
    """A page of the console."""

    async def look(tx: Tx) -> list[Membership]:
        return await memberships_of(tx, here.person.id)

    around = {
        "here": here,
        "back": "",  # where a page that only a form leads to is left for, when the mode is switched on it
        "memberships": await rooms.office.database.read(look),
        "may_develop": here.may_develop,
        "may_pay": here.role in PAYERS,
        "reads_money": here.role in MONEY_READERS,
        "moment": moments_in(here.person.time_zone),
        "zone_name": zone_of(here.person.time_zone).tzname(None) or here.person.time_zone,
        "iso": iso,
        "amount": amount,
        "seconds": seconds,
        "status_of": status_of,
    }
    return Shown(f"console/{template}", {**around, **facts}, status)


def amount(micro: int) -> str:
    """Credits as people read them: `1,234.5`."""
    return f"{shown(micro):,}"


def seconds(span_us: int | None) -> str:
    """A span as people read it: `840 ms`, `3.2 s`, `2 min 05 s`; nothing where there is none."""
    if span_us is None:
        return ""
    if span_us < US_PER_S:
        return f"{span_us * MS_PER_S // US_PER_S} ms"
    tenths = span_us * 10 // US_PER_S
    if tenths < 60 * 10:
        return f"{tenths // 10}.{tenths % 10} s"
    minutes, left = divmod(span_us // US_PER_S, 60)
    return f"{minutes} min {left:02d} s"


def moments_in(time_zone: str) -> Callable[[int | None], str]:
    """Writes moments as the clock on the wall there shows them."""
    zone = zone_of(time_zone)

    def moment(at_us: int | None) -> str:
        return "" if at_us is None else f"{datetime.fromtimestamp(at_us // US_PER_S, zone):%Y-%m-%d %H:%M:%S}"

    return moment


@lru_cache(maxsize=256)
def zone_of(time_zone: str) -> tzinfo:
    """The zone of this name; UTC where none was chosen, or none is known by it."""
    try:
        return ZoneInfo(time_zone) if time_zone else UTC
    except (OSError, KeyError, ValueError):  # none is known by it, or it cannot be a name
        return UTC
