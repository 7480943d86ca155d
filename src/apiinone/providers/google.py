"""Google's Gemini API, `generateContent` for pictures: one synchronous request answers with base64.

Facts: the vendor's Python SDK google-genai 3.4.0 (names of fields, reasons to finish and to block) and its google.rpc
error envelope; prices as read from copies of the vendor's price page in 2026. Unconfirmed: the texts of an account
without money, and whether a refused picture is free.
"""

import base64
import re
from collections.abc import Mapping
from typing import Final, cast
from urllib.parse import quote

from msgspec import Raw, Struct

from apiinone.core.exchange import File, InHeader, Request, Response
from apiinone.providers.image_list import body_bytes_max, unpacked
from apiinone.providers.provider import Fault, Finished, Linked, Order, Output, Rejected, SubmitReply, Unclear
from apiinone.providers.reading import (
    RETRY_AFTER_S_MAX,
    STATUS_FAULTS,
    decoded,
    fault_in,
    linked,
    refusal,
    rejected,
    retry_after_s,
)
from apiinone.providers.transports import Synchronous

BASE_URL: Final = "https://generativelanguage.googleapis.com/v1beta"
KEY: Final = InHeader("x-goog-api-key")
TIMEOUT_S: Final = 180.0
"""Our choice: the largest pictures take about a minute."""
TEXT_FIELD: Final = "text"
"""What offers call the prompt: the vendor's name of the part that holds it."""
BLOCKED: Final = (
    "SAFETY",
    "RECITATION",
    "LANGUAGE",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
    "ESCALATION",
)
"""Reasons to finish that speak of what was asked for (SDK, `FinishReason`)."""
NOT_MADE: Final = ("STOP", "MAX_TOKENS", "OTHER", "IMAGE_OTHER", "NO_IMAGE", "MALFORMED_RESPONSE", "CONTINUATION")
"""Reasons to finish that, without a picture, say that there will be none."""
STATUSES: Final[Mapping[str, Fault]] = {
    "UNAUTHENTICATED": "bad_credential",
    "PERMISSION_DENIED": "bad_credential",
    "FAILED_PRECONDITION": "bad_credential",
    "RESOURCE_EXHAUSTED": "throttled",
}
"""`FAILED_PRECONDITION`: this account may not use the API from where it stands, or not before it pays."""
BAD_KEY_REASONS: Final = ("API_KEY_INVALID", "API_KEY_SERVICE_BLOCKED", "API_KEY_IP_ADDRESS_BLOCKED")
"""Told in the details of a 400 or 403."""
NANO_USD: Final[Mapping[str, tuple[int, int, int]]] = {"gemini-3.1-flash-image": (500, 3_000, 60_000)}
"""For a token: read, written, drawn. Of other models no cost is read."""
TOKENS_MAX: Final = 10**7


class Google(Synchronous):
    """The adapter. Pure: it describes requests and reads answers."""

    name = "google"
    credential_names: tuple[str, ...] = ("GEMINI_API_KEY", "GOOGLE_API_KEY")
    auth = KEY
    submit_per_s_max = 2.0
    """Our choice: limits depend on the account's tier; the vendor's 429 then sets the pace."""
    concurrent_max = 16
    """Our choice: the vendor names no limit."""

    def __init__(self, base_url: str = BASE_URL) -> None:
        """Take where the API stands. Raises ValueError for what is no URL."""
        super().__init__(base_url)

    def submit(self, order: Order) -> Request:
        """``POST /models/{model}:generateContent``: the words and the pictures are parts of one content."""
        fields = dict(order.fields)
        parts: list[object] = [{"text": fields.pop(TEXT_FIELD, "")}]
        parts += [_inline(file) for several in order.files.values() for file in several]
        given = cast("Mapping[str, object]", fields.pop("generationConfig", {}))
        config = {"responseModalities": ["IMAGE"], **given}
        return Request(
            method="POST",
            url=f"{self._url}/models/{quote(order.upstream_model, safe='.-_')}:generateContent",
            auth=self.auth,
            json={**fields, "contents": [{"role": "user", "parts": parts}], "generationConfig": config},
            timeout_s=TIMEOUT_S,
            body_bytes_max=body_bytes_max(order.outputs),
        )

    def read_submit(self, response: Response) -> SubmitReply:
        """Pictures; or a refusal, of which many come with HTTP 200; or `Unclear`.

        Drafts that the model thinks with are parts too, marked as thoughts: they are not what was ordered.
        """
        if response.status != 200:  # noqa: PLR2004 - the status itself
            return _refused(response)
        answer = decoded(response.body, _Answer)
        if answer is None:
            return Unclear("unreadable answer")
        if answer.promptFeedback is not None and answer.promptFeedback.blockReason:
            return rejected("content_policy")
        reasons = [candidate.finishReason or "" for candidate in answer.candidates]
        if any(reason in BLOCKED for reason in reasons):
            return rejected("content_policy")
        outputs = self._outputs(answer)
        if outputs is None:
            return Unclear("an answer without readable images")
        if outputs:
            return Finished(outputs, _cost_micro_usd(answer))
        told = bool(reasons) and all(reason in NOT_MADE for reason in reasons)
        return rejected("provider_error") if told else Unclear("an answer without images")

    def _outputs(self, answer: "_Answer") -> tuple[Output, ...] | None:
        """The pictures, none where there are none; None where one cannot be read."""
        found: list[Output | None] = []
        for candidate in answer.candidates:
            content = decoded(candidate.content, _Content)
            parts = content.parts if content else ()
            found += [self._output(part) for part in parts if not part.thought and (part.inlineData or part.fileData)]
        readable = tuple(output for output in found if output is not None)
        return readable if len(readable) == len(found) else None

    def _output(self, part: "_Part") -> Output | None:
        if part.inlineData is not None:
            return unpacked(part.inlineData.data)
        uri = part.fileData.fileUri if part.fileData else ""
        if self.given(uri) is not None:
            return Linked(uri, authorized=True, auth=self.auth)
        return linked(uri)


