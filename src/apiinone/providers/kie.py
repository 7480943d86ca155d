"""Kie.ai, a reseller: submit, then ask or be called; outputs are links. Suno's songs have routes of their own.

Facts: a machine copy of the vendor's whole documentation index (August 2026), its own price texts (October 2026), its
pages "get task detail", "webhook verification" and those of Suno, and careful public clients; what none of them says is
marked unconfirmed.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, cast
from urllib.parse import urlsplit

from msgspec import Raw, Struct, structs

from apiinone.core.exchange import Request, Response
from apiinone.providers.kie_states import POLL_INTERVAL_S, Record, state_of
from apiinone.providers.provider import (
    Accepted,
    Fault,
    Order,
    PollReply,
    Reference,
    Rejected,
    Running,
    SubmitReply,
    Unclear,
)
from apiinone.providers.reading import decoded, is_upstream_id, refusal, rejected
from apiinone.providers.shared_secrets import is_fresh
from apiinone.providers.transports import TURNED_AWAY_POLL_S, Polled

BASE_URL: Final = "https://api.kie.ai/api/v1"
SUBMIT_TIMEOUT_S: Final = 60.0
HEADERS: Final = {"User-Agent": "Mozilla/5.0 (compatible; APIinOne/1.0)"}
"""The vendor's front door turns a library's own name away with 403 (two public clients)."""
TURNED_AWAY_AT_THE_DOOR: Final = b"error code: 1010"
NO_CALL: Final = "playground"
"""Suno's routes demand a `callBackUrl`. Where nobody is to be called this is what the vendor's own page of trials sends
(several public clients): no address, so nothing of a client's reaches a stranger."""
"""Our choice: the vendor's page names no age."""
OK: Final = 200
TITLE_CHARACTERS_MAX: Final = 80
PROMPT_CHARACTERS_MAX: Final = 2500
FILM_IN_SHOTS: Final = "kling-3.0/video"
SPEECH: Final = "elevenlabs/text-to-dialogue-v3"
VOICE: Final = "EkK5I93UQWFDigLMpZcX"
"""Who speaks a line for which the client names nobody: the first of the vendor's own (a public client's list)."""

JOBS: Final = "/jobs/createTask"
SONGS: Final[Mapping[str, str]] = {
    "": "/generate",
    "music/extend": "/generate/extend",
    "music/upload-cover/generate": "/generate/upload-cover",
}
"""Where an order for a song goes, by what asks."""
TAKE_FIELD: Final = "audioIndex"
"""What our offers call the number of the take that is carried on; the vendor has no such field."""
COVER_OPERATION: Final = "music/cover/generate"
COVERS: Final = "/suno/cover/generate"
QUESTIONS: Final[Mapping[str, str]] = {
    **dict.fromkeys(SONGS.values(), "/generate/record-info"),
    COVERS: "/suno/cover/record-info",
}
"""Where an order is asked about, by where it went; every other is a job."""

FAULTS: Final[Mapping[int, Fault]] = {
    409: "bad_request",
    433: "no_balance",  # the key's own cap is used up
    451: "bad_request",  # an input could not be fetched
    455: "provider_error",  # maintenance
    501: "provider_error",
    505: "provider_error",  # switched off
}
"""The vendor's own codes for what certainly did not start (get task detail; Suno's pages)."""
ENDS: Final = (408, 501)
"""Answers to a question that end the job: upstream silent for ten minutes, failed (get task detail)."""


