"""The request rate of a key: a bucket of tokens, kept in this process's memory.

Each gateway process counts for itself, and the documents say so; what bounds money (budgets, open tasks) is counted in
the database instead.
"""

import math
from collections import OrderedDict

from msgspec import Struct

BUCKETS_MAX = 50_000


class Allowed(Struct, frozen=True):
    """The request may go on; so many more may follow at once, and in so many seconds the bucket is full."""

    limit: int
    remaining: int
    reset_s: int


class Limited(Struct, frozen=True):
    """Too many; try again then."""

    limit: int
    retry_after_s: int


class RequestRates:
    """One bucket for each key: a minute's worth of tokens, refilled evenly."""

    def __init__(self) -> None:
        """Start with every bucket full."""
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key_id: str, per_minute_max: int, now_s: float) -> Allowed | Limited:
        """Take one token; `now_s` is monotonic."""
        if per_minute_max <= 0:
            return Limited(per_minute_max, 60)
        tokens, per_second = float(per_minute_max), per_minute_max / 60
        bucket = self._buckets.pop(key_id, None)
        if bucket is not None:
            left, since_s = bucket
            tokens = min(tokens, left + (now_s - since_s) * per_second)
        elif len(self._buckets) >= BUCKETS_MAX:
            self._buckets.popitem(last=False)
        if tokens < 1:
            self._buckets[key_id] = (tokens, now_s)
            return Limited(per_minute_max, max(1, math.ceil((1 - tokens) / per_second)))
        tokens -= 1
        self._buckets[key_id] = (tokens, now_s)
        return Allowed(per_minute_max, int(tokens), math.ceil((per_minute_max - tokens) / per_second))
