"""Time as it arrives in arguments: microseconds since the epoch (UTC), and a monotonic clock for waiting."""

import time
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Protocol

US_PER_S = 1_000_000
US_PER_DAY = 86_400 * US_PER_S
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_DAY = _EPOCH.toordinal()


class Clock(Protocol):
    """What a module that needs the time is given."""

    def now_us(self) -> int:
        """Wall time, microseconds since 1970-01-01 UTC."""
        ...

    def monotonic_s(self) -> float:
        """Seconds on a clock that never goes back."""
        ...


class SystemClock:
    """The host's clocks."""

    def now_us(self) -> int:
        """Wall time of this host."""
        return time.time_ns() // 1000

    def monotonic_s(self) -> float:
        """Monotonic time of this host."""
        return time.monotonic()


def iso(moment_us: int) -> str:
    """``2026-11-23T01:02:03.456Z``, as every response of the API shows a moment."""
    return _iso_of_ms(moment_us // 1000)


def parse_iso(text: str) -> int:
    """Read an ISO 8601 moment or date (UTC where no zone is named). Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1)


def day_of(moment_us: int) -> str:
    """The UTC day, ``2026-11-23``: the period of roll-ups, refills and daily budgets."""
    return _day(moment_us // US_PER_DAY)


def date_of(moment_us: int) -> date:
    """The UTC day, to compare with others."""
    return date.fromordinal(_FIRST_DAY + moment_us // US_PER_DAY)


def month_of(moment_us: int) -> str:
    """The UTC month, ``2026-11``."""
    return day_of(moment_us)[:7]


@lru_cache(maxsize=4096)
def _iso_of_ms(moment_ms: int) -> str:
    """Kept for a while: a task that is looked at again shows the same moments."""
    seconds, ms = divmod(moment_ms, 1000)
    return f"{_second(seconds)}.{ms:03d}Z"


@lru_cache(maxsize=256)
def _second(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


@lru_cache(maxsize=64)
def _day(days: int) -> str:
    return f"{datetime.fromtimestamp(days * 86_400, UTC):%Y-%m-%d}"
