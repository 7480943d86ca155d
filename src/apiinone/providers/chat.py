"""The protocol of chat: what a provider is asked, what it says piece by piece, and how texts are counted.

Pure values. A provider's own count of tokens (`Used`) is what is charged; where it is missing, ours stands in.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol, assert_never, cast

import msgspec
from msgspec import Struct

from apiinone.core.exchange import Request, Response
from apiinone.providers.provider import Rejected, Unclear

BYTES_PER_TOKEN = 4
FinishReason = Literal["stop", "length", "tool_calls", "content_filter"]


class ChatOrder(Struct, frozen=True):
    """What to answer. `fields` are OpenAI's, defaults written in; `tokens_max` limits the output with its reasoning."""

    attempt_id: str
    upstream_model: str
    fields: Mapping[str, object]
    tokens_max: int
    streams: bool
    provider: str = ""
    """Who is asked; empty: the built-in engine. `fields` are then already the upstream's own."""


class Said(Struct, frozen=True, tag=True):
    """A piece of the answer's text."""

    text: str


class Thought(Struct, frozen=True, tag=True):
    """A piece of the reasoning, for clients that asked for it."""

    text: str


class Called(Struct, frozen=True, tag=True):
    """A call of one of the client's functions, or a further part of its arguments; these are JSON when joined.

    A further part has the call's `index` and neither id nor name. `extra` is JSON of the vendor's own that the client
    is to give back with the call, such as a signature; empty: none.
    """

    call_id: str
    name: str
    arguments: str
    index: int = 0
    extra: str = ""


class Ended(Struct, frozen=True, tag=True):
    """The answer is whole, or as long as it may be."""

    reason: FinishReason


class Used(Struct, frozen=True, tag=True):
    """The provider's own count of tokens; `completion` includes `reasoning`."""

    prompt: int
    completion: int
    reasoning: int


ChatPiece = Said | Thought | Called
ChatEvent = ChatPiece | Ended | Used


class Whole(Struct, frozen=True):
    """A whole answer, as the events that make it."""

    events: tuple[ChatEvent, ...]


ChatReply = Whole | Rejected | Unclear


class ChatReader(Protocol):
    """Reads one streamed answer. Pure: it is given bytes and gives events."""

    done: bool
    """Whether the answer is over, though more bytes may come."""

    def feed(self, piece: bytes) -> Sequence[ChatEvent | Rejected | Unclear]:
        """What the next bytes say; they may be cut anywhere. A refusal, or what is unclear, is the last word."""
        ...

    def finish(self) -> Sequence[ChatEvent]:
        """What is to be said once no more bytes come: the count, where the answer was whole and it was told."""
        ...


class ChatRemote(Protocol):
    """A vendor that chats. All methods are pure."""

    name: str
    hosts: tuple[str, ...]
    """The only hosts that requests with our credential may go to."""
    credential_names: tuple[str, ...]
    credential_needed: bool
    """Whether nothing can be asked there without one."""
    submit_per_s_max: float
    concurrent_max: int

    def ask(self, order: ChatOrder) -> Request:
        """Describe the one paid request."""
        ...

    def read(self, response: Response) -> ChatReply:
        """Understand a whole answer: also an error, or one that does not stream though it was asked to."""
        ...

    def reader(self) -> ChatReader:
        """Something that understands one streamed answer."""
        ...


class ChatRefused(Exception):
    """The provider certainly refused, before it said anything."""

    def __init__(self, rejected: Rejected) -> None:
        """Take the refusal."""
        super().__init__(rejected.message)
        self.rejected = rejected


class Tally(Struct):
    """What was said so far, in bytes of UTF-8."""

    said: int = 0
    thought: int = 0
    called: int = 0

    def add(self, piece: ChatPiece) -> None:
        """Count one more piece."""
        match piece:
            case Said(text):
                self.said += size_of(text)
            case Thought(text):
                self.thought += size_of(text)
            case Called():
                self.called += size_of(piece.name) + size_of(piece.arguments)
            case _:
                assert_never(piece)

    def drop(self, piece: ChatPiece) -> None:
        """Count the newest piece no more."""
        match piece:
            case Said(text):
                self.said -= size_of(text)
            case Thought(text):
                self.thought -= size_of(text)
            case Called():
                self.called -= size_of(piece.name) + size_of(piece.arguments)
            case _:
                assert_never(piece)

    @property
    def bytes(self) -> int:
        """Altogether."""
        return self.said + self.thought + self.called

    @property
    def reasoning(self) -> int:
        """Tokens of the reasoning."""
        return tokens_of(self.thought)

    @property
    def completion(self) -> int:
        """Tokens of the whole output: answer, reasoning and calls are counted apart."""
        return tokens_of(self.said) + tokens_of(self.thought) + tokens_of(self.called)


def piece_bytes(piece: ChatPiece) -> int:
    """What a piece says, in bytes of UTF-8."""
    match piece:
        case Said(text) | Thought(text):
            return size_of(text)
        case Called():
            return size_of(piece.name) + size_of(piece.arguments)
        case _:
            assert_never(piece)


def size_of(text: str) -> int:
    """Bytes of UTF-8."""
    return len(text) if text.isascii() else len(text.encode(errors="replace"))


def tokens_of(size: int) -> int:
    """Our counting rule: one token for each started four bytes."""
    return -(-size // BYTES_PER_TOKEN)


def prompt_tokens(fields: Mapping[str, object]) -> int:
    """The input by our rule: each message's text, its tool calls, and tools and response format as compact JSON."""
    messages = cast("list[Mapping[str, object]]", fields.get("messages", []))
    texts = sum(tokens_of(size_of(text_of(message))) for message in messages)
    calls = sum(_json_tokens(message.get("tool_calls")) for message in messages)
    return texts + calls + _json_tokens(fields.get("tools")) + _json_tokens(fields.get("response_format"))


def text_of(message: Mapping[str, object]) -> str:
    """A message's text, whether its content is one text or a list of parts."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = cast("list[Mapping[str, object]]", content if isinstance(content, list) else [])
    return "".join(str(part.get("text", "")) for part in parts)


def _json_tokens(value: object) -> int:
    return 0 if value is None else tokens_of(len(msgspec.json.encode(value)))
