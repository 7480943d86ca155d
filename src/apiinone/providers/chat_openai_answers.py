"""Reading whole answers and errors in OpenAI's form, and those parts that chunks share with them. Pure.

Errors: OpenAI's envelope `{"error": {message, type, param, code}}` (API description, ErrorResponse); Google's
`{"error": {code, message, status, details}}`, on this route also inside a list (seen in public error reports); kie's
`{"code", "msg"}` with HTTP 200 (its page of codes).
"""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Final

import msgspec
from msgspec import Raw, Struct

from apiinone.core.exchange import Response
from apiinone.providers.chat import (
    Called,
    ChatEvent,
    ChatPiece,
    ChatReply,
    Ended,
    FinishReason,
    Said,
    Thought,
    Used,
    Whole,
)
from apiinone.providers.provider import Fault, Rejected, Unclear
from apiinone.providers.reading import decoded, refusal, rejected

TOKENS_MAX: Final = 10**9
CALLS_MAX: Final = 128
NOTHING: Final = Raw(b"null")
_OPENING: Final = "<thought>"
_CLOSING: Final = "</thought>"
"""How Google marks its reasoning inside `content`, with `extra_content.google.thought` beside it; the closing mark
stands before the first words of the answer. Its page does not say so; live captures in several public projects agree
(the newest of July 2026)."""


class _GoogleExtra(Struct):
    thought: bool = False


class _Extra(Struct):
    google: _GoogleExtra | None = None


class _Function(Struct):
    name: str | None = None
    arguments: str | None = None


class _Call(Struct):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None
    extra_content: Raw = NOTHING


class Words(Struct):
    """A `message`, or what a chunk adds to it. `reasoning_content` is DeepSeek's and kie's, `reasoning` is vLLM's."""

    content: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: tuple[_Call, ...] | None = None
    extra_content: _Extra | None = None


class Choice(Struct):
    """One of `choices`; only the first one was asked for."""

    index: int = 0
    message: Words | None = None
    delta: Words | None = None
    finish_reason: str | None = None


class Body(Struct):
    """A completion, a chunk of one, or an error."""

    choices: tuple[Choice, ...] | None = None
    usage: Raw = NOTHING
    """Read apart: a strange count must not cost the answer."""
    error: Raw = NOTHING
    code: int | str | None = None


class _Details(Struct):
    reasoning_tokens: int | None = 0


class _Usage(Struct):
    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    completion_tokens_details: _Details | None = None


class _Reason(Struct):
    reason: str = ""


class _Error(Struct):
    code: int | str | None = None
    type: str | None = None
    status: str | None = None
    details: tuple[_Reason, ...] | None = None


class _InEnvelope(Struct):
    error: _Error


ERROR_CODES: Final[Mapping[str, Fault]] = {
    "insufficient_quota": "no_balance",
    "billing_hard_limit_reached": "no_balance",
    "FAILED_PRECONDITION": "no_balance",
    "invalid_api_key": "bad_credential",
    "API_KEY_INVALID": "bad_credential",
    "UNAUTHENTICATED": "bad_credential",
    "PERMISSION_DENIED": "bad_credential",
    "rate_limit_exceeded": "throttled",
    "RESOURCE_EXHAUSTED": "throttled",
    "UNAVAILABLE": "throttled",
    "content_filter": "content_policy",
    "content_policy_violation": "content_policy",
    "moderation_blocked": "content_policy",
    "context_length_exceeded": "bad_request",
    "string_above_max_length": "bad_request",
    "model_not_found": "provider_error",
    "NOT_FOUND": "provider_error",
}
"""What vendors' own codes mean. Google's are those of google.rpc.Code (FAILED_PRECONDITION: billing must be set up
where the free tier is not offered); OpenAI's are widely used and were not read in its API description (unconfirmed)."""
REASONS: Final[Mapping[str, FinishReason]] = {
    "length": "length",
    "max_tokens": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}
"""Every other word means that the answer is at its end: vendors have many for that."""


def read_whole(response: Response) -> ChatReply:
    """A completion as events, or why there is none. An unreadable answer to a paid request is `Unclear`."""
    if response.status != HTTPStatus.OK:
        return read_failure(response, response.status)
    body = decoded(response.body, Body)
    if body is None:
        return Unclear("unreadable answer")
    if not body.choices:
        return read_failure(response, status_in(body)) if has_error(body) else Unclear("an answer without a choice")
    choice = body.choices[0]
    events: list[ChatEvent] = [] if choice.message is None else list(whole_words(choice.message))
    events.append(Ended(REASONS.get(choice.finish_reason or "", "stop")))
    used = read_usage(body.usage)
    return Whole((*events, used) if used is not None else tuple(events))


