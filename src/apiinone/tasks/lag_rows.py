"""Poll lags of all processes, as each last wrote its own."""

from collections.abc import Mapping
from typing import Final

import msgspec

from apiinone.core.clock import US_PER_S
from apiinone.db import Sql, Tx
from apiinone.tasks.poll_lag import BOUNDS_S, PollLag

KEPT_US: Final = 3600 * US_PER_S
"""How long a process that writes nothing more is counted."""
ROWS_MAX: Final = 10_000

_WRITE = Sql(
    "INSERT INTO poll_lags (process, provider, counts, sum_us, changed_us) VALUES ($1, $2, $3, $4, $5)"
    " ON CONFLICT (process, provider) DO UPDATE SET counts = excluded.counts, sum_us = excluded.sum_us,"
    " changed_us = excluded.changed_us"
)
_READ = Sql("SELECT provider, counts, sum_us FROM poll_lags WHERE changed_us > $1 ORDER BY provider LIMIT $2")
_FORGET = Sql("DELETE FROM poll_lags WHERE changed_us <= $1")
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[int]).decode


async def write_lags(tx: Tx, process: str, lags: Mapping[str, PollLag]) -> None:
    """Put a process's lags in the place of what it wrote before."""
    rows = [(process, name, _encode(lag.counts).decode(), lag.sum_us, tx.now_us) for name, lag in sorted(lags.items())]
    await tx.many(_WRITE, rows)


async def read_lags(tx: Tx) -> dict[str, PollLag]:
    """By provider: the lags of all processes that wrote within the hour."""
    found: dict[str, PollLag] = {}
    for provider, counts, sum_us in await tx.rows(_READ, tx.now_us - KEPT_US, ROWS_MAX):
        numbers = _decode(counts)
        if len(numbers) == len(BOUNDS_S) + 1:  # a process of another release may count otherwise
            found[provider] = found.get(provider, PollLag()).added(PollLag(numbers, sum_us))
    return found


async def forget_lags(tx: Tx) -> int:
    """Drop those of processes that ended."""
    return await tx.run(_FORGET, tx.now_us - KEPT_US)
