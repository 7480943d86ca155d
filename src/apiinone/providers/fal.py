"""fal, a reseller: an order waits in a queue; its state stands in one place and its result in another.

Facts: the vendor's Python SDK 1.0.3, its pages on errors, webhooks and limits, litellm 1.109.1 where it talks to this
vendor, and its issues for how an empty balance looks; what none of them says is marked unconfirmed.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, cast
from urllib.parse import quote

from msgspec import Raw, Struct

from apiinone.core.exchange import InHeader, Request, Response
from apiinone.providers.pixel_sides import pixel_sides
from apiinone.providers.provider import (
    Accepted,
    Canceled,
    Fault,
    Finished,
    Order,
    PollReply,
    Reference,
    Rejected,
    Running,
    SubmitReply,
    Unclear,
)
from apiinone.providers.reading import decoded, fault_in, linked, refusal, rejected
from apiinone.providers.signatures import Scheme, signed_id
from apiinone.providers.transports import Polled

BASE_URL: Final = "https://queue.fal.run"
SUBMIT_TIMEOUT_S: Final = 120.0
"""The SDK's own."""
POLL_INTERVAL_S: Final = 1.0
"""Our choice; the SDK asks ten times as often."""
CANCEL_TIMEOUT_S: Final = 30.0
STATUS_END: Final = "/status"
CANCEL_END: Final = "/cancel"
SIDES: Final[Mapping[str, int]] = {"1K": 1024, "2K": 2048, "4K": 4096}
ERROR_TYPE_HEADER: Final = "x-fal-error-type"
SIGNED: Final = Scheme("x-fal-webhook-", "request-id")
LOCKED_FOR_MONEY: Final = re.compile(rb"exhausted balance|top[ _-]?up", re.IGNORECASE)
"""How the vendor says that a balance is used up, with status 403: `User is locked. Reason: …` (its issues)."""
CLIENT_ERRORS: Final = re.compile(
    r"image_|file_|audio_|video_|media_|face_detection|greater_|less_|multiple_of|sequence_|one_of|missing|value_error"
    r"|unsupported_|invalid_|feature_not_supported|bad_request"
)
"""Types of errors that speak of what the client sent (page on errors); `content_policy_violation` stands apart."""


class Fal(Polled):
    """The adapter. Pure: it describes requests and reads answers."""

    name = "fal"
    auth = InHeader("Authorization", "Key ")
    credential_names: tuple[str, ...] = ("FAL_KEY",)
    submit_per_s_max = 10.0
    """Our choice; the vendor queues what is too much."""
    concurrent_max = 40
    """What an account may grow to; above its own limit orders wait in the vendor's queue (limits)."""
    poll_interval_s = POLL_INTERVAL_S
    webhook_secret_name: str | None = "FAL_WEBHOOK_KEYS"  # noqa: S105 - the name of a setting, whose keys are public
    """Public keys of the vendor, from its JWKS at rest.fal.ai: see `signatures`."""

    def __init__(self, base_url: str = BASE_URL) -> None:
        """Take where the API stands. Raises ValueError for what is no URL."""
        super().__init__(base_url)

    def submit(self, order: Order) -> Request:
        """``POST /{model}`` with the model's own input; ``?fal_webhook=`` where the order names an address to call."""
        call = f"?fal_webhook={quote(order.webhook_url, safe='')}" if order.webhook_url else ""
        return Request(
            method="POST",
            url=f"{self._url}/{quote(order.upstream_model.strip('/'), safe='/.-_')}{call}",
            auth=self.auth,
            json=_body(order.fields),
            timeout_s=SUBMIT_TIMEOUT_S,
        )

    def read_submit(self, response: Response) -> SubmitReply:
        """The job and where to ask; or a refusal; or `Unclear`.

        The address cannot be made up: part of the model's name is missing in it (SDK, litellm). So a job without one
        on the vendor's own host is `Unclear`.
        """
        if response.status // 100 != 2:  # noqa: PLR2004 - any success
            if response.status in LOCKED and LOCKED_FOR_MONEY.search(response.body):
                return rejected("no_balance")
            return refusal(response)
        job = decoded(response.body, _Job)
        reference = self.reference(job.request_id, decoded(job.status_url, str)) if job else None
        if reference is None or reference.poll_url is None:
            return Unclear("an answer without an id and an address")
        return Accepted(reference, POLL_INTERVAL_S)

    def read_poll(self, response: Response) -> PollReply:
        """The job's state, or its result.

        Where the result stands the model's own error may answer: it says of what type it is in a header, or in a list
        under `detail` with status 422. Any other status says nothing about the job, nor does a failed question about
        its state.
        """
        types = "" if response.url.endswith(STATUS_END) else _error_types(response)
        if types and (response.status == HTTPStatus.UNPROCESSABLE_ENTITY or ERROR_TYPE_HEADER in response.headers):
            return _failed(types, response.body)
        return super().read_poll(response)

    def read_state(self, response: Response) -> PollReply:
        """A result has files. A state has a word, and `COMPLETED` is no success where it has an error beside it.

        A word that we do not know counts as still at work; our own deadline ends the wait.
        """
        told = decoded(response.body, _Told)
        if told is None:
            return Unclear("unreadable answer")
        if (result := told.result()) is not None:
            return result
        status = decoded(told.status, str)
        if status is None:
            return Unclear("an answer without files")
        if status in CANCELED:
            return Canceled()
        if status not in DONE:
            return Running(POLL_INTERVAL_S)
        if status == "FAILED" or _says(told.error) or _says(told.error_type):
            return _failed(decoded(told.error_type, str) or "", bytes(told.error))
        return self._elsewhere(decoded(told.response_url, str))

    def cancel(self, reference: Reference) -> Request | None:
        """``PUT`` to the job's own address, where we hold it (SDK)."""
        if reference.poll_url is None or not reference.poll_url.endswith(STATUS_END):
            return None
        url = f"{reference.poll_url.removesuffix(STATUS_END)}{CANCEL_END}"
        return Request(method="PUT", url=url, auth=self.auth, timeout_s=CANCEL_TIMEOUT_S)

    def read_webhook(self, headers: Mapping[str, str], body: bytes, secret: str, now_s: int) -> str | None:
        """Signed by one of the vendor's public keys (page on webhooks); the id stands among what is signed."""
        return signed_id(SIGNED, headers, body, secret, now_s)

    def _elsewhere(self, response_url: str | None) -> PollReply:
        """Where the result stands, of a job that is done."""
        url = self.given(response_url)
        if url is None:
            return Unclear("done, without the address of its result")
        reference = self.reference(url.rpartition("/")[2], url)
        return Unclear("done, at an address without an id") if reference is None else Running(0.0, reference)


