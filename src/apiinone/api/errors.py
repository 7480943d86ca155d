"""The one place where refusals become responses, from an allow-list of fields (contract: Errors)."""

from typing import Annotated, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from apiinone.api.answer import Answer, Header, encode
from apiinone.core.errors import (
    TASK_ERROR_STATUS,
    BadRequest,
    Conflict,
    DatabaseUnavailable,
    MethodNotAllowed,
    PayloadTooLarge,
    ProviderFailed,
    RangeNotSatisfiable,
    Refusal,
    ServerError,
    refusals,
)
from apiinone.db import CommitInDoubt

_UNREACHABLE: Final = "The database does not answer; nothing was accepted. Try again shortly."
_IN_DOUBT: Final = "The database was lost while storing this. Send it again with the same Idempotency-Key to be sure."
_UNEXPECTED: Final = "Something went wrong on our side. The request id helps us to find it."


class Error(Struct, frozen=True):
    """Why a request was refused, or why a task failed."""

    code: Annotated[int, Meta(description="The HTTP status; for a failed task the one that says the same.")]
    type: Annotated[str, Meta(description="What kind of refusal: one stable word for programs to branch on.")]
    message: Annotated[str, Meta(description="A sentence for people.")]
    param: Annotated[
        str | None,
        Meta(description="The field at fault as a JSON pointer, or the name of a header or query parameter."),
    ]
    retryable: Annotated[bool, Meta(description="Whether the same request may succeed later.")]
    request_id: Annotated[str, Meta(description="The X-Request-Id of the request.")]
    cancel_requested: Annotated[
        bool | UnsetType,
        Meta(description="On a cancellation that came too late: it is on record, and the result decides."),
    ] = UNSET
    task_id: Annotated[str | UnsetType, Meta(description="On a streamed chat that cannot be replayed: its record.")] = (
        UNSET
    )


class ErrorBody(Struct, frozen=True):
    """The body of every refusal."""

    error: Error


class CancelRequested(Conflict):
    """The task may be at a vendor, so it is not cancelled at once; the wish is on record."""


class NotReplayable(Conflict):
    """A streamed answer is not kept; `task_id` is its record."""

    def __init__(self, task_id: str) -> None:
        """Take the record's id as clients see it."""
        sentence = f"A streamed chat cannot be replayed; GET /api/v1/tasks/{task_id} tells how it ended."
        super().__init__(sentence, param="Idempotency-Key")
        self.task_id = task_id


class ContentRefused(BadRequest):
    """The operator's rules refused a request, or the provider's moderation a call."""

    type = "content_policy"


class ProviderTimedOut(ProviderFailed):
    """The provider did not answer before the call's deadline."""

    status = 504
    type = "provider_timeout"


class WrongMethod(MethodNotAllowed):
    """The path exists, the method does not; `allowed` are those that do."""

    def __init__(self, allowed: str) -> None:
        """Take the methods as the `Allow` header lists them."""
        super().__init__(f"This path takes {allowed}.")
        self.allowed = allowed


class NoSuchRange(RangeNotSatisfiable):
    """No byte of the file lies in the range that was asked for; `length` are the bytes that it has."""

    def __init__(self, length: int) -> None:
        """Take how many bytes the file has."""
        super().__init__(f"The output has {length} bytes, and none of them lies in this range.", param="Range")
        self.length = length


def refused(refusal: Refusal, request_id: str) -> Answer:
    """The response for a refusal."""
    error = Error(
        code=refusal.status,
        type=refusal.type,
        message=_message(refusal),
        param=refusal.param,
        retryable=refusal.retryable,
        request_id=request_id,
        cancel_requested=True if isinstance(refusal, CancelRequested) else UNSET,
        task_id=refusal.task_id if isinstance(refusal, NotReplayable) else UNSET,
    )
    return Answer(refusal.status, encode(ErrorBody(error)), _headers(refusal))


def unexpected(request_id: str) -> Answer:
    """The response for a defect of ours; what it was stands in the log only."""
    return refused(ServerError(_UNEXPECTED), request_id)


def call_failed(kind: str, message: str) -> Refusal:
    """What a call that answers at once raises where it failed, by its error's type."""
    match kind:
        case "content_policy":
            return ContentRefused(message)
        case "bad_request":
            return BadRequest(message)
        case "provider_timeout":
            return ProviderTimedOut(message)
        case _:
            return ProviderFailed(message)


def task_error(kind: str, message: str, request_id: str) -> Error:
    """What a failed task carries: the same object, with the status that fits its type."""
    code, retryable = _KINDS.get(kind, (ServerError.status, ServerError.retryable))
    return Error(code, kind, message, None, retryable, request_id)


def _message(refusal: Refusal) -> str:
    """What the client reads. What a database says stays in the log."""
    match refusal:
        case CommitInDoubt():
            return _IN_DOUBT
        case DatabaseUnavailable():
            return _UNREACHABLE
        case _:
            return refusal.message


def _headers(refusal: Refusal) -> tuple[Header, ...]:
    headers: list[Header] = []
    if refusal.retry_after_s is not None:
        headers.append((b"retry-after", b"%d" % refusal.retry_after_s))
    match refusal:
        case WrongMethod(allowed=allowed):
            headers.append((b"allow", allowed.encode()))
        case NoSuchRange(length=length):
            headers.append((b"content-range", b"bytes */%d" % length))
        case PayloadTooLarge():
            headers.append((b"connection", b"close"))  # the rest of the body is not read
        case Refusal(status=401):
            headers.append((b"www-authenticate", b"Bearer"))
        case _:
            pass
    return tuple(headers)


_KINDS: Final = {kind.type: (kind.status, kind.retryable) for kind in refusals()} | {
    kind: (status, status >= 500)  # noqa: PLR2004 - whose fault it was
    for kind, status in TASK_ERROR_STATUS.items()
}
