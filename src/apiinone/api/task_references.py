"""Fields that name an earlier task: the caller's own, in the same mode, with outputs of the kind that is needed."""

from collections.abc import Iterable, Mapping

from apiinone.accounts.callers import Caller
from apiinone.api.context import Context
from apiinone.api.task_ids import read_task_id
from apiinone.catalog.entry import Choice
from apiinone.catalog.load import Catalogue
from apiinone.catalog.parameters import MediaKind, TaskReference
from apiinone.core.errors import BadRequest, NotFound
from apiinone.tasks.task_view import TaskView, read_task

_KINDS: Mapping[MediaKind, str] = {"image": "picture", "video": "clip", "audio": "sound"}


async def own_references(
    context: Context, caller: Caller, references: Iterable[TaskReference], fields: Mapping[str, object]
) -> dict[str, TaskView]:
    """The tasks that these fields name, by field.

    Raises NotFound for tasks that are not the caller's, BadRequest for those without an output of the field's kind.
    """
    found: dict[str, TaskView] = {}
    for reference in references:
        value = fields.get(reference.name)
        if isinstance(value, str):
            found[reference.name] = await own_made(context, caller, value, reference.name, reference.of)
    return found


async def own_made(context: Context, caller: Caller, written_id: str, field: str, kind: MediaKind) -> TaskView:
    """The caller's task of this id that made something of this kind. Raises NotFound, BadRequest naming the field."""
    view = await _own(context, caller, written_id)
    if view is None:
        raise NotFound(f"'{field}' names no task of yours.", param=f"/{field}")
    if not view.outputs:
        raise BadRequest(f"The task that '{field}' names has no output.", param=f"/{field}")
    choice = made_with(context.catalogue, view)
    if choice is not None and choice.entry.makes(view.operation)[0] != kind:
        raise BadRequest(f"The task that '{field}' names has made no {_KINDS[kind]}.", param=f"/{field}")
    return view


def made_with(catalogue: Catalogue, view: TaskView) -> Choice | None:
    """The model and sub-model of a task; None where the catalogue has lost them since."""
    return catalogue.remembered(view.sub_model)


async def _own(context: Context, caller: Caller, written_id: str) -> TaskView | None:
    name = read_task_id(written_id)
    if name is None:
        return None
    view = await read_task(context.database, caller.owner, name.id)
    return view if view is not None and (name.node, name.suffix) == (view.node, view.suffix) else None
