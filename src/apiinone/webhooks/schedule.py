"""The life of a delivery: one table of moves, and one of pauses between tries. Pure."""

from typing import Literal

from apiinone.core.clock import US_PER_S

DeliveryState = Literal["waiting", "delivered", "gone", "failed", "dropped"]
DeliveryEvent = Literal["arrived", "refused_for_good", "try_again", "given_up", "sent_anew", "forgotten"]
EventType = Literal["task.succeeded", "task.failed", "task.canceled"]

DELIVERY_MOVES: dict[tuple[DeliveryState, DeliveryEvent], DeliveryState] = {
    ("waiting", "arrived"): "delivered",
    ("waiting", "refused_for_good"): "gone",
    ("waiting", "try_again"): "waiting",
    ("waiting", "given_up"): "failed",
    ("waiting", "sent_anew"): "waiting",
    ("waiting", "forgotten"): "dropped",
    ("delivered", "sent_anew"): "waiting",
    ("gone", "sent_anew"): "waiting",
    ("failed", "sent_anew"): "waiting",
}
"""`gone`: the receiver answered 410. `dropped`: its task was deleted before it arrived."""
PAUSES_S = (5, 300, 1_800, 7_200, 18_000, 36_000, 36_000)
"""After the first try that failed, the second, …: eight tries in all, over about 28 hours."""
JITTER_SHARE = 0.1
OK_FROM, OK_BEFORE, GONE = 200, 300, 410


def next_delivery_state(state: DeliveryState, event: DeliveryEvent) -> DeliveryState | None:
    """Where the event leads; None where the table has no such move."""
    return DELIVERY_MOVES.get((state, event))


def judged(status: int | None, tries: int) -> DeliveryEvent:
    """What an answer means after so many tries in this round; None is no answer. A redirect is a failure."""
    if status is not None and OK_FROM <= status < OK_BEFORE:
        return "arrived"
    if status == GONE:
        return "refused_for_good"
    return "try_again" if tries <= len(PAUSES_S) else "given_up"


def pause_us(tries: int, chance: float) -> int:
    """How long to wait after so many tries; `chance` in 0…1 moves it by a tenth either way."""
    factor = 1 + JITTER_SHARE * (2 * chance - 1)
    return int(PAUSES_S[tries - 1] * factor * US_PER_S)
