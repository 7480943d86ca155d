"""A chat's answer as OpenAI's clients read it: one object, or chunks as server-sent events."""

from functools import lru_cache
from typing import Annotated, Final, Literal, assert_never

from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from apiinone.accounts.keys import Mode
from apiinone.api.answer import encode
from apiinone.api.errors import ErrorBody, task_error
from apiinone.api.model_forms import Amount
from apiinone.api.task_page import TaskId
from apiinone.core.credits import shown
from apiinone.providers.chat import Called, ChatPiece, FinishReason, Said, Thought
from apiinone.tasks.direct import Note
from apiinone.tasks.spoken import Spoken

DONE: Final = b"data: [DONE]\n\n"
_MARK: Final = "the text stands here"


class FunctionCall(Struct, frozen=True):
    """Which function, with which arguments."""

    name: str
    arguments: Annotated[str, Meta(description="JSON.")]


class ToolCall(Struct, frozen=True):
    """A call of one of the client's functions."""

    id: str
    type: Literal["function"]
    function: FunctionCall
    extra_content: Annotated[
        Raw | UnsetType, Meta(description="The provider's own, to be sent back with the call, such as a signature.")
    ] = UNSET


class FunctionPart(Struct, frozen=True):
    """Which function, in a call's first chunk, and more of its arguments."""

    arguments: str
    name: str | UnsetType = UNSET


class ToolCallPart(Struct, frozen=True):
    """A call of one of the client's functions, or more of one: `index` says of which."""

    index: int
    function: FunctionPart
    id: str | UnsetType = UNSET
    type: Literal["function"] | UnsetType = UNSET
    extra_content: Raw | UnsetType = UNSET


class ChatMessage(Struct, frozen=True):
    """The answer."""

    role: Literal["assistant"]
    content: str | None
    refusal: str | None = None
    reasoning_content: Annotated[str | UnsetType, Meta(description="The reasoning, where it was asked for.")] = UNSET
    tool_calls: tuple[ToolCall, ...] | UnsetType = UNSET


class ChatChoice(Struct, frozen=True):
    """The only one."""

    index: int
    message: ChatMessage
    logprobs: None
    finish_reason: FinishReason


class CompletionDetails(Struct, frozen=True):
    """Of the output tokens."""

    reasoning_tokens: int


class ChatUsage(Struct, frozen=True):
    """Tokens used."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    completion_tokens_details: CompletionDetails


class ChatCompletion(Struct, frozen=True):
    """OpenAI's object, and what it cost. Its id is that of its record under /tasks."""

    id: TaskId
    object: Literal["chat.completion"]
    created: Annotated[int, Meta(description="Seconds since 1970.")]
    model: str
    choices: tuple[ChatChoice, ...]
    usage: ChatUsage
    credits_consumed: Amount
    usage_estimated: Annotated[
        bool, Meta(description="Whether the provider's count was missing and ours stands in its place.")
    ]
    mode: Mode


class Delta(Struct, frozen=True):
    """What a chunk adds."""

    role: Literal["assistant"] | UnsetType = UNSET
    content: str | UnsetType = UNSET
    reasoning_content: str | UnsetType = UNSET
    tool_calls: tuple[ToolCallPart, ...] | UnsetType = UNSET


class ChunkChoice(Struct, frozen=True):
    """A chunk's only choice."""

    index: int
    delta: Delta
    logprobs: None
    finish_reason: FinishReason | None


class ChatChunk(Struct, frozen=True):
    """A piece of a streamed answer. Usage and cost stand in the last one, where they were asked for."""

    id: str
    object: Literal["chat.completion.chunk"]
    created: int
    model: str
    choices: tuple[ChunkChoice, ...]
    mode: Mode
    usage: ChatUsage | UnsetType | None = UNSET
    credits_consumed: Amount | UnsetType = UNSET
    usage_estimated: bool | UnsetType = UNSET