DONE: Final = ("COMPLETED", "FAILED")
CANCELED: Final = ("CANCELED", "CANCELLED")
"""The SDK knows `COMPLETED` only; a published description of the queue by others has the other words too."""
LOCKED: Final = (HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN)
_NULL: Final = Raw(b"null")


class _Job(Struct):
    """What must be right is typed; the rest is read apart, so that a strange value there does not cost the id."""

    request_id: str = ""
    status_url: Raw = _NULL


class _File(Struct):
    url: str


class _Problem(Struct):
    type: str = ""


class _Problems(Struct):
    detail: tuple[_Problem, ...] = ()


class _Told(Struct):
    """A state or a result; models name their files in one of these ways."""

    status: Raw = _NULL
    response_url: Raw = _NULL
    error: Raw = _NULL
    error_type: Raw = _NULL
    images: Raw = _NULL
    image: Raw = _NULL
    video: Raw = _NULL
    audio: Raw = _NULL
    has_nsfw_concepts: Raw = _NULL

    def result(self) -> Finished | Rejected | Unclear | None:
        """The files, without those that the model's own check marks; None where this is no result.

        Our choice (unconfirmed what the vendor puts in place of a marked one): it is not delivered nor charged for.
        """
        named = [one for one in (self.image, self.video, self.audio) if _says(one)]
        if not (named or _says(self.images)):
            return None
        files = (*(decoded(self.images, tuple[_File, ...]) or ()), *(decoded(one, _File) for one in named))
        marks = decoded(self.has_nsfw_concepts, tuple[bool, ...]) or ()
        if marks and len(marks) >= len(files) and all(marks):
            return rejected("content_policy")
        kept = [file for index, file in enumerate(files) if not (index < len(marks) and marks[index])]
        outputs = [linked(file.url) if file else None for file in kept]
        readable = tuple(output for output in outputs if output is not None)
        if not readable or len(readable) < len(outputs):
            return Unclear("done, without readable files")
        return Finished(readable)


def _says(field: Raw) -> bool:
    return bytes(field) not in (b"null", b'""')


def _error_types(response: Response) -> str:
    """The types that an error names, in the header or in its list; empty where it names none."""
    if header := response.headers.get(ERROR_TYPE_HEADER, ""):
        return header
    problems = decoded(response.body, _Problems)
    return " ".join(problem.type for problem in problems.detail) if problems else ""


def _failed(types: str, words: bytes) -> Rejected | Canceled:
    """What a job's own error means. Failures of the vendor are free (page on errors)."""
    if types == "client_cancelled":
        return Canceled()
    if "content_policy_violation" in types:
        return rejected("content_policy")
    if CLIENT_ERRORS.search(types):
        return rejected("bad_request")
    fault: Fault | None = fault_in(words) if not types else None
    return rejected(fault if fault in ("content_policy", "bad_request") else "provider_error")


def _body(fields: Mapping[str, object]) -> dict[str, object]:
    """The model's input. A size goes as the vendor's object, from what the offer could say of it."""
    body = dict(fields)
    size = body.get("image_size")
    if isinstance(size, dict):
        told = cast("dict[str, object]", size)
        sides = _sides(str(told.get("pixels", "")), str(told.get("ratio", "")), str(told.get("class", "1K")))
        if sides is not None:
            body["image_size"] = {"width": sides[0], "height": sides[1]}
    return body


def _sides(pixels: str, ratio: str, size_class: str) -> tuple[int, int] | None:
    width, _, height = pixels.partition("x")
    if width.isdecimal() and height.isdecimal():
        return int(width), int(height)
    side = SIDES.get(size_class)
    return None if side is None else pixel_sides(ratio, side)
