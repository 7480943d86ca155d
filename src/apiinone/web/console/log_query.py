"""What the usage page is asked for: filters from its address, or an error for each that means nothing."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final, Literal
from urllib.parse import urlencode

from msgspec import Struct

from apiinone.catalog.load import Catalogue
from apiinone.core.clock import US_PER_S
from apiinone.core.ids import is_id
from apiinone.ledger.ledger import Owner
from apiinone.tasks.call_log import LogWanted
from apiinone.tasks.history import NO_ID_AFTER
from apiinone.web.console.shell import zone_of
from apiinone.web.console.statuses import STATUSES, states_of
from apiinone.web.visitor import MemberHere

FIELDS: Final = ("from", "to", "model", "key", "status", "mode")
LENGTH_MAX: Final = 64
FIRST_DAY: Final = date(1971, 1, 1)
LAST_DAY: Final = date(8999, 12, 31)
"""Between these, days can be counted in microseconds wherever the clock hangs."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class LogQuery(Struct, frozen=True):
    """What was asked for."""

    owner: Owner
    wanted: LogWanted
    given: Mapping[str, str]
    """The filters as they stand in the address, for the form and for links."""
    errors: Mapping[str, str]

    def link(self, path: str, after: str = "") -> str:
        """The same filters at another address, from the line after this one on."""
        query = urlencode({name: text for name, text in {**self.given, "after": after}.items() if text})
        return f"{path}?{query}" if query else path


def read_log_query(
    query: Mapping[str, str], here: MemberHere, catalogue: Catalogue, say: Callable[[str], str], *, limit: int
) -> LogQuery:
    """Everything that can be understood; what cannot is no filter and has a sentence."""
    given = {name: query.get(name, "").strip()[:LENGTH_MAX] for name in FIELDS}
    errors: dict[str, str] = {}
    zone = zone_of(here.person.time_zone)
    first = _day(given["from"], "from", errors, say)
    last = _day(given["to"], "to", errors, say)
    choice = catalogue.remembered(given["model"]) if given["model"] else None
    if given["model"] and choice is None:
        errors["model"] = say("There is no such model.")
    if given["key"] and not is_id(given["key"]):
        errors["key"] = say("There is no such key.")
    after = query.get("after", "")
    mode: Literal["live", "test"] = here.mode
    if given["mode"] in ("live", "test"):
        mode = "live" if given["mode"] == "live" else "test"
    wanted = LogWanted(
        limit=limit,
        states=states_of(given["status"] if given["status"] in STATUSES else ""),
        before_id=after if is_id(after) else NO_ID_AFTER,
        created_from_us=None if first is None else _begins_us(first, zone),
        created_before_us=None if last is None else _begins_us(last + timedelta(days=1), zone),
        model=None if choice is None else choice.entry.id,
        key_id=given["key"] if is_id(given["key"]) else None,
    )
    return LogQuery((here.account_id, mode), wanted, given, errors)


def _day(text: str, field: str, errors: dict[str, str], say: Callable[[str], str]) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not FIRST_DAY <= day <= LAST_DAY:
        errors[field] = say("This is not a day such as 2026-11-23.")
        return None
    return day


def _begins_us(day: date, zone: tzinfo) -> int:
    """When the day begins there."""
    moment = datetime(day.year, day.month, day.day, tzinfo=zone)
    return (moment - _EPOCH) // timedelta(seconds=1) * US_PER_S
