"""Kling AI: submit, then ask or be called; outputs are links.

Facts: the vendor's pages "general information" (codes), "text to video", "image to video", "omni-image" and
"callbacks", read as public copies of February to October 2026, since the site itself is made by scripts. Unconfirmed:
whether a plain key opens these routes too, and the words of a failed task.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Final, cast
from urllib.parse import quote

from msgspec import Raw, Struct

from apiinone.core.exchange import Auth, Request, Response, SignedToken
from apiinone.providers.provider import (
    Accepted,
    Fault,
    Finished,
    Order,
    PollReply,
    Running,
    SubmitReply,
    Unclear,
)
from apiinone.providers.reading import decoded, fault_in, is_upstream_id, linked, refusal, rejected, retry_after_s
from apiinone.providers.shared_secrets import decoded_key, is_signed
from apiinone.providers.transports import Polled

BASE_URL: Final = "https://api-singapore.klingai.com"
"""For servers outside China; inside it is api-beijing.klingai.com, with keys of its own."""
SUBMIT_TIMEOUT_S: Final = 60.0
POLL_INTERVAL_S: Final = 5.0
"""The pages advise five to ten seconds."""
OK: Final = 200
SERVER_ERROR: Final = 500
"""From here on nothing is certain: the task may have been made."""
MICRO_USD_PER_VIDEO_UNIT: Final = 140_000
MICRO_USD_PER_IMAGE_UNIT: Final = 3_500
"""List price of the units that prepaid packs hold: 0.6 a second of a silent standard clip, 8 an image."""
UNITS_MAX: Final = 10**6
UNITS_BYTES_MAX: Final = 32
DATA_URL_MARK: Final = ";base64,"
RISK_CONTROL: Final = "risk control"
"""What a task says that the vendor's own check stopped (unconfirmed)."""

CODES: Final[Mapping[int, Fault]] = {
    1000: "bad_credential",
    1001: "bad_credential",
    1002: "bad_credential",
    1003: "bad_credential",
    1004: "bad_credential",
    1100: "bad_credential",
    1101: "no_balance",
    1102: "no_balance",
    1103: "bad_credential",
    1200: "bad_request",
    1201: "bad_request",
    1202: "provider_error",
    1203: "provider_error",
    1300: "content_policy",
    1301: "content_policy",
    1302: "throttled",
    1303: "throttled",
    1304: "bad_credential",
}
"""Codes with which the vendor refuses before it starts (general information). 1101 and 1102, an empty account, come
with HTTP 429 like 1302 and 1303, which only ask for patience. 5000 to 5002 stand after delivery and say nothing."""


class Kling(Polled):
    """The adapter. Pure: it describes requests and reads answers."""

    name = "kling"
    credential_names: tuple[str, ...] = ("KLING_API_KEY", "KLING_ACCESS_KEY+KLING_SECRET_KEY")
    """A plain key of the new console, or both parts of a pair that signs a token for each request."""
    auth: Auth = SignedToken(valid_s=1800, early_s=5)
    submit_per_s_max = 5.0
    """Our choice: the vendor names no limit."""
    concurrent_max = 5
    """Our choice: the account's pack decides, and starts low; each image of a request counts."""
    poll_interval_s = POLL_INTERVAL_S
    poll_path = "/v1/videos/text2video/{id}"
    """Where nothing says on which route the task was made."""
    webhook_secret_name: str | None = "KLING_WEBHOOK_SECRET"  # noqa: S105 - the name of a setting

    def __init__(self, base_url: str = BASE_URL) -> None:
        """Take where the API stands. Raises ValueError for what is no URL."""
        super().__init__(base_url)

    def submit(self, order: Order) -> Request:
        """``POST /v1/<route>``, where the upstream's name of the model is ``<route>/<model name>``."""
        route, _, model = order.upstream_model.rpartition("/")
        call = {"callback_url": order.webhook_url} if order.webhook_url else {}
        fields = {name: _written(name, value) for name, value in order.fields.items()}
        return Request(
            method="POST",
            url=f"{self._url}/v1/{quote(route, safe='/')}",
            auth=self.auth,
            json={**fields, **call, "model_name": model, "external_task_id": order.attempt_id},
            timeout_s=SUBMIT_TIMEOUT_S,
        )

    def read_submit(self, response: Response) -> SubmitReply:
        """A task with an id is accepted; else the code decides, whatever the HTTP status below 500."""
        envelope = decoded(response.body, _Envelope)
        if envelope is None:
            return refusal(response) if response.status != OK else Unclear("unreadable answer")
        if envelope.code in CODES and response.status < SERVER_ERROR:
            return rejected(CODES[envelope.code], retry_after_s(response.headers))
        task = envelope.task()
        reference = self.reference(task.task_id, f"{response.url}/{task.task_id}") if task else None
        if envelope.code == 0 and reference is not None:
            return Accepted(reference, POLL_INTERVAL_S)
        return refusal(response) if response.status != OK else Unclear(f"code {envelope.code}, without a task")

    def read_state(self, response: Response) -> PollReply:
        """The task's state; a word that we do not know counts as still at work."""
        envelope = decoded(response.body, _Envelope)
        task = envelope.task() if envelope is not None and envelope.code == 0 else None
        if task is None:
            return Unclear("an answer without a task")
        match task.task_status:
            case "succeed" | "succeeded":
                return _result(task)
            case "failed":
                return rejected(_blamed(task.task_status_msg))
            case _:
                return Running(POLL_INTERVAL_S)

    def read_webhook(self, headers: Mapping[str, str], body: bytes, secret: str, now_s: int) -> str | None:
        """Standard Webhooks: ``v1,`` + base64 of HMAC-SHA256 over ``{id}.{timestamp}.{body}``, at most 300 s old.

        The key is the secret after its prefix, base64-decoded (callbacks, appendix B). The vendor also calls when a
        task is only submitted or being worked on.
        """
        if not is_signed(headers, body, decoded_key(secret), now_s):
            return None
        call = decoded(body, _Call)
        return (call.task_id or call.id) if call and is_upstream_id(call.task_id or call.id) else None


