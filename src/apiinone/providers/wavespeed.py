"""WaveSpeedAI: submit, then ask or be called; outputs are links.

Facts: the vendor's Python SDK 2.0.5, its API description of June 2026 and its pages "what are predictions",
"predictions", "how to use webhooks", "verify webhooks" and "account levels"; what none of them says is marked
unconfirmed.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from msgspec import Raw, Struct

from apiinone.core.exchange import Request, Response
from apiinone.providers.image_list import unpacked
from apiinone.providers.provider import (
    Accepted,
    Canceled,
    Candidates,
    FindReply,
    Finished,
    LostOrder,
    Order,
    Output,
    PollReply,
    Reference,
    Rejected,
    Running,
    SubmitReply,
    Unclear,
)
from apiinone.providers.reading import decoded, fault_in, is_upstream_id, linked, made_nothing, refusal, rejected
from apiinone.providers.shared_secrets import PREFIX, is_signed
from apiinone.providers.transports import POLL_TIMEOUT_S, Polled

BASE_URL: Final = "https://api.wavespeed.ai/api/v3"
SUBMIT_TIMEOUT_S: Final = 60.0
"""The SDK's own: more than a poll's, since a time-out here leaves it open whether the job exists."""
POLL_INTERVAL_S: Final = 1.0
"""The SDK's own."""
OK: Final = 200
SYNC_TIMEOUT_CODE: Final = 5004
LISTED_MAX: Final = 100
"""Jobs on one page of the list (predictions)."""
CLOCKS_APART_S: Final = 2
"""How much earlier than our sending a job may say that it was created: our choice."""
DATA_URL_PREFIX: Final = "data:"


class WaveSpeed(Polled):
    """The adapter. Pure: it describes requests and reads answers."""

    name = "wavespeed"
    credential_names: tuple[str, ...] = ("WAVESPEED_API_KEY",)
    submit_per_s_max = 8.0
    """The silver level: 500 images a minute. Bronze has 10; the vendor's 429 then sets the pace (account levels)."""
    concurrent_max = 100
    """The silver level. What is above waits in the vendor's queue (account levels)."""
    poll_interval_s = POLL_INTERVAL_S
    poll_path = "/predictions/{id}/result"
    webhook_secret_name: str | None = "WAVESPEED_WEBHOOK_SECRET"  # noqa: S105 - the name of a setting

    def __init__(self, base_url: str = BASE_URL) -> None:
        """Take where the API stands. Raises ValueError for what is no URL."""
        super().__init__(base_url)

    def submit(self, order: Order) -> Request:
        """``POST /{model path}``, with ``?webhook=`` where the order names an address to call."""
        call = f"?webhook={quote(order.webhook_url, safe='')}" if order.webhook_url else ""
        return Request(
            method="POST",
            url=f"{self._url}/{quote(order.upstream_model.strip('/'), safe='/.-_')}{call}",
            auth="bearer",
            json=dict(order.fields),
            timeout_s=SUBMIT_TIMEOUT_S,
        )

    def read_submit(self, response: Response) -> SubmitReply:
        """An id means that the job exists, whatever else the answer says; then its state decides.

        Without one: a refusal by HTTP status, or by the envelope's `code` where that is not 200; else `Unclear`.
        """
        envelope = decoded(response.body, _Envelope)
        prediction = envelope.prediction() if envelope else None
        if prediction is None:
            if response.status != OK:
                return refusal(response)
            if envelope is None or envelope.code == OK:
                return Unclear("an answer without an id")
            return refusal(response, envelope.code)
        match _state(prediction):
            case Running() | Unclear():
                return Accepted(Reference(prediction.id, self._poll_url(prediction)), POLL_INTERVAL_S)
            case Canceled():
                return rejected("provider_error")
            case reply:
                return reply

    def read_state(self, response: Response) -> PollReply:
        """The job's state."""
        envelope = decoded(response.body, _Envelope)
        prediction = envelope.prediction() if envelope else None
        if prediction is None:
            return Unclear("an answer without an id")
        return _state(prediction)

    def find(self, lost: LostOrder) -> Request | None:
        """``POST /predictions``: the jobs of that model from the moment of sending until its time-out (predictions).

        The list shows no inputs, so that it tells a job of ours only where nobody else uses the key.
        """
        first, last = _window(lost)
        page: dict[str, object] = {"page": 1, "page_size": LISTED_MAX, "model": lost.upstream_model}
        return Request(
            method="POST",
            url=f"{self._url}/predictions",
            auth="bearer",
            json={**page, "created_after": f"{first}Z", "created_before": f"{last}Z"},
            timeout_s=POLL_TIMEOUT_S,
        )

    def read_find(self, response: Response, lost: LostOrder) -> FindReply:
        """All listed jobs of the model in that time; the vendor's own filters are not relied upon."""
        envelope = decoded(response.body, _Envelope)
        listed = decoded(envelope.data, _Listed) if envelope and response.status == envelope.code == OK else None
        if listed is None or len(listed.items) >= LISTED_MAX:
            return Unclear("no list, or one with more pages")
        first, last = _window(lost)
        found: list[Reference] = []
        for one in listed.items:
            if not is_upstream_id(one.id):
                return Unclear("a listed job without an id")
            if one.model == lost.upstream_model and first <= one.created_at[: len(first)] <= last:
                found.append(Reference(one.id))
        return Candidates(tuple(found))

    def read_webhook(self, headers: Mapping[str, str], body: bytes, secret: str, now_s: int) -> str | None:
        """``v3,`` + hex HMAC-SHA256 over ``{id}.{timestamp}.{body}``, keyed by the secret's text without its prefix.

        At most 300 s old (verify webhooks). The body is read with and without the envelope (unconfirmed which).
        """
        if not is_signed(headers, body, secret.removeprefix(PREFIX).encode(errors="replace"), now_s, "v3"):
            return None
        envelope = decoded(body, _Envelope)
        prediction = (envelope.prediction() if envelope else None) or decoded(body, _Prediction)
        return prediction.id if prediction and is_upstream_id(prediction.id) else None

    def _poll_url(self, prediction: "_Prediction") -> str | None:
        """The address given with the job, where our credential may go there; else None, and the template is used."""
        urls = decoded(prediction.urls, _Urls)
        return None if urls is None else self.given(urls.get)


