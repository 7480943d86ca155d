"""Moments and browsers as people read them."""

import re
from datetime import UTC, datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from apiinone.core.clock import US_PER_S

BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrom", "Chrome"),
    ("Safari", "Safari"),
    ("curl", "curl"),
)
SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)
_ZONE: Final = re.compile(r"[A-Za-z_]+(?:/[A-Za-z0-9_+-]+){0,2}")


def moment(moment_us: int, time_zone: str) -> str:
    """`2026-11-23 14:02 CET`: unmistakable in every language."""
    at = datetime.fromtimestamp(moment_us // US_PER_S, UTC).astimezone(_zone(time_zone))
    return f"{at:%Y-%m-%d %H:%M %Z}"


def clock_time(moment_us: int) -> str:
    """`14:02`, in UTC: of something that is over soon."""
    return f"{datetime.fromtimestamp(moment_us // US_PER_S, UTC):%H:%M}"


def is_time_zone(name: str) -> bool:
    """Whether this host knows a time zone of this name."""
    return name == "" or (_ZONE.fullmatch(name) is not None and name in available_timezones())


def time_zones() -> list[str]:
    """Those of places, in order."""
    return sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix/")))


def browser_name(agent: str) -> str:
    """What a browser and its system are called: `Firefox, Linux`; nothing is made of it but words."""
    browser = next((name for mark, name in BROWSERS if mark in agent), "")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    return ", ".join(name for name in (browser, system) if name) or agent[:40] or "?"


def _zone(name: str) -> tzinfo:
    """The zone, or UTC where this host knows none of this name."""
    if not name or not _ZONE.fullmatch(name):
        return UTC
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        return UTC
