"""Reading one task for its owner, at once or when it has ended."""

from apiinone.accounts.callers import Caller
from apiinone.api.call import Call
from apiinone.api.house import House
from apiinone.api.task_ids import read_task_id
from apiinone.core.errors import NotFound
from apiinone.tasks.task_view import TaskView, read_task


async def own_task(house: House, call: Call, caller: Caller, *, wait_s: int = 0) -> TaskView:
    """The caller's task that the path names. Raises NotFound: for no such task, and for one that is not theirs."""
    name = read_task_id(call.ids["task_id"])
    view = None if name is None else await wait_for_task(house, call, caller, name.id, wait_s)
    if name is None or view is None or (name.node, name.suffix) != (view.node, view.suffix):
        raise NotFound("There is no such task.", param="task_id")
    return view


async def wait_for_task(house: House, call: Call, caller: Caller, task_id: str, wait_s: int) -> TaskView | None:
    """The caller's task by its opaque id once it has ended, or as it stands after so many seconds; None: not theirs."""
    database = house.context.database
    if wait_s <= 0:
        return await read_task(database, caller.owner, task_id)

    async def look() -> tuple[TaskView | None, bool]:
        view = await read_task(database, caller.owner, task_id)
        return view, view is None or view.final

    clock = house.context.clock
    began_s = clock.monotonic_s()
    view = await house.context.waiters.wait(task_id, caller.key_id, seconds=wait_s, look=look)
    call.waited_s = clock.monotonic_s() - began_s
    return view
