"""Routes of tasks: look, list, cancel, delete."""

from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from apiinone.accounts.callers import Caller
from apiinone.api.answer import Answer, page, success
from apiinone.api.call import Call
from apiinone.api.cursors import read_cursor, write_cursor
from apiinone.api.end_task import cancel, delete
from apiinone.api.house import House
from apiinone.api.look_at_task import own_task
from apiinone.api.queries import Cursor, Limit, given, read_moment, read_query
from apiinone.api.request_headers import WAIT_S_MAX, preference_applied, preferred_wait_s
from apiinone.api.task_page import Status, retry_after, task_page
from apiinone.catalog.load import Catalogue
from apiinone.core.errors import BadRequest
from apiinone.core.ids import is_id
from apiinone.db import Tx
from apiinone.tasks.history import NO_ID_AFTER, Wanted, read_tasks
from apiinone.tasks.lifecycle import TASK_MOVES, TaskState, status_of
from apiinone.tasks.task_view import TaskView

PAGE_ROWS: Final = 20
_STATES: Final[tuple[TaskState, ...]] = tuple(sorted({*TASK_MOVES.values(), *(state for state, _ in TASK_MOVES)}))


class WaitQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """How long to wait for the task's end."""

    wait: Annotated[int, Meta(ge=0, le=WAIT_S_MAX, description="Seconds to wait for the task's end.")] = 0


class TasksQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which tasks."""

    status: Status | UnsetType = UNSET
    model: Annotated[str, Meta(min_length=1, max_length=64, description="A model or sub-model.")] | UnsetType = UNSET
    mode: Annotated[Literal["live", "test"], Meta(description="Only the key's own mode has any.")] | UnsetType = UNSET
    created_after: Annotated[str, Meta(description="At or after this moment (ISO 8601).")] | UnsetType = UNSET
    created_before: Annotated[str, Meta(description="Before this moment (ISO 8601).")] | UnsetType = UNSET
    metadata: Annotated[
        dict[Annotated[str, Meta(max_length=64)], Annotated[str, Meta(max_length=512)]],
        Meta(max_length=16, description="`metadata[name]=value`: tasks that carry all of these."),
    ] = {}
    limit: Limit = PAGE_ROWS
    cursor: Cursor | UnsetType = UNSET


async def show_task(house: House, call: Call, caller: Caller) -> Answer:
    """The task as it stands, with links signed anew."""
    asked_s, preferred_s = read_query(call.query_string, WaitQuery).wait, preferred_wait_s(call)
    view = await own_task(house, call, caller, wait_s=asked_s or preferred_s)
    found = task_page(view, house.context.links, house.context.clock.now_us())
    return success(found, (*preference_applied(preferred_s), *retry_after(found)))


async def list_tasks(house: House, call: Call, caller: Caller) -> Answer:
    """A page of the caller's tasks, newest first."""
    query = read_query(call.query_string, TasksQuery)
    context = house.context
    wanted = _wanted(query, context.catalogue)
    if wanted is None or query.mode not in (UNSET, caller.mode):
        return page((), None)

    async def look(tx: Tx) -> list[TaskView]:
        return await read_tasks(tx, caller.owner, wanted)

    plain = not (query.status or query.model or query.metadata)  # a filter may pass over many rows
    found = await (context.database.read(look) if plain else context.database.read_long(look))
    shown_, now_us = found[: query.limit], context.clock.now_us()
    more = len(found) > query.limit
    return page(
        [task_page(view, context.links, now_us) for view in shown_],
        write_cursor("tasks", shown_[-1].id) if more else None,
    )


async def cancel_task(house: House, call: Call, caller: Caller) -> Answer:
    """CANCELED where that is certain; else a conflict, and the result decides."""
    view = await own_task(house, call, caller)
    if await cancel(house, view):
        view = await own_task(house, call, caller)
    return _shown(house, view)


async def delete_task(house: House, call: Call, caller: Caller) -> Answer:
    """An ended task's request and outputs go, for good; what was paid stays on record."""
    await delete(house, await own_task(house, call, caller))
    return _shown(house, await own_task(house, call, caller))


def _shown(house: House, view: TaskView) -> Answer:
    found = task_page(view, house.context.links, house.context.clock.now_us())
    return success(found, retry_after(found))


def _wanted(query: TasksQuery, catalogue: Catalogue) -> Wanted | None:
    """What to read, one row more than asked for; None where nothing can match."""
    before_id = NO_ID_AFTER
    if query.cursor is not UNSET:
        (before_id,) = read_cursor("tasks", query.cursor, 1)
        if not is_id(before_id):
            raise BadRequest("This is not a cursor of this list.", param="cursor")
    model = sub_model = None
    if query.model is not UNSET:
        choice = catalogue.remembered(query.model)
        if choice is None:
            return None
        whole = query.model in (choice.entry.id, choice.entry.slug, *choice.entry.aliases)
        model, sub_model = choice.entry.id, None if whole else choice.sub_model.id
    return Wanted(
        limit=query.limit + 1,
        states=_states_of(given(query.status)),
        before_id=before_id,
        created_from_us=_moment(given(query.created_after), "created_after"),
        created_before_us=_moment(given(query.created_before), "created_before"),
        model=model,
        sub_model=sub_model,
        labels=query.metadata,
    )


def _states_of(status: Status | None) -> tuple[TaskState, ...]:
    return _STATES if status is None else tuple(state for state in _STATES if status_of(state) == status)


def _moment(text: str | None, param: str) -> int | None:
    return None if text is None else read_moment(text, param)
