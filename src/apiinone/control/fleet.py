"""How the installation is doing, for operators: tasks that are open, workers and their signs of life, what waits.

A worker's sign of life is its lease in the database. Names of processes that answer calls themselves stand there too:
they serve no node.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct

from apiinone.accounts.adjustment_rows import Adjustment, waiting_adjustments
from apiinone.core.clock import US_PER_S
from apiinone.credentials.sealed_rows import AlarmRow, read_alarms
from apiinone.db import Sql, Tx
from apiinone.tasks.figures import Figures, read_figures
from apiinone.tasks.lag_rows import read_lags
from apiinone.tasks.lifecycle import TaskState
from apiinone.tasks.poll_lag import PollLag

WORKERS_MAX: Final = 1_000
WAITING_MAX: Final = 100

_OPEN = Sql("SELECT state, count(*) FROM tasks WHERE finished_us IS NULL GROUP BY state ORDER BY state")
_OVERDUE = Sql("SELECT count(*) FROM tasks WHERE finished_us IS NULL AND deadline_us <= $1")
_WORKERS = Sql("SELECT epoch, nodes, started_us, lease_until_us FROM workers ORDER BY epoch DESC LIMIT $1")
_HELD = Sql("SELECT holder, count(*) FROM tasks WHERE holder IS NOT NULL GROUP BY holder")
_nodes = msgspec.json.Decoder(tuple[int, ...]).decode


class WorkerSeen(Struct, frozen=True):
    """A worker, or a process that answers calls itself (of no node)."""

    epoch: str
    nodes: tuple[int, ...]
    started_us: int
    lease_left_s: float
    """For how long the others still believe in it; negative: it is taken for dead."""
    held: int

    @property
    def alive(self) -> bool:
        """Whether its lease runs."""
        return self.lease_left_s > 0


class NodeSeen(Struct, frozen=True):
    """A pool of workers."""

    node: int
    workers: int
    waiting: int
    """Tasks that no worker holds."""


class Fleet(Struct, frozen=True):
    """The installation at one moment."""

    now_us: int
    open_tasks: Mapping[TaskState, int]
    overdue: int
    workers: tuple[WorkerSeen, ...]
    lags: Mapping[str, PollLag]
    alarms: tuple[AlarmRow, ...]
    adjustments: tuple[Adjustment, ...]
    """Those that wait for a second operator."""
    figures: Figures

    @property
    def unknown(self) -> int:
        """Tasks of which nobody knows whether their vendor made them."""
        return self.open_tasks.get("unknown", 0)

    def nodes(self, served: frozenset[int]) -> tuple[NodeSeen, ...]:
        """The nodes of models, and those with workers or waiting tasks; one without a worker comes first."""
        alive = [worker for worker in self.workers if worker.alive]
        names = {*served, *self.figures.waiting, *(node for worker in alive for node in worker.nodes)}
        seen = [
            NodeSeen(node, sum(node in worker.nodes for worker in alive), self.figures.waiting.get(node, 0))
            for node in sorted(names)
        ]
        return tuple(sorted(seen, key=lambda node: node.workers > 0))


async def read_fleet(tx: Tx) -> Fleet:
    """Everything, in a longer read."""
    held: Mapping[str, int] = {row[0]: row[1] for row in await tx.rows(_HELD)}
    overdue = await tx.row(_OVERDUE, tx.now_us)
    return Fleet(
        now_us=tx.now_us,
        open_tasks={row[0]: row[1] for row in await tx.rows(_OPEN)},
        overdue=0 if overdue is None else int(overdue[0] or 0),
        workers=tuple(await read_workers(tx, held)),
        lags=await read_lags(tx),
        alarms=tuple(await read_alarms(tx)),
        adjustments=tuple(await waiting_adjustments(tx, WAITING_MAX)),
        figures=await read_figures(tx),
    )


async def read_workers(tx: Tx, held: Mapping[str, int]) -> list[WorkerSeen]:
    """All workers, the newest first; `held`: how many tasks each holds."""
    rows = await tx.rows(_WORKERS, WORKERS_MAX)
    return [
        WorkerSeen(row[0], _nodes(row[1]), row[2], (row[3] - tx.now_us) / US_PER_S, held.get(row[0], 0)) for row in rows
    ]