def whole_words(words: Words) -> Iterator[ChatPiece]:
    """What a whole message says."""
    content = words.content or ""
    if is_thought(words) and _CLOSING in content:
        thought, _, content = content.removeprefix(_OPENING).partition(_CLOSING)
        yield Thought(thought)
    yield from reasoning_of(words)
    if content:
        yield Said(content)
    yield from rest_of(words)


def added_words(words: Words, *, thinking: bool) -> Iterator[ChatPiece]:
    """What a chunk adds. `thinking`: the chunk before was marked as reasoning, so that a closing mark may follow."""
    yield from reasoning_of(words)
    content = words.content
    if content:
        if is_thought(words):
            thought = content if thinking else content.removeprefix(_OPENING)
            yield Thought(thought.removesuffix(_CLOSING))
        else:
            yield Said(content.removeprefix(_CLOSING) if thinking else content)
    yield from rest_of(words)


def is_thought(words: Words) -> bool:
    """Whether Google marks the content as reasoning."""
    extra = words.extra_content
    return extra is not None and extra.google is not None and extra.google.thought


def reasoning_of(words: Words) -> Iterator[ChatPiece]:
    """The reasoning that stands in a field of its own."""
    thought = words.reasoning_content or words.reasoning
    if thought:
        yield Thought(thought)


def rest_of(words: Words) -> Iterator[ChatPiece]:
    """Refusals, which are words of the model's like others, and calls."""
    if words.refusal:
        yield Said(words.refusal)
    for place, call in enumerate(words.tool_calls or ()):
        function = call.function or _Function()
        extra = bytes(call.extra_content).decode() if call.extra_content != NOTHING else ""
        index = min(place if call.index is None else max(0, call.index), CALLS_MAX - 1)
        yield Called(call.id or "", function.name or "", function.arguments or "", index, extra)


def read_usage(raw: Raw) -> Used | None:
    """The vendor's count; None where it tells none that makes sense.

    Google's counts its reasoning in the total alone (public reports and captures of 2025 and 2026), so what the total
    says beyond input and output is reasoning too.
    """
    usage = None if raw == NOTHING else decoded(raw, _Usage)
    if usage is None:
        return None
    details = usage.completion_tokens_details
    told = 0 if details is None else details.reasoning_tokens or 0
    hidden = max(0, usage.total_tokens - usage.prompt_tokens - usage.completion_tokens)
    completion, reasoning = usage.completion_tokens + hidden, max(told, hidden)
    counts = (usage.prompt_tokens, completion, reasoning)
    if min(counts) < 0 or max(counts) > TOKENS_MAX or not (usage.prompt_tokens or completion):
        return None
    return Used(usage.prompt_tokens, completion, min(reasoning, completion))


def has_error(body: Body) -> bool:
    """Whether it is an error, whatever the HTTP status says."""
    return body.error != NOTHING or body.code is not None


def status_in(body: Body) -> int:
    """The status that stands in a body with HTTP 200; 0 where there is none."""
    error = decoded(body.error, _Error)
    code = error.code if error is not None and body.error != NOTHING else body.code
    return code if isinstance(code, int) else 0


def read_failure(response: Response, status: int) -> Rejected | Unclear:
    """An error by the vendor's own code where we know it, else by status and words.

    A code never turns a 5xx into a refusal, but for 503: what was begun may be charged.
    """
    fault: Fault | None = next((ERROR_CODES[word] for word in _codes(response.body) if word in ERROR_CODES), None)
    found = refusal(response, status)
    if fault is None:
        return found
    if isinstance(found, Rejected):
        return rejected(fault, found.retry_after_s)
    certain = status in (0, HTTPStatus.SERVICE_UNAVAILABLE) and fault != "provider_error"
    return rejected(fault) if certain else found


def _codes(body: bytes) -> Iterator[str]:
    """The words that stand for codes in an error's envelope, the most exact first."""
    found = decoded(body, tuple[_InEnvelope, ...]) or ()
    single = decoded(body, _InEnvelope)
    for envelope in found if single is None else (single,):
        error = envelope.error
        yield from (detail.reason for detail in error.details or ())
        yield from (str(word) for word in (error.code, error.type, error.status) if word)


decode_body: Final = msgspec.json.Decoder(Body).decode
"""For chunks, of which there are many."""
