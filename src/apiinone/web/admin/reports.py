"""/admin/margins and /admin/log: what was earned, and what operators did."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final

from apiinone.control.action_log import ActionDone, WantedActions, read_actions
from apiinone.control.margins import Span, read_margins
from apiinone.control.operator_names import names_of
from apiinone.core.clock import US_PER_S, date_of
from apiinone.core.ids import is_id
from apiinone.db import Tx
from apiinone.tasks.history import NO_ID_AFTER
from apiinone.web.admin.admin_page import ROWS, admin_page
from apiinone.web.page_route import PageCall, PageReply, Rooms
from apiinone.web.visitor import SignedInAs

DAYS: Final = 7
DAYS_MAX: Final = 92
"""So that no page reads for minutes; longer spans are for `apiinone margins`."""
NAME_CHARACTERS_MAX: Final = 100


async def show_margins(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """What live tasks sold and cost, by day, model and provider."""
    del here
    today = date_of(rooms.house.context.clock.now_us())
    last = _day(call.query.get("until", ""), today)
    first = max(_day(call.query.get("since", ""), last - timedelta(days=DAYS - 1)), last - timedelta(days=DAYS_MAX - 1))
    provider, model = (call.query.get(name, "")[:NAME_CHARACTERS_MAX] for name in ("provider", "model"))
    span = Span(_begins_us(first), _begins_us(last + timedelta(days=1)), provider or None, model or None)
    found = await read_margins(rooms.house.context.database, span)
    sums = {name: sum(getattr(one, name) for one in found) for name in ("attempts", "sold", "cost", "margin", "lost")}
    facts = {"margins": found, "sums": sums, "since": first, "until": last, "provider": provider, "model": model}
    return admin_page(rooms, "margins", facts)


async def show_log(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """What operators did by hand, newest first."""
    del here
    actor, subject = (call.query.get(name, "").strip()[:NAME_CHARACTERS_MAX] for name in ("actor", "subject"))
    before = call.query.get("before", "")
    wanted = WantedActions(ROWS + 1, before if is_id(before) else NO_ID_AFTER, actor or None, subject or None)

    async def look(tx: Tx) -> tuple[list[ActionDone], Mapping[str, str]]:
        rows = await read_actions(tx, wanted)
        return rows, await names_of(tx, {one.action.actor for one in rows})

    found, names = await rooms.house.context.database.read(look)
    more = found[ROWS - 1].action.id if len(found) > ROWS else ""
    facts = {"actions": found[:ROWS], "more": more, "actor": actor, "subject": subject, "names": names}
    return admin_page(rooms, "log", facts)


def _day(text: str, otherwise: date) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return otherwise


def _begins_us(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * US_PER_S
