"""Chat in OpenAI's form as a simulated vendor reads and writes it; it says the last message's words again."""

import time
import uuid
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

SIGNATURE: Final[dict[str, object]] = {"google": {"thought_signature": "c2ltdWxhdGVk"}}
MARKED: Final[dict[str, object]] = {"google": {"thought": True}}
"""How Google marks reasoning."""


class _Part(Struct, forbid_unknown_fields=True):
    type: Literal["text"]
    text: str


class _Message(Struct, forbid_unknown_fields=True):
    """Reasoning of earlier answers is no input, and is refused."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[_Part] | None = None
    name: str | None = None
    tool_call_id: str | None = None
    tool_calls: list["_ToolCall"] | None = None
    refusal: str | None = None


class _Function(Struct, omit_defaults=True):
    name: str | None = None
    arguments: str | None = None


class _ToolCall(Struct, omit_defaults=True):
    function: _Function
    index: int | None = None
    id: str | None = None
    type: Literal["function"] | None = None
    extra_content: dict[str, object] | None = None


class _StreamOptions(Struct, forbid_unknown_fields=True):
    include_usage: bool = False


class ChatRequest(Struct, forbid_unknown_fields=True):
    """The body. Stricter than the vendors, to catch mistakes of ours."""

    messages: Annotated[list[_Message], Meta(min_length=1)]
    model: str = ""
    stream: bool = False
    stream_options: _StreamOptions | None = None
    max_tokens: Annotated[int, Meta(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Meta(ge=1)] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] = 1.0
    reasoning_effort: Literal["minimal", "low", "medium", "high"] | None = None
    include_thoughts: bool | None = None
    tools: list[dict[str, object]] | None = None
    tool_choice: str | dict[str, object] | None = None
    response_format: dict[str, object] | None = None
    extra_body: dict[str, object] | None = None

    @property
    def limit(self) -> int:
        """Tokens at most."""
        return self.max_completion_tokens or self.max_tokens or 1000


class Words(Struct, omit_defaults=True):
    """What is said, whole or in part."""

    role: str | None = None
    content: str | None = None
    reasoning_content: str | None = None
    tool_calls: list[_ToolCall] | None = None
    extra_content: dict[str, object] | None = None


class Choice(Struct, omit_defaults=True):
    """The only one."""

    delta: Words | None = None
    message: Words | None = None
    finish_reason: str | None = None
    index: Annotated[int, Meta(ge=0)] = msgspec.field(default_factory=int)


class _Details(Struct):
    reasoning_tokens: int


class Usage(Struct, omit_defaults=True):
    """Tokens."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    completion_tokens_details: _Details | None = None


class Said(Struct):
    """An answer of one token a word: how it comes, and what it comes to."""

    deltas: list[Words]
    whole: Words
    reason: str
    usage: Usage
    id: str = msgspec.field(default_factory=lambda: f"chatcmpl-{uuid.uuid4().hex}")


def answered(order: ChatRequest, *, google: bool) -> Said:
    """Two words of reasoning, then the words of the last message, each one a token; or a call in two parts."""
    words = _text(order.messages[-1]).split() or ["nothing"]
    thoughts = ["Let", "me"][: max(0, order.limit - 1)]
    left = order.limit - len(thoughts)
    prompt = sum(len(_text(message).split()) for message in order.messages)
    if order.tools and order.messages[-1].role == "user":
        return _call(order, prompt, google=google)
    said = words[:left]
    reason = "stop" if len(said) == len(words) else "length"
    text = " ".join(said)
    deltas = _thinking(thoughts, google=google)
    closing = "</thought>" if google and thoughts else ""
    for number, word in enumerate(said):
        deltas.append(Words(content=f"{closing if not number else ''}{word if not number else ' ' + word}"))
    thought = " ".join(thoughts)
    whole = (
        Words("assistant", f"<thought>{thought}</thought>{text}", extra_content=MARKED)
        if google and thoughts
        else Words("assistant", text, thought or None)
    )
    return Said(deltas, whole, reason, _usage(prompt, len(said), len(thoughts), google=google))


def _thinking(thoughts: list[str], *, google: bool) -> list[Words]:
    if not google:
        return [Words(reasoning_content=f"{' ' if number else ''}{word}") for number, word in enumerate(thoughts)]
    return [
        Words(content=f"{' ' if number else '<thought>'}{word}", extra_content=MARKED)
        for number, word in enumerate(thoughts)
    ]


def _call(order: ChatRequest, prompt: int, *, google: bool) -> Said:
    function = msgspec.convert((order.tools or [{}])[0].get("function", {}), dict[str, object])
    name = str(function.get("name", "f"))
    first = _ToolCall(_Function(name, '{"city":'), 0, "call_1", "function", SIGNATURE if google else None)
    deltas = [Words(tool_calls=[first]), Words(tool_calls=[_ToolCall(_Function(arguments='"Bergen"}'), 0)])]
    whole = _ToolCall(_Function(name, '{"city":"Bergen"}'), None, "call_1", "function", first.extra_content)
    return Said(deltas, Words("assistant", tool_calls=[whole]), "tool_calls", _usage(prompt, 5, 0, google=google))


def _usage(prompt: int, said: int, thought: int, *, google: bool) -> Usage:
    """Google's leaves the reasoning out of the completion and tells it in the total alone."""
    total = prompt + said + thought
    if google:
        return Usage(prompt, said, total)
    return Usage(prompt, said + thought, total, _Details(thought))


def completion(order: ChatRequest, said: Said, *, counted: bool) -> dict[str, object]:
    """The whole object."""
    body: dict[str, object] = {"id": said.id, "object": "chat.completion", "created": int(time.time())}
    body |= {"model": order.model, "choices": [Choice(message=said.whole, finish_reason=said.reason)]}
    return body | {"usage": said.usage} if counted else body


def chunk(order: ChatRequest, said: Said, choices: list[Choice], usage: Usage | None = None) -> dict[str, object]:
    """One piece of a stream."""
    head = {"id": said.id, "object": "chat.completion.chunk", "created": int(time.time()), "model": order.model}
    return {**head, "choices": choices, "usage": usage}


def _text(message: _Message) -> str:
    content = message.content
    return content if isinstance(content, str) else " ".join(part.text for part in content or ())
