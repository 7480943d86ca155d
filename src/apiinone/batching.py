"""The two queues whose entries are written in common transactions: tasks that are accepted, and moves of tasks."""

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from apiinone.core.batch import Batcher
from apiinone.core.credits import whole
from apiinone.db import Database, Tx
from apiinone.settings import Settings
from apiinone.switchboard.standing import Board
from apiinone.tasks.moves import Move
from apiinone.tasks.moves import Outcome as MoveOutcome
from apiinone.tasks.settle import apply_moves
from apiinone.tasks.submission import Submission
from apiinone.tasks.submit import Outcome as SubmitOutcome
from apiinone.tasks.submit import SubmitRules, submit_batch

BATCH_MAX = 256
MOVES_WAITING_MAX = 100_000


def submissions_of(database: Database, settings: Settings, board: Board) -> Batcher[Submission, SubmitOutcome]:
    """Accepts tasks, each account with its share of a batch."""
    rules = SubmitRules(settings.open_tasks_max, whole(settings.test_credits_per_day), settings.unknown_max_s)

    async def run(batch: Sequence[Submission]) -> Sequence[SubmitOutcome]:
        held_to = replace(rules, closed=board.now.closed)

        async def work(tx: Tx) -> list[SubmitOutcome]:
            return await submit_batch(tx, batch, held_to)

        return await database.transact(work)

    share_of: Callable[[Submission], str] = lambda submission: submission.caller.account_id  # noqa: E731
    return Batcher(run, share_of=share_of, size_max=BATCH_MAX, queue_max=settings.queue_max)


def moves_of(database: Database) -> Batcher[Move, MoveOutcome]:
    """Makes moves, each account with its share of a batch."""

    async def run(batch: Sequence[Move]) -> Sequence[MoveOutcome]:
        async def work(tx: Tx) -> list[MoveOutcome]:
            return await apply_moves(tx, batch)

        return await database.transact(work)

    share_of: Callable[[Move], str] = lambda move: move.owner[0]  # noqa: E731
    return Batcher(run, share_of=share_of, size_max=BATCH_MAX, queue_max=MOVES_WAITING_MAX)
