"""Suno's views of a task: how a song, a cover picture or a song over given audio stands, in that product's own form.

The form is the one its clients know (`data.type`, `request_body`, `response_data`); of the two status routes no public
page shows more than `task_id` and `status`, so the rest of their answer is the feed's.
"""

from typing import Annotated, Final

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from apiinone.accounts.callers import Caller
from apiinone.api.answer import Answer, success
from apiinone.api.call import Call
from apiinone.api.house import House
from apiinone.api.queries import read_query
from apiinone.api.route import ByKey, Json, NoBody, Route
from apiinone.api.task_ids import read_task_id, written_take
from apiinone.api.task_page import Moment, Status, TaskId, TaskPage, retry_after, task_page
from apiinone.api.task_references import made_with
from apiinone.catalog.endpoints import OPERATIONS
from apiinone.catalog.entry import Choice
from apiinone.core.errors import BadRequest, NotFound
from apiinone.tasks.task_view import TaskView, read_task

COVER: Final = "music/cover/generate"
UPLOAD_COVER: Final = "music/upload-cover/generate"
_ALL_WELL: Final = "All generated successfully."
_Id = Annotated[str, Meta(min_length=1, max_length=128, description="The task.")]
_decode = msgspec.json.Decoder(dict[str, object]).decode


class FeedQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which song; the older name of the parameter still works."""

    task_id: _Id | UnsetType = UNSET
    workId: Annotated[str, Meta(min_length=1, max_length=128, description="Old.")] | UnsetType = UNSET  # noqa: N815 - Suno's own name


class StatusQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which task."""

    task_id: _Id


class TakePage(Struct, frozen=True):
    """One of the files that a task makes, finished or not. `duration` is in seconds."""

    id: str
    audio_url: str
    image_url: str
    status: Annotated[str, Meta(description="`text`, then `first`, then `complete`; or `error`.")]
    title: str
    duration: float | None
    model_name: str
    extra_message: str
    fail_message: str
    error_message: str


class SongPage(Struct, frozen=True):
    """A song's task in Suno's form; `type` is the task's status."""

    type: Status
    request_body: Annotated[Raw, Meta(extra_json_schema={"type": ["object", "null"]})]
    response_data: tuple[TakePage, ...]
    created_at: Moment


class WorkPage(Struct, frozen=True):
    """A cover's task in Suno's form."""

    task_id: TaskId
    status: Status
    request_body: Annotated[Raw, Meta(extra_json_schema={"type": ["object", "null"]})]
    response_data: tuple[TakePage, ...]
    created_at: Moment


async def show_feed(house: House, call: Call, caller: Caller) -> Answer:
    """A song, be it new, carried on, or sung over given audio."""
    query = read_query(call.query_string, FeedQuery)
    given = [value for value in (query.task_id, query.workId) if value is not UNSET]
    if len(given) != 1:
        raise BadRequest("Name one task, as `task_id`.", param="task_id")
    view, choice = await _own(house, caller, given[0])
    if choice.entry.makes(view.operation)[0] != choice.entry.output:
        raise _no_such_task()
    page = _page(house, view)
    found = SongPage(page.status, page.request, _takes(page, view, choice), page.created_at)
    return success(found, retry_after(page))


async def show_cover(house: House, call: Call, caller: Caller) -> Answer:
    """A cover picture."""
    return await _work(house, call, caller, COVER)


async def show_upload_cover(house: House, call: Call, caller: Caller) -> Answer:
    """A song over given audio."""
    return await _work(house, call, caller, UPLOAD_COVER)


async def _work(house: House, call: Call, caller: Caller, operation: str) -> Answer:
    view, choice = await _own(house, caller, read_query(call.query_string, StatusQuery).task_id)
    if view.operation != operation:
        raise _no_such_task()
    page = _page(house, view)
    found = WorkPage(page.task_id, page.status, page.request, _takes(page, view, choice), page.created_at)
    return success(found, retry_after(page))


async def _own(house: House, caller: Caller, written_id: str) -> tuple[TaskView, Choice]:
    """The caller's task of a model that has these routes. Raises NotFound."""
    name = read_task_id(written_id)
    view = None if name is None else await read_task(house.context.database, caller.owner, name.id)
    if name is None or view is None or (name.node, name.suffix) != (view.node, view.suffix):
        raise _no_such_task()
    choice = made_with(house.context.catalogue, view)
    if choice is None or not any(choice.entry.route_of(operation.name) for operation in OPERATIONS):
        raise _no_such_task()
    return view, choice


def _no_such_task() -> NotFound:
    return NotFound("There is no such task of yours.", param="task_id")


def _page(house: House, view: TaskView) -> TaskPage:
    return task_page(view, house.context.links, house.context.clock.now_us())


def _takes(page: TaskPage, view: TaskView, choice: Choice) -> tuple[TakePage, ...]:
    """What there is; before the end and after a failure, what there was to be."""
    kind, planned = choice.entry.makes(view.operation)
    request = {} if view.request is None else _decode(view.request)
    failure = "" if page.error is None else page.error.message
    numbers = [output.output_no for output in view.outputs] if page.status == "SUCCESS" else range(planned)
    takes: list[TakePage] = []
    for place, number in enumerate(numbers):
        output = page.outputs[place] if place < len(page.outputs) else None
        url = "" if output is None else output.url
        takes.append(
            TakePage(
                id=written_take(page.task_id, number),
                audio_url=url if kind == "audio" else "",
                image_url=url if kind == "image" else "",
                status=_item_status(page),
                title=str(request.get("title", "")),
                duration=None if output is None else output.duration_s,
                model_name=page.model,
                extra_message=_ALL_WELL if page.status == "SUCCESS" else "",
                fail_message=failure,
                error_message=failure,
            )
        )
    return tuple(takes)


def _item_status(page: TaskPage) -> str:
    if page.status == "SUCCESS":
        return "complete"
    if page.status != "IN_PROGRESS":
        return "error"
    return "first" if page.stage == "storing" else "text"


SONG_ROUTES: Final = (
    Route(
        method="GET",
        path="/api/v1/audio/music/feed",
        name="show_feed",
        about="How a song's task stands, in Suno's own form.",
        authority=ByKey("tasks.read", show_feed),
        ids=(),
        query=FeedQuery,
        headers=(),
        body=NoBody(),
        answers=Json((SongPage,)),
        refusals=(NotFound,),
    ),
    Route(
        method="GET",
        path="/api/v1/audio/music/cover/status",
        name="show_cover",
        about="How a cover picture's task stands.",
        authority=ByKey("tasks.read", show_cover),
        ids=(),
        query=StatusQuery,
        headers=(),
        body=NoBody(),
        answers=Json((WorkPage,)),
        refusals=(NotFound,),
    ),
    Route(
        method="GET",
        path="/api/v1/audio/music/upload-cover/status",
        name="show_upload_cover",
        about="How the task of a song over given audio stands.",
        authority=ByKey("tasks.read", show_upload_cover),
        ids=(),
        query=StatusQuery,
        headers=(),
        body=NoBody(),
        answers=Json((WorkPage,)),
        refusals=(NotFound,),
    ),
)