class _Made(Struct):
    url: str = ""


class _Result(Struct):
    images: tuple[_Made, ...] = ()
    series_images: tuple[_Made, ...] = ()
    videos: tuple[_Made, ...] = ()


class _Task(Struct):
    """What must be right is typed; the rest is read apart, so that a strange value there does not cost the id."""

    task_id: str
    task_status: str = ""
    task_status_msg: Raw = Raw(b'""')
    task_result: Raw = Raw(b"null")
    final_unit_deduction: Raw = Raw(b"null")


class _Envelope(Struct):
    code: int
    data: Raw = Raw(b"null")

    def task(self) -> _Task | None:
        """The task, where the answer names one."""
        found = decoded(self.data, _Task)
        return found if found is not None and is_upstream_id(found.task_id) else None


class _Call(Struct):
    """A callback of the routes that we use, or of the newer ones."""

    task_id: str = ""
    id: str = ""


def _written(name: str, value: object) -> object:
    """The vendor's form of a field: base64 without the head of a `data:` URL, pictures as objects, shots numbered."""
    match name:
        case "image":
            return _bare(str(value))
        case "image_list":
            return [{"image": _bare(str(one))} for one in cast("list[object]", value)]
        case "multi_prompt":
            shots = enumerate(cast("list[Mapping[str, object]]", value), start=1)
            return [{"index": n, "prompt": shot["prompt"], "duration": str(shot["duration"])} for n, shot in shots]
        case _:
            return value


def _bare(url: str) -> str:
    return url.partition(DATA_URL_MARK)[2] if url[:5].lower() == "data:" else url


def _result(task: _Task) -> Finished | Unclear:
    result = decoded(task.task_result, _Result) or _Result()
    made = (*result.videos, *result.images, *result.series_images)
    outputs = [linked(one.url) for one in made]
    readable = tuple(output for output in outputs if output is not None)
    if not readable or len(readable) < len(outputs):
        return Unclear("done, without readable outputs")
    return Finished(readable, _cost_micro_usd(task.final_unit_deduction, videos=bool(result.videos)))


def _blamed(message: Raw) -> Fault:
    """Failed tasks give their units back; the text decides whether the client's request is to blame."""
    if RISK_CONTROL.encode() in bytes(message)[:1000].lower():
        return "content_policy"
    fault = fault_in(bytes(message))
    return fault if fault in ("content_policy", "bad_request") else "provider_error"


def _cost_micro_usd(units: Raw, *, videos: bool) -> int | None:
    """From the units taken off the account's pack, a number in a text; None where money was taken instead."""
    try:
        count = Decimal(bytes(units)[:UNITS_BYTES_MAX].decode().strip('"'))
    except (InvalidOperation, UnicodeDecodeError):
        return None
    if not (count.is_finite() and 0 < count <= UNITS_MAX):
        return None
    return int(count * (MICRO_USD_PER_VIDEO_UNIT if videos else MICRO_USD_PER_IMAGE_UNIT))
