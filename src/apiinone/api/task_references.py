"""Fields that name an earlier task: it must be the caller's own, in the same mode, and have a picture."""

from apiinone.accounts.callers import Caller
from apiinone.api.context import Context
from apiinone.api.creation import Creation
from apiinone.api.task_ids import read_task_id
from apiinone.catalog.parameters import TaskReference
from apiinone.core.errors import BadRequest, NotFound
from apiinone.tasks.task_view import TaskView, read_task


async def refuse_foreign_references(context: Context, caller: Caller, creation: Creation) -> None:
    """Resolve each reference in the caller's account. Raises NotFound for others' tasks, BadRequest without outputs."""
    for parameter in creation.choice.entry.parameters:
        value = creation.parsed.fields.get(parameter.name)
        if not isinstance(parameter, TaskReference) or not isinstance(value, str):
            continue
        view = await _own(context, caller, value)
        if view is None:
            raise NotFound(f"'{parameter.name}' names no task of yours.", param=f"/{parameter.name}")
        if not view.outputs:
            raise BadRequest(f"The task that '{parameter.name}' names has no output.", param=f"/{parameter.name}")


async def _own(context: Context, caller: Caller, written_id: str) -> TaskView | None:
    name = read_task_id(written_id)
    if name is None:
        return None
    view = await read_task(context.database, caller.owner, name.id)
    return view if view is not None and (name.node, name.suffix) == (view.node, view.suffix) else None