class Kie(Polled):
    """The adapter. Pure: it describes requests and reads answers."""

    name = "kie"
    credential_names: tuple[str, ...] = ("KIE_API_KEY",)
    submit_per_s_max = 2.0
    """20 new tasks in 10 s for an account; the excess is refused (start page)."""
    concurrent_max = 100
    """About so many run at once (start page)."""
    poll_interval_s = POLL_INTERVAL_S
    poll_path = "/jobs/recordInfo?taskId={id}"
    webhook_secret_name: str | None = "KIE_WEBHOOK_HMAC_KEY"  # noqa: S105 - the name of a setting

    def __init__(self, base_url: str = BASE_URL) -> None:
        """Take where the API stands. Raises ValueError for what is no URL."""
        super().__init__(base_url)
        below = urlsplit(self._url).path
        self._questions = {f"{below}{path}": f"{self._url}{question}" for path, question in QUESTIONS.items()}

    def submit(self, order: Order) -> Request:
        """``POST /jobs/createTask`` with the fields as `input`; or one of Suno's routes with the fields as they are."""
        path, body = _asked(order)
        return Request(
            method="POST",
            url=f"{self._url}{path}",
            auth="bearer",
            json=body,
            headers=HEADERS,
            timeout_s=SUBMIT_TIMEOUT_S,
        )

    def read_submit(self, response: Response) -> SubmitReply:
        """An id means that the job exists: a second cover of a song is refused with the first one's id.

        Without one: a refusal by HTTP status, or by the envelope's `code` where that is not 200; else `Unclear`.
        """
        envelope = decoded(response.body, _Envelope)
        task = decoded(envelope.data, _Task) if envelope else None
        if task is not None and is_upstream_id(task.taskId):
            question = self._questions.get(urlsplit(response.url).path)
            place = None if question is None else f"{question}?taskId={task.taskId}"
            return Accepted(Reference(task.taskId, self.given(place)), POLL_INTERVAL_S)
        if response.status != OK:
            return _refusal(response, response.status)
        if envelope is None or envelope.code == OK:
            return Unclear("an answer without an id")
        return _refusal(response, envelope.code)

    def poll(self, reference: Reference) -> Request:
        """The question, by the name that the front door lets in."""
        return structs.replace(super().poll(reference), headers=HEADERS)

    def read_state(self, response: Response) -> PollReply:
        """The job's state. A job just made may not be known for a moment (404, 422)."""
        envelope = decoded(response.body, _Envelope)
        if envelope is None:
            return Unclear("unreadable answer")
        if envelope.code == HTTPStatus.TOO_MANY_REQUESTS:
            return Running(TURNED_AWAY_POLL_S)
        if envelope.code in ENDS:
            return rejected("provider_error")
        record = decoded(envelope.data, Record)
        if envelope.code != OK or record is None:
            return Unclear(f"code {envelope.code}")
        return state_of(record)

    def read_webhook(self, headers: Mapping[str, str], body: bytes, secret: str, now_s: int) -> str | None:
        """Base64 of HMAC-SHA256 over ``{task id}.{timestamp}``: it does not cover the body, so the id alone is used."""
        timestamp = headers.get("x-webhook-timestamp", "")
        if not is_fresh(timestamp, now_s):
            return None
        call = decoded(body, _Call)
        upstream_id = "" if call is None else call.data.taskId or call.data.task_id
        key = secret.encode(errors="replace")
        digest = hmac.new(key, f"{upstream_id}.{timestamp}".encode(errors="replace"), hashlib.sha256).digest()
        given = headers.get("x-webhook-signature", "").encode(errors="replace")
        if not key or not hmac.compare_digest(base64.b64encode(digest), given):
            return None
        return upstream_id if is_upstream_id(upstream_id) else None


_NULL: Final = Raw(b"null")
_SONG_MODEL: Final = re.compile(r"V[0-9][0-9A-Z_]*")


class _Envelope(Struct):
    code: int = OK
    data: Raw = _NULL


class _Task(Struct):
    taskId: str  # noqa: N815 - the vendor's own names, here and below


class _Called(Struct):
    taskId: str = ""  # noqa: N815
    task_id: str = ""


class _Call(Struct):
    data: _Called


def _asked(order: Order) -> tuple[str, dict[str, object]]:
    """Where an order goes, and its body."""
    call = {} if order.webhook_url is None else {"callBackUrl": order.webhook_url}
    called = {"callBackUrl": order.webhook_url or NO_CALL}
    if order.operation == COVER_OPERATION:
        return COVERS, {"taskId": order.origin.upstream_id if order.origin else "", **called}
    if _SONG_MODEL.fullmatch(order.upstream_model) and order.operation in SONGS:
        body = {**_taken(order), "model": order.upstream_model, **called}
        return SONGS[order.operation], _titled(body)
    return JOBS, {"model": order.upstream_model, "input": _whole_input(order), **call}


def _whole_input(order: Order) -> dict[str, object]:
    """A film in shots must have a prompt, and one without shots an empty list of them; a line of speech has a voice."""
    fields = dict(order.fields)
    if order.upstream_model == FILM_IN_SHOTS:
        shots = cast("list[dict[str, object]]", fields.setdefault("multi_prompt", []))
        fields.setdefault("prompt", " ".join(str(shot.get("prompt", "")) for shot in shots)[:PROMPT_CHARACTERS_MAX])
    if order.upstream_model == SPEECH:
        lines = cast("list[dict[str, object]]", fields.get("dialogue", []))
        fields["dialogue"] = [{"voice": VOICE, **line} for line in lines]
    return fields


def _taken(order: Order) -> dict[str, object]:
    """The fields, and in place of a take's number the vendor's own name of that take."""
    fields = dict(order.fields)
    number = fields.pop(TAKE_FIELD, None)
    if order.origin is not None and isinstance(number, int) and 0 <= number < len(order.origin.outputs):
        fields["audioId"] = order.origin.outputs[number]
    return fields


def _titled(body: dict[str, object]) -> dict[str, object]:
    """A song in custom mode must have a title; where the client gave none, the first words of its lyrics are it."""
    if body.get("customMode") is True and not body.get("title"):
        body["title"] = " ".join(str(body.get("prompt", "")).split())[:TITLE_CHARACTERS_MAX].strip() or "Untitled"
    return body


def _refusal(response: Response, code: int) -> Rejected | Unclear:
    if response.status == HTTPStatus.FORBIDDEN and TURNED_AWAY_AT_THE_DOOR in response.body[:4096]:
        return rejected("provider_error")
    if code in FAULTS:
        return rejected(FAULTS[code])
    return refusal(response, code)
