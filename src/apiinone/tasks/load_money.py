"""The money that a batch of moves may touch, loaded under its owners' locks."""

from collections.abc import Sequence

from apiinone.db import Tx
from apiinone.ledger.budgets import Limits, load_limits_of
from apiinone.ledger.ledger import Books
from apiinone.ledger.statements import load_holds
from apiinone.tasks.moves import (
    CancelAsked,
    EndedByHand,
    HoldMore,
    Move,
    TimePassed,
    WasAnswered,
    WasCanceled,
    WasRejected,
    WasStored,
)

_TOUCHING = (WasRejected, WasStored, WasAnswered, WasCanceled, CancelAsked, TimePassed, EndedByHand, HoldMore)
"""What may end a hold or make it larger."""


async def load_money(tx: Tx, moves: Sequence[Move]) -> tuple[Books, Limits]:
    """The holds that these moves may end or make larger, and the budgets of the latter. Most moves touch none."""
    touching = [move for move in moves if isinstance(move.what, _TOUCHING)]
    if not touching:
        return Books(tx.now_us), Limits()
    growing = [move for move in touching if isinstance(move.what, HoldMore)]
    task_ids, owners = {move.task_id for move in touching}, {move.owner for move in touching}
    books = await load_holds(tx, owners, task_ids, {move.owner for move in growing})
    grown = {move.task_id for move in growing}
    return books, await load_limits_of(tx, [hold for hold, _ in books.open_holds.values() if hold.id in grown])
