"""The built-in chat engine: a small answer about the prompt that says plainly that no model was asked.

Pure and deterministic: the same order gives the same pieces. Tokens are counted by the rule in `providers/chat.py`.
It reads a few wishes: "in 200 words" makes the answer about as long, a function is called where `tool_choice` names it
or the last message does, and `response_format` gives JSON that keeps the schema.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final, cast

import msgspec

from apiinone.providers.chat import (
    BYTES_PER_TOKEN,
    Called,
    ChatEvent,
    ChatOrder,
    ChatPiece,
    Ended,
    Said,
    Tally,
    Thought,
    Used,
    prompt_tokens,
    text_of,
)
from apiinone.providers.local.json_example import example_of

NAME: Final = "API in One's built-in test provider"
QUOTED_CHARACTERS_MAX: Final = 200
READ_CHARACTERS_MAX: Final = 10_000
"""How much of the last message is looked at: the engine shares its process with all requests."""
WORDS_MAX: Final = 50_000
_PIECE: Final = re.compile(r"\s*\S{1,32}|\s+")
_LENGTH: Final = re.compile(r"\b(\d{1,5}) words\b")
_WORD: Final = re.compile(r"[^\W\d_]{4,}")
_NAMED_PLAINLY: Final = frozenset({"this", "that", "with", "from", "what", "when", "where", "which", "about", "terms"})
_FILLER: Final = "This sentence fills the length that was asked for and says nothing more. "


def answer(order: ChatOrder) -> Iterator[ChatEvent]:
    """The answer's pieces, then how it ended, then the count. Never more than `tokens_max` tokens."""
    tally = Tally()
    thoughts = _cut(_thoughts(order), order.tokens_max // 2)
    if order.fields.get("include_thoughts", True):
        yield from map(Thought, _PIECE.findall(thoughts))
    tally.add(Thought(thoughts))
    left = order.tokens_max - tally.completion
    call = _call(order)
    text = "" if call is not None else _text(order)
    piece: ChatPiece = call if call is not None else Said(_cut(text, left))
    if call is not None and _tokens(call) > left:
        call, piece = None, Said("")  # half a call is of no use to anyone
        yield Ended("length")
    elif isinstance(piece, Said):
        yield from map(Said, _PIECE.findall(piece.text))
        yield Ended("stop" if piece.text == text else "length")
    else:
        yield piece
        yield Ended("tool_calls")
    tally.add(piece)
    yield Used(prompt_tokens(order.fields), tally.completion, tally.reasoning)


def _thoughts(order: ChatOrder) -> str:
    asked = _asked(order.fields)
    plan = f"The user sent {len(asked.split())} words."
    if order.fields.get("reasoning_effort") == "low":
        return plan
    return f"{plan} No model is at hand, so I say who I am, repeat what was asked, and name what it is about."


def _text(order: ChatOrder) -> str:
    asked = _asked(order.fields)
    form = _mapping(order.fields.get("response_format"))
    if form.get("type") == "json_object":
        return msgspec.json.encode({"provider": NAME, "asked": _short(asked), "about": _about(asked)}).decode()
    if form.get("type") == "json_schema":
        schema = _mapping(form.get("json_schema")).get("schema")
        return msgspec.json.encode(example_of(schema, "test")).decode()
    return _filled(_prose(order, asked), asked)


def _prose(order: ChatOrder, asked: str) -> str:
    last = _messages(order.fields)[-1]
    opening = f"This is {NAME}; no language model was asked."
    if last.get("role") == "tool":
        return f"{opening} Your function answered: “{_short(text_of(last))}”."
    about = _about(asked)
    topic = f" It seems to be about {', '.join(about)}." if about else ""
    kind = "question" if asked.rstrip().endswith("?") else "message"
    return f"{opening} Your {kind} was: “{_short(asked)}”.{topic} With a live key a model would answer here."


def _filled(text: str, asked: str) -> str:
    """The text at about the length that the prompt asks for."""
    found = _LENGTH.search(asked)
    missing = 0 if found is None else min(int(found[1]), WORDS_MAX) - len(text.split())
    if missing <= 0:
        return text
    sentences = -(-missing // len(_FILLER.split()))
    return f"{text} {_FILLER * sentences}".rstrip()


def _call(order: ChatOrder) -> Called | None:
    """The function to call, where one is asked for by name."""
    functions = {str(tool["name"]): tool for tool in _functions(order.fields)}
    chosen = order.fields.get("tool_choice", "auto")
    last = _messages(order.fields)[-1]
    said = text_of(last)[:READ_CHARACTERS_MAX]
    if isinstance(chosen, Mapping):
        function = cast("Mapping[str, Mapping[str, object]]", chosen).get("function", {})
        name = str(function.get("name"))
    elif chosen == "none" or last.get("role") != "user":
        return None
    else:
        named = (name for name in functions if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said))
        name = next(named, next(iter(functions), "") if chosen == "required" else "")
    if name not in functions:
        return None
    arguments = example_of(functions[name].get("parameters", {"type": "object"}), _word(said))
    return Called(f"call_{order.attempt_id}", name, msgspec.json.encode(arguments).decode())


def _functions(fields: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    tools = fields.get("tools")
    for tool in cast("list[Mapping[str, object]]", tools if isinstance(tools, list) else []):
        function = tool.get("function")
        if isinstance(function, Mapping) and "name" in function:
            yield cast("Mapping[str, object]", function)


def _mapping(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}


def _messages(fields: Mapping[str, object]) -> list[Mapping[str, object]]:
    return cast("list[Mapping[str, object]]", fields["messages"])


def _asked(fields: Mapping[str, object]) -> str:
    """The last text of the user's."""
    texts = [text_of(message) for message in _messages(fields) if message.get("role") == "user"]
    return texts[-1][:READ_CHARACTERS_MAX] if texts else ""


def _about(text: str) -> list[str]:
    """Up to three longer words, as they come."""
    words = [word.lower() for word in _WORD.findall(text[:2000])]
    return [word for word in dict.fromkeys(words) if word not in _NAMED_PLAINLY][:3]


def _word(text: str) -> str:
    quoted = re.search(r"[\"“]([^\"”]{1,100})[\"”]", text)
    return quoted[1] if quoted else "test"


def _short(text: str) -> str:
    return text if len(text) <= QUOTED_CHARACTERS_MAX else f"{text[:QUOTED_CHARACTERS_MAX]}…"


def _cut(text: str, tokens: int) -> str:
    """As much of the text as so many tokens hold, whole characters only."""
    return text.encode(errors="replace")[: tokens * BYTES_PER_TOKEN].decode(errors="ignore")


def _tokens(piece: ChatPiece) -> int:
    tally = Tally()
    tally.add(piece)
    return tally.completion
