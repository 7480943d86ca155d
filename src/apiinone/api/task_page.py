"""A task as its owner reads it (contract: Task)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Final, Literal, cast

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from apiinone.accounts.keys import Mode
from apiinone.api.answer import Header
from apiinone.api.errors import Error, task_error
from apiinone.api.model_forms import Amount
from apiinone.api.output_links import OutputLinks
from apiinone.api.task_ids import PATTERN, written
from apiinone.assets.links import OutputPath
from apiinone.core.clock import US_PER_S, iso
from apiinone.core.credits import shown
from apiinone.tasks.lifecycle import STATUS, stage_of
from apiinone.tasks.task_view import OutputView, TaskView

Status = Literal["IN_PROGRESS", "SUCCESS", "FAILED", "CANCELED"]
Stage = Literal["queued", "submitting", "running", "storing", "unknown", "done"]
TaskId = Annotated[str, Meta(pattern=PATTERN, description="The task's id; opaque.")]
Moment = Annotated[
    str, Meta(description="UTC, such as 2026-11-23T01:02:03.456Z.", extra_json_schema={"format": "date-time"})
]
Operation = Annotated[
    str, Meta(description="Which further create route made it, such as `music/extend`; empty: the endpoint's own.")
]
MS_PER_S: Final = 1000
POLL_FIRST_S: Final = 1
POLL_LAST_S: Final = 10
REQUEST_SHOWN_BYTES_MAX: Final = 16 * 1024
DATA_SHOWN_CHARACTERS: Final = 64
_NULL: Final = Raw(b"null")
_EMPTY: Final = Raw(b"{}")
_decode: Final = msgspec.json.Decoder(dict[str, object]).decode


class OutputPage(Struct, frozen=True):
    """One output: our own copy behind a signed link, good for at most an hour; read the task again for a new one."""

    url: str
    content_type: str
    bytes: int
    width: Annotated[int | None, Meta(description="Pixels; null for sounds.")]
    height: Annotated[int | None, Meta(description="Pixels; null for sounds.")]
    duration_s: Annotated[
        float | None, Meta(description="Of a film or sound; null for pictures, and where a file does not say.")
    ]
    sha256: Annotated[str, Meta(description="Of the bytes, in hex.")]


class TaskPage(Struct, frozen=True):
    """A task."""

    task_id: TaskId
    status: Status
    stage: Stage
    model: str
    endpoint: str
    operation: Operation
    mode: Mode
    request: Annotated[
        Raw,
        Meta(
            description="The body as accepted, defaults written in; null once deleted.",
            extra_json_schema={"type": ["object", "null"]},
        ),
    ]
    response: Annotated[tuple[str, ...], Meta(description="The outputs' addresses; empty until SUCCESS.")]
    outputs: tuple[OutputPage, ...]
    held_credits: Annotated[Amount, Meta(description="Credits held for it now; none once it has ended.")]
    consumed_credits: Annotated[Amount, Meta(description="Credits it has cost.")]
    error: Error | None
    metadata: Annotated[Raw, Meta(extra_json_schema={"type": "object", "additionalProperties": {"type": "string"}})]
    poll_after_s: Annotated[int | None, Meta(description="When to look again; null once it has ended.")]
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    expires_at: Annotated[Moment | None, Meta(description="When its outputs go.")]
    credits: Annotated[
        Amount | UnsetType, Meta(description="In answers to its creation: what is held for it at most.")
    ] = UNSET


class NewTask(Struct, frozen=True):
    """A task just created."""

    task_id: TaskId
    status: Status
    model: str
    mode: Mode
    credits: Annotated[int | Decimal, Meta(description="What is held for it.")]
    poll_after_s: int
    created_at: Moment


def task_page(view: TaskView, links: OutputLinks, now_us: int, *, with_credits: bool = False) -> TaskPage:
    """The task as it stands; links to its outputs are signed anew."""
    name = written(view.node, view.id, view.suffix)
    outputs = _outputs(view, name, links, now_us) if view.outputs else ()
    final = view.captured is not None
    return TaskPage(
        task_id=name,
        status=STATUS.get(view.state, "IN_PROGRESS"),  # pyright: ignore[reportArgumentType] - the words of `STATUS`
        stage=stage_of(view.state),  # pyright: ignore[reportArgumentType] - the states that are not final
        model=view.sub_model,
        endpoint=view.endpoint,
        operation=view.operation,
        mode=view.owner[1],
        request=_NULL if view.request is None else _shown_request(view.request),
        response=tuple([output.url for output in outputs]),
        outputs=outputs,
        held_credits=0 if final else shown(view.held),
        consumed_credits=0 if view.captured is None else shown(view.captured),
        error=_error(view),
        metadata=_EMPTY if view.metadata is None else Raw(view.metadata),
        poll_after_s=None if final else _poll_after_s(view, now_us),
        created_at=iso(view.created_us),
        started_at=None if view.started_us is None else iso(view.started_us),
        finished_at=None if view.finished_us is None else iso(view.finished_us),
        expires_at=None if view.expires_us is None else iso(view.expires_us),
        credits=shown(view.held) if with_credits else UNSET,
    )


def retry_after(page: TaskPage) -> tuple[Header, ...]:
    """`Retry-After` while the task is under way."""
    return () if page.poll_after_s is None else ((b"retry-after", b"%d" % page.poll_after_s),)


def _poll_after_s(view: TaskView, now_us: int) -> int:
    """The longer it takes, the less often it is worth looking."""
    age_s = (now_us - view.created_us) // US_PER_S
    return min(POLL_LAST_S, max(POLL_FIRST_S, age_s // 10))


def _error(view: TaskView) -> Error | None:
    if view.error_type is None:
        return None
    return task_error(view.error_type, view.error_message or "", view.request_id)


def _outputs(view: TaskView, name: str, links: OutputLinks, now_us: int) -> tuple[OutputPage, ...]:
    pages: list[OutputPage] = []
    account_id, mode = view.owner
    for output in view.outputs:
        path = OutputPath(mode, account_id, view.id, output.output_no)
        url = links.url(name, path, now_us=now_us, expires_us=output.expires_us)
        if url is not None:
            pages.append(_output(output, url))
    return tuple(pages)


def _output(output: OutputView, url: str) -> OutputPage:
    duration_s = None if output.duration_ms is None else output.duration_ms / MS_PER_S
    return OutputPage(url, output.content_type, output.bytes, output.width, output.height, duration_s, output.sha256)


def _shown_request(request: str) -> Raw:
    """The request as stored; where it is long, without the insides of its `data:` URLs."""
    if len(request) <= REQUEST_SHOWN_BYTES_MAX:
        return Raw(request)
    fields: Mapping[str, object] = _decode(request)
    return Raw(msgspec.json.encode({name: _shortened(value) for name, value in fields.items()}))


def _shortened(value: object) -> object:
    match value:
        case str() if value.startswith("data:") and len(value) > DATA_SHOWN_CHARACTERS:
            return f"{value[:DATA_SHOWN_CHARACTERS]}… ({len(value)} characters)"
        case list():
            return [_shortened(item) for item in cast("list[object]", value)]
        case _:
            return value
