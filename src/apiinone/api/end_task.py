"""Cancelling and deleting a task that was found for its owner, for routes and for pages alike."""

from typing import assert_never

from apiinone.api.errors import CancelRequested
from apiinone.api.house import House
from apiinone.assets.storage import StorageFailed
from apiinone.core.errors import Conflict, NotFound, ServerError
from apiinone.db import Tx
from apiinone.tasks.delete import Missing, Unreachable, drop_outputs, make_unreachable
from apiinone.tasks.moves import CancelAsked, Move, Moved, Stale
from apiinone.tasks.task_view import TaskView
from apiinone.tasks.worker import CANCEL


async def cancel(house: House, view: TaskView) -> bool:
    """Cancel it; False where it was cancelled before. Raises CancelRequested, Conflict, NotFound."""
    if view.state == "canceled":
        return False
    outcome = await house.context.apply(Move(view.id, view.owner, CancelAsked()))
    match outcome:
        case Moved():
            return True
        case Stale(state=None):
            raise NotFound("There is no such task.", param="task_id")
        case Stale(held=True):
            house.hints.soon(CANCEL + view.id)
            raise CancelRequested("The provider may be at work on it; it is asked to stop, and the result decides.")
        case Stale(state="canceled"):
            return True
        case Stale():
            raise Conflict("The task has ended already.")
        case _:
            assert_never(outcome)


async def delete(house: House, view: TaskView) -> None:
    """Its request and outputs go, for good. Raises Conflict, NotFound, ServerError where files are left over."""
    context = house.context

    async def first(tx: Tx) -> Unreachable | Missing:
        return await make_unreachable(tx, view.owner, view.id)

    async def second(tx: Tx) -> None:
        await drop_outputs(tx, view.id)

    match await context.database.transact(first):
        case Missing():
            raise NotFound("There is no such task.", param="task_id")
        case Unreachable(storage_keys):
            try:
                await context.storage.delete(storage_keys)
            except StorageFailed as error:
                sentence = "Nobody can read it any more, but its files could not be deleted just now; ask again."
                raise ServerError(sentence) from error
            if storage_keys:
                await context.database.transact(second)