_NULL: Final = Raw(b"null")


class _Urls(Struct):
    get: str = ""


class _Prediction(Struct):
    """What must be right is typed; the rest is read apart, so that a strange value there does not cost the id."""

    id: str = ""
    status: Raw = _NULL
    outputs: Raw = _NULL
    urls: Raw = _NULL
    has_nsfw_contents: Raw = _NULL
    error: Raw = _NULL
    code: Raw = _NULL


class _ListedJob(Struct):
    id: str
    model: str
    created_at: str
    """UTC, with decimals and a final Z."""


class _Listed(Struct):
    items: tuple[_ListedJob, ...]


class _Envelope(Struct):
    code: int = OK
    data: Raw = _NULL

    def prediction(self) -> _Prediction | None:
        """The job, where the answer names one."""
        found = decoded(self.data, _Prediction)
        return found if found is not None and is_upstream_id(found.id) else None


def _window(lost: LostOrder) -> tuple[str, str]:
    """The first and the last second in which its job can have been created."""
    ends = (lost.sent_s - CLOCKS_APART_S, lost.sent_s + int(SUBMIT_TIMEOUT_S) + CLOCKS_APART_S)
    first, last = (f"{datetime.fromtimestamp(end, UTC):%Y-%m-%dT%H:%M:%S}" for end in ends)
    return first, last


State = Running | Finished | Rejected | Canceled | Unclear


def _state(prediction: _Prediction) -> State:
    """A word that we do not know counts as still at work; our own deadline ends the wait."""
    if _timed_out_waiting(prediction):
        return Running(POLL_INTERVAL_S)
    match (decoded(prediction.status, str) or "").lower():
        case "completed":
            return _result(prediction)
        case "failed":
            # Failed jobs are refunded (account levels); the text decides whether the client's request is to blame.
            return made_nothing(fault_in(bytes(prediction.error)))
        case "cancelled" | "canceled":
            return Canceled()
        case "timeout":
            return rejected("provider_error")
        case "deleted":
            return rejected("output_unavailable")
        case _:
            return Running(POLL_INTERVAL_S)


def _timed_out_waiting(prediction: _Prediction) -> bool:
    """Whether only the wait for the job timed out, not the job (the SDK's rule for its synchronous mode)."""
    if decoded(prediction.code, int) == SYNC_TIMEOUT_CODE:
        return True
    still = decoded(prediction.status, str) == "processing"
    return still and "sync mode timed out" in (decoded(prediction.error, str) or "").lower()


def _result(prediction: _Prediction) -> Finished | Rejected | Unclear:
    """The outputs, without those that the vendor's own check marks.

    Our choice (unconfirmed what the vendor puts in place of a marked one): it is not delivered and not charged for.
    """
    texts = decoded(prediction.outputs, tuple[str, ...]) or ()
    marks = decoded(prediction.has_nsfw_contents, tuple[bool, ...]) or ()
    if (texts or marks) and len(marks) >= len(texts) and all(marks):
        return rejected("content_policy")
    marked = {index for index, mark in enumerate(marks) if mark}
    outputs = tuple(_output(text) for index, text in enumerate(texts) if index not in marked)
    readable = tuple(output for output in outputs if output is not None)
    if not readable or len(readable) < len(outputs):
        return Unclear("done, without readable outputs")
    return Finished(readable)


def _output(text: str) -> Output | None:
    """A link; or, where base64 output was asked for, a data URL (unconfirmed form)."""
    if not text.startswith(DATA_URL_PREFIX):
        return linked(text)
    head, _, data = text.partition(",")
    return unpacked(data) if head.endswith(";base64") else None