class Head(Struct, frozen=True):
    """What object and chunks share."""

    id: str
    created: int
    model: str
    mode: Mode
    tells_usage: bool
    """For a stream: whether its last chunk tells the usage."""


def completion(head: Head, spoken: Spoken, note: Note) -> str:
    """The whole object as JSON."""
    calls = tuple(map(_call, spoken.calls))
    thoughts = "".join(spoken.thoughts)
    message = ChatMessage(
        role="assistant",
        content="".join(spoken.text) or (None if calls else ""),
        reasoning_content=thoughts or UNSET,
        tool_calls=calls or UNSET,
    )
    answer = ChatCompletion(
        id=head.id,
        object="chat.completion",
        created=head.created,
        model=head.model,
        choices=(ChatChoice(0, message, None, _reason(note.finish_reason)),),
        usage=usage(note),
        credits_consumed=shown(note.owed),
        usage_estimated=note.tokens.estimated,
        mode=head.mode,
    )
    return encode(answer).decode()


def usage(note: Note) -> ChatUsage:
    """Tokens as OpenAI counts them."""
    tokens = note.tokens
    total = tokens.prompt + tokens.completion
    return ChatUsage(tokens.prompt, tokens.completion, total, CompletionDetails(tokens.reasoning))


def first_event(head: Head) -> bytes:
    """The chunk that names who speaks."""
    return _chunk(head, Delta(role="assistant", content=""), None)


def piece_event(head: Head, piece: ChatPiece) -> bytes:
    """One piece."""
    match piece:
        case Said(text):
            before, after = _around(head)
            return before + encode(text) + after
        case Thought(text):
            return _chunk(head, Delta(reasoning_content=text), None)
        case Called():
            return _chunk(head, Delta(tool_calls=(_part(piece),)), None)
        case _:
            assert_never(piece)


def last_events(head: Head, note: Note) -> bytes:
    """How it ended, what it used where that was asked for, and the end."""
    events = _chunk(head, Delta(), _reason(note.finish_reason))
    if head.tells_usage:
        counted = ChatChunk(
            head.id,
            "chat.completion.chunk",
            head.created,
            head.model,
            (),
            head.mode,
            usage(note),
            shown(note.owed),
            note.tokens.estimated,
        )
        events += _event(counted)
    return events + DONE


def error_event(kind: str, message: str, request_id: str) -> bytes:
    """What a stream ends with that cannot be finished; no `[DONE]` follows."""
    return _event(ErrorBody(task_error(kind, message, request_id)))


def _chunk(head: Head, delta: Delta, finish_reason: FinishReason | None) -> bytes:
    told = None if head.tells_usage else UNSET
    choices = (ChunkChoice(0, delta, None, finish_reason),)
    return _event(ChatChunk(head.id, "chat.completion.chunk", head.created, head.model, choices, head.mode, told))


@lru_cache(maxsize=256)
def _around(head: Head) -> tuple[bytes, bytes]:
    """What stands before and behind the text of each word's chunk: of a stream it is the same every time."""
    before, _, after = _chunk(head, Delta(content=_MARK), None).rpartition(encode(_MARK))
    return before, after


def _event(value: object) -> bytes:
    return b"data: %b\n\n" % encode(value)


def _call(call: Called) -> ToolCall:
    return ToolCall(call.call_id, "function", FunctionCall(call.name, call.arguments), _extra(call))


def _part(call: Called) -> ToolCallPart:
    first = bool(call.call_id)
    function = FunctionPart(call.arguments, call.name or UNSET)
    return ToolCallPart(call.index, function, call.call_id or UNSET, "function" if first else UNSET, _extra(call))


def _extra(call: Called) -> Raw | UnsetType:
    return Raw(call.extra.encode()) if call.extra else UNSET


def _reason(reason: str | None) -> FinishReason:
    match reason:
        case "length" | "tool_calls" | "content_filter":
            return reason
        case _:
            return "stop"
