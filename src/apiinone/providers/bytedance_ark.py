"""ByteDance's ModelArk: Seedream pictures come with the answer, Seedance clips are asked about.

Facts: the vendor's Python SDKs volcengine-ark-runtime 5.0.54 and byteplus 3.0.63 (paths, fields, shapes of answers),
ComfyUI's ByteDance nodes (sizes, price of a token) and error codes that public clients name; the vendor's own table of
codes was not read, so the codes are unconfirmed.
"""

import re
from collections.abc import Mapping
from typing import Final

from msgspec import Raw, Struct

from apiinone.core.exchange import Request, Response
from apiinone.providers.image_list import unpacked
from apiinone.providers.provider import (
    Accepted,
    Canceled,
    Fault,
    Finished,
    Order,
    Output,
    PollReply,
    Reference,
    Running,
    SubmitReply,
    Unclear,
)
from apiinone.providers.reading import decoded, linked, made_nothing, refusal, rejected, retry_after_s
from apiinone.providers.transports import POLL_TIMEOUT_S, Polled

BASE_URL: Final = "https://ark.ap-southeast.bytepluses.com/api/v3"
"""The international site. Keys and names of models are those of one site: `doubao-…` at ark.cn-beijing.volces.com."""
TASKS_PATH: Final = "/contents/generations/tasks"
CLIP_TIMEOUT_S: Final = 60.0
PICTURE_TIMEOUT_S: Final = 300.0
"""The answer comes when the picture is made; the SDK waits up to ten minutes."""
PICTURE_BYTES_MAX: Final = 64 * 1024 * 1024
"""Base64 of sixteen megapixels, where the operator's offer asks for that; links are short."""
POLL_INTERVAL_S: Final = 5.0
"""Our choice: a clip takes a minute or more."""
OK: Final = 200
SERVER_ERROR: Final = 500

SIZES: Final[Mapping[str, Mapping[str, str]]] = {
    "2K": {
        "1:1": "2048x2048",
        "4:3": "2304x1728",
        "3:4": "1728x2304",
        "16:9": "2848x1600",
        "9:16": "1600x2848",
        "3:2": "2496x1664",
        "2:3": "1664x2496",
        "21:9": "3136x1344",
    },
    "4K": {
        "1:1": "4096x4096",
        "4:3": "4704x3520",
        "3:4": "3520x4704",
        "16:9": "5504x3040",
        "9:16": "3040x5504",
        "3:2": "4992x3328",
        "2:3": "3328x4992",
        "21:9": "6240x2656",
    },
}
"""The vendor's own sizes of Seedream 4.5 for each class and ratio (ComfyUI's list)."""
MICRO_USD_PER_1000_TOKENS: Final[Mapping[str, int]] = {
    "dreamina-seedance-2-0-fast-260128": 5600,
    "dreamina-seedance-2-0-mini": 3500,
    "dreamina-seedance-2-5-260628": 10_700,
}
"""For clips made without a clip as input, alike at every resolution (ComfyUI's list). Other models: not told."""
TOKENS_MAX: Final = 10**9

CODES: Final[tuple[tuple[Fault, re.Pattern[str]], ...]] = (
    ("content_policy", re.compile("SensitiveContentDetected|MayContainRealPerson")),
    ("no_balance", re.compile("^(AccountOverdueError|ServiceOverdue|QuotaExceeded|SetLimitExceeded)")),
    ("throttled", re.compile("RateLimitExceeded|^ServerOverloaded")),
    ("bad_credential", re.compile("^(AuthenticationError|AccessDenied|ServiceNotOpen|ModelNotOpen)")),
    ("bad_request", re.compile("^(Invalid|Missing)|NotSupported")),
)
"""What the vendor's codes mean, first match first; they come with suffixes. An exhausted quota or a limit set in the
console is answered with 429, but waiting does not help: it is money that the operator has to give."""


