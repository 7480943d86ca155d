"""Reading a streamed answer in OpenAI's form, however its bytes are cut. Pure."""

from collections.abc import Sequence
from typing import Final

from apiinone.core.exchange import Response
from apiinone.providers.chat import ChatEvent, Ended, Used
from apiinone.providers.chat_openai_answers import (
    NOTHING,
    REASONS,
    Body,
    added_words,
    decode_body,
    has_error,
    is_thought,
    read_failure,
    read_usage,
    status_in,
)
from apiinone.providers.event_lines import EventLines, EventTooLong
from apiinone.providers.provider import Rejected, Unclear

DONE: Final = b"[DONE]"


class StreamReader:
    """One stream of `chat.completion.chunk`, closed by `[DONE]`.

    The count is told in a last chunk without choices, or in every chunk so far as it has come: the last one counts, and
    only where the answer came to its end.
    """

    def __init__(self) -> None:
        """Start at the beginning of a stream."""
        self._lines = EventLines()
        self._used: Used | None = None
        self._ended = False
        self._thinking = False
        self.done = False

    def feed(self, piece: bytes) -> Sequence[ChatEvent | Rejected | Unclear]:
        """What the next bytes say."""
        found: list[ChatEvent | Rejected | Unclear] = []
        try:
            events = self._lines.feed(piece)
        except EventTooLong:
            return [self._broken("an event without end")]
        for data in events:
            if self.done:
                break
            if data == DONE:
                self.done = True
                break
            try:
                body = decode_body(data)
            except (ValueError, RecursionError):
                found.append(self._broken("an unreadable event"))
                break
            self._take(body, data, found)
        return found

    def finish(self) -> Sequence[ChatEvent]:
        """How it ended and what it used, where it came to its end."""
        if not (self._ended or self.done):
            return ()
        events: list[ChatEvent] = [] if self._ended else [Ended("stop")]
        return events if self._used is None else [*events, self._used]

    def _take(self, body: Body, data: bytes, found: list[ChatEvent | Rejected | Unclear]) -> None:
        if body.usage != NOTHING:
            self._used = read_usage(body.usage) or self._used
        if not body.choices:
            if has_error(body):
                self.done = self._ended = True
                self._used = None
                found.append(read_failure(Response(200, {}, data), status_in(body)))
            return
        choice = body.choices[0]
        words = choice.delta or choice.message
        if words is not None and choice.index == 0:
            found.extend(added_words(words, thinking=self._thinking))
            if words.content:
                self._thinking = is_thought(words)
        if choice.finish_reason and not self._ended:
            self._ended = True
            found.append(Ended(REASONS.get(choice.finish_reason, "stop")))

    def _broken(self, reason: str) -> Unclear:
        self.done, self._used = True, None
        return Unclear(reason)
