"""When vendors are asked how their jobs stand: many open tasks must be no storm of questions, at a restart either.

Each question has a turn in its vendor's own calendar. Where more is to be asked than may be, the turns come later and
the questions of all tasks grow rarer together; no other vendor's calendar is touched. A vendor that turns a question
away is left alone for a while by all of them.
"""

from typing import Final

from apiinone.core.clock import Clock

SLOT_S: Final = 0.1
SLOTS_MAX: Final = 100_000
"""A calendar's length; what is further away than this has its turn at the end."""
FORGET_EVERY: Final = 600
"""In slots: once a minute."""
_BUSY_AGAIN_S: Final = 0.05


class Questions:
    """One vendor's calendar. Belongs to one worker; several share a vendor's limit by being few."""

    def __init__(self, *, per_s_max: float, at_once_max: int, clock: Clock) -> None:
        """Take the vendor's limits."""
        self._slot_s = max(SLOT_S, 1 / per_s_max)
        self._per_slot = max(1, round(per_s_max * self._slot_s))
        self._at_once_max = at_once_max
        self._clock = clock
        self._taken: dict[int, int] = {}
        """How many turns each slot has given."""
        self._full_until: dict[int, int] = {}
        """For each full slot one that may not be; followed and shortened like a path."""
        self._busy = 0
        self._quiet_until_s = 0.0
        self._forgot = 0

    @property
    def remembered(self) -> int:
        """How many slots it knows of."""
        return len(self._taken)

    def turn(self, after_s: float) -> float:
        """In how many seconds to ask: not before `after_s`, and not before there is a turn."""
        now_s = self._clock.monotonic_s()
        earliest_s = max(now_s + after_s, self._quiet_until_s)
        first = int(earliest_s / self._slot_s)
        slot = min(self._free(first), int(now_s / self._slot_s) + SLOTS_MAX)
        taken = self._taken.get(slot, 0) + 1
        self._taken[slot] = taken
        if taken >= self._per_slot:
            self._full_until[slot] = slot + 1
        self._forget(int(now_s / self._slot_s))
        return max(earliest_s, slot * self._slot_s) - now_s

    def enter(self) -> float:
        """0.0: ask now and then `leave`. Otherwise in how many seconds to try again."""
        left_s = self._quiet_until_s - self._clock.monotonic_s()
        if left_s > 0:
            return self.turn(left_s)
        if self._busy >= self._at_once_max:
            return _BUSY_AGAIN_S
        self._busy += 1
        return 0.0

    def leave(self) -> None:
        """The vendor has answered, or will not."""
        self._busy -= 1

    def turned_away(self, wait_s: float) -> None:
        """The vendor does not want to be asked for so long."""
        self._quiet_until_s = max(self._quiet_until_s, self._clock.monotonic_s() + wait_s)

    def _free(self, slot: int) -> int:
        """The first slot from there on that has a turn left."""
        free = slot
        while (further := self._full_until.get(free)) is not None:
            free = further
        while slot != free:
            further = self._full_until[slot]
            self._full_until[slot] = free
            slot = further
        return free

    def _forget(self, now: int) -> None:
        """Let go of slots that are over, once in a while."""
        if now - self._forgot > FORGET_EVERY:
            self._forgot = now
            self._taken = {slot: count for slot, count in self._taken.items() if slot >= now}
            self._full_until = {slot: further for slot, further in self._full_until.items() if slot >= now}