def _inline(file: File) -> object:
    return {"inlineData": {"mimeType": file.content_type, "data": base64.b64encode(file.data).decode()}}


_NULL: Final = Raw(b"null")


class _Blob(Struct):
    data: str


class _FileData(Struct):
    fileUri: str  # noqa: N815 - the vendor's name


class _Part(Struct):
    inlineData: _Blob | None = None  # noqa: N815 - the vendor's name
    fileData: _FileData | None = None  # noqa: N815 - the vendor's name
    thought: bool = False


class _Content(Struct):
    parts: tuple[_Part, ...] = ()


class _Candidate(Struct):
    content: Raw = _NULL
    finishReason: str | None = None  # noqa: N815 - the vendor's name


class _Feedback(Struct):
    blockReason: str | None = None  # noqa: N815 - the vendor's name


class _Answer(Struct):
    candidates: tuple[_Candidate, ...] = ()
    promptFeedback: _Feedback | None = None  # noqa: N815 - the vendor's name
    usageMetadata: Raw = _NULL  # noqa: N815 - the vendor's name
    modelVersion: Raw = _NULL  # noqa: N815 - the vendor's name


class _Tokens(Struct):
    promptTokenCount: int = 0  # noqa: N815 - the vendor's name
    candidatesTokenCount: int = 0  # noqa: N815 - the vendor's name
    thoughtsTokenCount: int = 0  # noqa: N815 - the vendor's name


def _cost_micro_usd(answer: _Answer) -> int | None:
    """By the tokens that the answer tells, all of the candidate's as drawn: only pictures are asked for."""
    tokens = decoded(answer.usageMetadata, _Tokens)
    rates = NANO_USD.get(decoded(answer.modelVersion, str) or "")
    if tokens is None or rates is None:
        return None
    counts = (tokens.promptTokenCount, tokens.thoughtsTokenCount, tokens.candidatesTokenCount)
    if not counts[2] or not all(0 <= count <= TOKENS_MAX for count in counts):
        return None
    return -(-sum(count * rate for count, rate in zip(counts, rates, strict=True)) // 1000)


class _Detail(Struct):
    reason: str = ""
    retryDelay: str = ""  # noqa: N815 - the vendor's name


class _Error(Struct):
    status: str = ""
    details: Raw = _NULL


class _Envelope(Struct):
    error: _Error


def _refused(response: Response) -> Rejected | Unclear:
    """By the envelope's own word where it has one; the time to wait may stand in its details."""
    envelope = decoded(response.body, _Envelope)
    if envelope is None or response.status not in STATUS_FAULTS:
        return refusal(response)
    details = decoded(envelope.error.details, tuple[_Detail, ...]) or ()
    wait_s = retry_after_s(response.headers)
    if wait_s is None:
        wait_s = next((_seconds(detail.retryDelay) for detail in details if detail.retryDelay), None)
    if any(detail.reason in BAD_KEY_REASONS for detail in details):
        return rejected("bad_credential", wait_s)
    fault = STATUSES.get(envelope.error.status)
    if fault is None:
        return refusal(response)
    out_of_money = fault_in(response.body) == "no_balance" or _OUT_OF_MONEY.search(response.body)
    return rejected("no_balance" if out_of_money else fault, wait_s)


def _seconds(delay: str) -> float | None:
    """Of a protobuf duration such as ``34s`` or ``34.07s``; None for anything else."""
    match = _DELAY.fullmatch(delay)
    return float(min(int(match[1]) + bool(match[2]), RETRY_AFTER_S_MAX)) if match else None


_DELAY: Final = re.compile(r"([0-9]{1,6})(\.[0-9]{1,9})?s")
_OUT_OF_MONEY: Final = re.compile(rb"(?i)depleted|enable billing|spend(ing)? cap")
"""Our choice from reports of users. The vendor's ordinary text for 429 speaks of "plan and billing details" too."""
