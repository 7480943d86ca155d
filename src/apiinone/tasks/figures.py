"""Figures for an operator's monitoring: how the queue stands and how the last minutes went. Nothing names a tenant."""

from collections.abc import Mapping

from msgspec import Struct

from apiinone.core.clock import US_PER_S
from apiinone.core.ids import id_floor
from apiinone.db import Sql, Tx
from apiinone.webhooks.outbox import waiting as waiting_deliveries

RECENT_S = 300
"""How far back tasks and attempts are counted."""
RECENT_ROWS_MAX = 200_000

_TASKS = Sql(
    "SELECT mode, state, count(*) FROM (SELECT mode, state FROM tasks WHERE id >= $1 ORDER BY id DESC LIMIT $2) r"
    " GROUP BY mode, state ORDER BY mode, state"
)
_ATTEMPTS = Sql(
    "SELECT provider, state, count(*) FROM"
    " (SELECT provider, state FROM attempts WHERE id >= $1 ORDER BY id DESC LIMIT $2) r"
    " GROUP BY provider, state ORDER BY provider, state"
)
_WAITING = Sql(
    "SELECT node, count(*), min(due_us) FROM tasks WHERE holder IS NULL AND due_us IS NOT NULL"
    " GROUP BY node ORDER BY node"
)
_HELD = Sql("SELECT count(*) FROM tasks WHERE holder IS NOT NULL")
_OPEN_HOLDS = Sql("SELECT CAST(coalesce(sum(open_holds), 0) AS bigint) FROM key_loads")


class Figures(Struct, frozen=True):
    """Counts by (mode, state), by (provider, state) and by node."""

    tasks: Mapping[tuple[str, str], int]
    attempts: Mapping[tuple[str, str], int]
    waiting: Mapping[int, int]
    lag_us: int
    """How long the oldest task that is due has been waiting for a worker."""
    held_by_workers: int
    open_holds: int
    deliveries_waiting: int
    delivery_lag_us: int
    """How long the delivery that is due first has been due."""


async def read_figures(tx: Tx) -> Figures:
    """The figures as of now; a longer read."""
    since = id_floor(tx.now_us - RECENT_S * US_PER_S)
    tasks = await tx.rows(_TASKS, since, RECENT_ROWS_MAX)
    attempts = await tx.rows(_ATTEMPTS, since, RECENT_ROWS_MAX)
    waiting = await tx.rows(_WAITING)
    deliveries, delivery_lag_us = await waiting_deliveries(tx)
    held, holds = await tx.row(_HELD), await tx.row(_OPEN_HOLDS)
    return Figures(
        tasks={(row[0], row[1]): row[2] for row in tasks},
        attempts={(row[0], row[1]): row[2] for row in attempts},
        waiting={row[0]: row[1] for row in waiting},
        lag_us=max([0, *(tx.now_us - row[2] for row in waiting)]),
        held_by_workers=0 if held is None else int(held[0]),
        open_holds=0 if holds is None else int(holds[0]),
        deliveries_waiting=deliveries,
        delivery_lag_us=delivery_lag_us,
    )
