"""How fast and how widely one provider may be asked: a limit on submits a second and on requests at once.

Nobody waits here: who has no turn is told when to come again, so that a busy provider holds up no other. Each account
stands in a line of its own, and the lines move at the same speed.
"""

from apiinone.core.clock import Clock


class Pace:
    """Lets requests through evenly; nobody is refused."""

    def __init__(self, *, per_s_max: float, concurrent_max: int, clock: Clock) -> None:
        """Take the provider's published limits."""
        self.per_s_max, self.concurrent_max = per_s_max, concurrent_max
        self._gap_s = 1.0 / per_s_max
        self._clock = clock
        self._busy = 0
        self._next_s = 0.0
        self._lines: dict[str, float] = {}
        """For each account that waits, when the last in its line is to come again."""

    def enter(self, account_id: str) -> float:
        """0.0: it is your turn, give it back with `leave`. Otherwise in how many seconds to come again."""
        now_s = self._clock.monotonic_s()
        if now_s >= self._next_s and self._busy < self.concurrent_max:
            self._next_s = max(self._next_s, now_s - self._gap_s / 2) + self._gap_s  # who is a little late delays none
            self._busy += 1
            return 0.0
        self._lines = {line: last_s for line, last_s in self._lines.items() if last_s > now_s}
        last_s = self._lines.setdefault(account_id, now_s) + self._gap_s * len(self._lines)
        self._lines[account_id] = last_s
        return last_s - now_s

    def load(self) -> tuple[bool, int, float]:
        """For comparing paces: whether one has to wait now, how many are under way, and how far ahead it is booked."""
        late = self._clock.monotonic_s() < self._next_s or self._busy >= self.concurrent_max
        return late, self._busy, self._next_s

    def leave(self) -> None:
        """Give a turn back: the provider has answered, or will not."""
        self._busy -= 1
