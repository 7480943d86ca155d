"""The bars of a chart of what was spent by day, in whole units of a drawing. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from msgspec import Struct

from apiinone.core.credits import Credits
from apiinone.ledger.history import DayUse

HEIGHT: Final = 160
STEP: Final = 20
BAR: Final = 14
LEAST: Final = 2
"""What little was spent is still seen."""


class Bar(Struct, frozen=True):
    """One day."""

    day: str
    spent: Credits
    tasks: int
    x: int
    y: int
    height: int


class SpendChart(Struct, frozen=True):
    """The drawing is `width` by `HEIGHT`; the tallest bar stands for `top`."""

    bars: tuple[Bar, ...]
    width: int
    top: Credits
    total: Credits
    succeeded: int
    not_charged: int

    @property
    def success_percent(self) -> int | None:
        """How many of a hundred that ended did so well, rounded down; None where nothing has ended."""
        ended = self.succeeded + self.not_charged
        return None if ended == 0 else self.succeeded * 100 // ended


def days_until(last_day: str, count: int) -> tuple[str, ...]:
    """So many days, the last one included, oldest first."""
    last = date.fromisoformat(last_day)
    return tuple(f"{last - timedelta(days=back)}" for back in range(count - 1, -1, -1))


def spend_chart(used: Sequence[DayUse], days: Sequence[str]) -> SpendChart:
    """The chart of these days; days on which nothing ended are empty."""
    by_day: Mapping[str, DayUse] = {one.day: one for one in used}
    top = max((one.captured for one in used), default=Credits(0))
    return SpendChart(
        bars=tuple(_bar(by_day.get(day), day, place, top) for place, day in enumerate(days)),
        width=STEP * len(days),
        top=top,
        total=Credits(sum(one.captured for one in used)),
        succeeded=sum(one.tasks_succeeded for one in used),
        not_charged=sum(one.tasks_not_charged for one in used),
    )


def _bar(used: DayUse | None, day: str, place: int, top: int) -> Bar:
    spent = Credits(0) if used is None else used.captured
    height = max(LEAST, spent * HEIGHT // top) if spent else 0
    tasks = 0 if used is None else used.tasks_succeeded + used.tasks_not_charged
    return Bar(day, spent, tasks, place * STEP + (STEP - BAR) // 2, HEIGHT - height, height)
