"""A clock that a test sets."""

from apiinone.core.clock import US_PER_S

START_US = 1_800_000_000 * US_PER_S


class ClockForTests:
    """Stands still until the test moves it."""

    def __init__(self, now_us: int = START_US) -> None:
        self._now_us = now_us
        self._monotonic_s = 1_000.0

    def now_us(self) -> int:
        return self._now_us

    def monotonic_s(self) -> float:
        return self._monotonic_s

    def pass_s(self, seconds: float) -> None:
        """Let time go by on both clocks."""
        self._now_us += int(seconds * US_PER_S)
        self._monotonic_s += seconds

    def jump_s(self, seconds: float) -> None:
        """Set the wall clock forward or back, as a host that slept or was corrected; the other goes on as it was."""
        self._now_us += int(seconds * US_PER_S)