class ByteDanceArk(Polled):
    """The adapter. Pure: it describes requests and reads answers."""

    name = "bytedance-ark"
    credential_names: tuple[str, ...] = ("ARK_API_KEY",)
    submit_per_s_max = 5.0
    """Our choice: the limits depend on the account and were not read."""
    concurrent_max = 20
    """Our choice, likewise."""
    poll_interval_s = POLL_INTERVAL_S
    poll_path = f"{TASKS_PATH}/{{id}}"

    def __init__(self, base_url: str = BASE_URL) -> None:
        """Take where the API stands. Raises ValueError for what is no URL."""
        super().__init__(base_url)

    def submit(self, order: Order) -> Request:
        """``POST /images/generations``, or a task for models that make clips.

        A clip's prompt and first frame become parts of its `content`. A picture's ratio and class become one size; a
        class without a ratio goes as it is. Callbacks are not asked for: no signature of theirs is known.
        """
        is_clip = "seedance" in order.upstream_model.lower()
        body = _clip(order.fields) if is_clip else _picture(order.fields)
        return Request(
            method="POST",
            url=f"{self._url}{TASKS_PATH if is_clip else '/images/generations'}",
            auth="bearer",
            json={**body, "model": order.upstream_model},
            timeout_s=CLIP_TIMEOUT_S if is_clip else PICTURE_TIMEOUT_S,
            body_bytes_max=PICTURE_BYTES_MAX,
        )

    def read_submit(self, response: Response) -> SubmitReply:
        """A task's id, or the pictures, or a refusal by the vendor's code; else `Unclear`.

        An answer without pictures that names a code is a refusal even with HTTP 200, since the SDK knows an error
        beside the pictures. A 5xx never is, nor a code that we do not know with HTTP 200: the picture may be made and
        charged all the same. Where a picture itself bears a code (a form that clients describe), it was not made.
        """
        answer = decoded(response.body, _Answer)
        if answer is None:
            return Unclear("unreadable answer") if response.status == OK else refusal(response)
        reference = self.reference(decoded(answer.id, str) or "")
        if reference is not None:
            return Accepted(reference, POLL_INTERVAL_S)
        outputs = tuple(output for picture in answer.pictures() if (output := _output(picture)) is not None)
        if response.status == OK and outputs:
            return Finished(outputs)
        fault = _fault(answer.code())
        if fault is not None and response.status < SERVER_ERROR:
            return rejected(fault, retry_after_s(response.headers))
        if response.status == OK and any(_code(picture.error) for picture in answer.pictures()):
            return rejected("provider_error")
        return refusal(response) if response.status != OK else Unclear("an answer without pictures")

    def read_state(self, response: Response) -> PollReply:
        """The task's state. A word that we do not know counts as still at work; our own deadline ends the wait."""
        task = decoded(response.body, _Task)
        if task is None or not task.id:
            return Unclear("an answer without an id")
        match (decoded(task.status, str) or "").lower():
            case "succeeded":
                return _made(task)
            case "failed":
                return made_nothing(_fault(_code(task.error)))
            case "cancelled" | "canceled":
                return Canceled()
            case "expired":
                return rejected("provider_error")
            case _:
                return Running(POLL_INTERVAL_S)

    def cancel(self, reference: Reference) -> Request:
        """``DELETE`` of the task: cancels one that is queued, refuses for one that runs.

        Of one that is done it removes the record, so it is for orders whose result nobody wants any more.
        """
        return Request(method="DELETE", url=self._address(reference), auth=self.auth, timeout_s=POLL_TIMEOUT_S)


def _clip(fields: Mapping[str, object]) -> dict[str, object]:
    content: list[object] = [{"type": "text", "text": fields["prompt"]}] if "prompt" in fields else []
    if "first_frame" in fields:
        content.append({"type": "image_url", "image_url": {"url": fields["first_frame"]}, "role": "first_frame"})
    rest = {name: value for name, value in fields.items() if name not in ("prompt", "first_frame")}
    return {**rest, "content": content}


def _picture(fields: Mapping[str, object]) -> dict[str, object]:
    body = dict(fields)
    ratio = str(body.pop("ratio", ""))
    size = SIZES.get(str(body.get("size")), {}).get(ratio)
    return body if size is None else {**body, "size": size}


_NULL: Final = Raw(b"null")


class _Error(Struct):
    code: str = ""


class _Picture(Struct):
    url: str | None = None
    b64_json: str | None = None
    error: Raw = _NULL


class _Answer(Struct):
    """Each part is read apart, so that a strange value in one does not cost the others."""

    id: Raw = _NULL
    data: Raw = _NULL
    error: Raw = _NULL

    def pictures(self) -> tuple[_Picture, ...]:
        """The pictures, made or refused."""
        return decoded(self.data, tuple[_Picture, ...]) or ()

    def code(self) -> str:
        """The vendor's code for what went wrong, be it told for the whole or for a picture; empty: it tells none."""
        codes = [_code(error) for error in (self.error, *(picture.error for picture in self.pictures()))]
        return next((code for code in codes if code), "")


class _Content(Struct):
    video_url: str = ""


class _Usage(Struct):
    completion_tokens: int = 0


class _Task(Struct):
    id: str = ""
    model: Raw = _NULL
    status: Raw = _NULL
    content: Raw = _NULL
    usage: Raw = _NULL
    error: Raw = _NULL


def _made(task: _Task) -> Finished | Unclear:
    content = decoded(task.content, _Content)
    output = linked(content.video_url) if content is not None else None
    return Unclear("done, without a readable output") if output is None else Finished((output,), _cost_micro_usd(task))


def _cost_micro_usd(task: _Task) -> int | None:
    """The tokens at the model's price, rounded upward; None where either is not known."""
    rate = MICRO_USD_PER_1000_TOKENS.get(decoded(task.model, str) or "")
    usage = decoded(task.usage, _Usage)
    if rate is None or usage is None or not 0 < usage.completion_tokens <= TOKENS_MAX:
        return None
    return -(-rate * usage.completion_tokens // 1000)


def _output(picture: _Picture) -> Output | None:
    if picture.b64_json:
        return unpacked(picture.b64_json)
    return linked(picture.url) if picture.url else None


def _code(error: Raw) -> str:
    found = decoded(error, _Error)
    return "" if found is None else found.code


def _fault(code: str) -> Fault | None:
    return next((fault for fault, pattern in CODES if pattern.search(code)), None)
