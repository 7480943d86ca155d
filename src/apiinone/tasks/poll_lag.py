"""How long after a vendor was done our task was: the time that asking costs, counted for each vendor.

Where the vendor does not tell when it was done, the time counts from the last answer that said it was still at work:
then the figure is the most that it can have been.
"""

from bisect import bisect_left
from dataclasses import dataclass, field
from math import inf
from typing import Final

from apiinone.core.clock import US_PER_S

BOUNDS_S: Final = (0.25, 0.5, 1.0, 1.5, 2.5, 5.0, 10.0, 20.0, 60.0)


@dataclass(slots=True)
class PollLag:
    """One vendor's histogram, of this process since its start."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    """How many lie at or below each bound and above the one before; the last: above all."""
    sum_us: int = 0

    def note(self, lag_us: int) -> None:
        """Count one task."""
        lag_us = max(0, lag_us)
        self.counts[bisect_left(BOUNDS_S, lag_us / US_PER_S)] += 1
        self.sum_us += lag_us

    @property
    def count(self) -> int:
        """How many tasks were counted."""
        return sum(self.counts)

    def added(self, other: "PollLag") -> "PollLag":
        """Both together, as one installation sees the lags of all its processes."""
        counts = [one + two for one, two in zip(self.counts, other.counts, strict=True)]
        return PollLag(counts, self.sum_us + other.sum_us)

    def at_most_s(self, percent: int) -> float | None:
        """The bound that so many in a hundred keep: infinite above the last; None where nothing was counted."""
        wanted, total = self.count * percent, 0
        for bound, count in zip((*BOUNDS_S, inf), self.counts, strict=True):
            total += count
            if total and total * 100 >= wanted:
                return bound
        return None

    def cumulative(self) -> list[tuple[str, float]]:
        """As Prometheus writes it: how many lie at or below each bound, the last without one."""
        total = 0
        lines: list[tuple[str, float]] = []
        for bound, count in zip((*map(str, BOUNDS_S), "+Inf"), self.counts, strict=True):
            total += count
            lines.append((bound, float(total)))
        return lines
