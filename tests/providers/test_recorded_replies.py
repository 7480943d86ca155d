"""Every recorded reply is read by its vendor's adapter as is stated beside it: one file a vendor in `recorded/`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Literal, assert_never

import msgspec
import msgspec.yaml
import pytest
from msgspec import Struct

from apiinone.core.exchange import Response
from apiinone.providers.chat import Called, ChatEvent, ChatReader, Ended, Said, Thought, Used, Whole
from apiinone.providers.lyrics import LyricsReply, TimedWords
from apiinone.providers.provider import (
    Accepted,
    Canceled,
    Finished,
    Inline,
    PollReply,
    Rejected,
    Running,
    SubmitReply,
    Unclear,
)
from apiinone.providers.registry import CHATS, LYRICS, REMOTES, chat_remotes, lyrics_remotes, remote_providers

FOLDER: Final = Path(__file__).parent / "recorded"
OWN: Final = {"comfyui": "https://own.example", "openai-compatible": "https://own.example"}
REMOTE, CHAT, LYRIC = remote_providers(OWN), chat_remotes(OWN), lyrics_remotes(OWN)
Kind = Literal["submit", "poll", "chat", "stream", "lyrics"]


class Recorded(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A reply, where it is known from, and how it reads. Its body is JSON, or the text as it came."""

    to: Kind
    known_from: str
    reads: str
    status: int = 200
    headers: Mapping[str, str] = {}
    body: object = None
    text: str | None = None

    @property
    def response(self) -> Response:
        data = msgspec.json.encode(self.body) if self.text is None else self.text.encode()
        return Response(self.status, {"content-type": "application/json", **self.headers}, data)


def recorded(name: str) -> list[Recorded]:
    """All of one vendor. Raises ValidationError where one has no statement."""
    return msgspec.yaml.decode((FOLDER / f"{name.replace('-', '_')}.yaml").read_bytes(), type=list[Recorded])


EACH = [(name, reply) for name in sorted(REMOTES) for reply in recorded(name)]


@pytest.mark.parametrize(("name", "reply"), EACH, ids=[f"{name}, {reply.to}: {reply.reads}" for name, reply in EACH])
def test_a_recorded_reply_reads_as_it_is_stated(name: str, reply: Recorded) -> None:
    assert _read(name, reply) == reply.reads


def test_every_vendor_has_its_recorded_replies_and_every_file_is_one_vendors() -> None:
    assert {path.stem.replace("_", "-") for path in FOLDER.iterdir()} == REMOTES.keys()
    kinds = {name: {reply.to for reply in recorded(name)} for name in REMOTES}
    assert {name for name, found in kinds.items() if {"chat", "stream"} <= found} == CHATS.keys()
    assert {name for name, found in kinds.items() if "lyrics" in found} == LYRICS.keys()


@pytest.mark.parametrize("name", REMOTES)
def test_of_every_vendor_an_order_that_is_taken_and_one_that_is_refused_are_recorded(name: str) -> None:
    words = Counter(reply.reads.split()[0] for reply in recorded(name) if reply.to in {"submit", "poll"})
    assert words["accepted"] + words["finished"] >= 1
    assert words["refused"] >= 2 or name in OWN
    if any(reply.reads.startswith("accepted") and reply.to == "submit" for reply in recorded(name)):
        assert words["running"] >= 1


def test_a_recorded_reply_without_a_statement_fails() -> None:
    with pytest.raises(msgspec.ValidationError, match="reads"):
        msgspec.yaml.decode(b"[{to: submit, known_from: nowhere, body: {}}]", type=list[Recorded])


def _read(name: str, reply: Recorded) -> str:
    match reply.to:
        case "submit":
            return _said(REMOTE[name].read_submit(reply.response))
        case "poll":
            return _said(REMOTE[name].read_poll(reply.response))
        case "lyrics":
            return _said(LYRIC[name].read(reply.response))
        case "chat":
            found = CHAT[name].read(reply.response)
            return _told(found.events) if isinstance(found, Whole) else _said(found)
        case "stream":
            return _told(_streamed(CHAT[name].reader(), reply.response.body))
        case _:
            assert_never(reply.to)


def _said(reply: SubmitReply | PollReply | LyricsReply) -> str:
    match reply:
        case Accepted(reference, cost_micro_usd=cost):
            return f"accepted {reference.upstream_id}{_at(' at ', reference.poll_url)}{_at(' for ', cost)}"
        case Running(reference=reference):
            return f"running{_at(', to be asked at ', reference and reference.poll_url)}"
        case Finished(outputs, cost):
            kinds = {"inline" if isinstance(output, Inline) else "linked" for output in outputs}
            return f"finished with {len(outputs)} {'/'.join(sorted(kinds))}{_at(' for ', cost)}"
        case Rejected(fault, retry_after_s=wait_s):
            return f"refused as {fault}{'' if wait_s is None else f' after {wait_s} s'}"
        case Canceled():
            return "canceled"
        case Unclear():
            return "unclear"
        case TimedWords(words):
            return f"{len(words)} timed words"
        case _:
            assert_never(reply)


def _at(word: str, value: object) -> str:
    return "" if value is None else f"{word}{value}"


def _streamed(reader: ChatReader, body: bytes) -> list[ChatEvent]:
    """The same, however it is cut: here byte by byte."""
    events = [event for at in range(len(body)) for event in reader.feed(body[at : at + 1])]
    assert not [event for event in events if isinstance(event, Rejected | Unclear)]
    return [*[event for event in events if not isinstance(event, Rejected | Unclear)], *reader.finish()]


def _told(events: Sequence[ChatEvent]) -> str:
    thought = "".join(event.text for event in events if isinstance(event, Thought))
    said = "".join(event.text for event in events if isinstance(event, Said))
    parts = [f"thought {thought!r}"] * bool(thought) + [f"said {said!r}"] * bool(said)
    for event in events:
        match event:
            case Ended(reason):
                parts.append(f"ended by {reason}")
            case Used(prompt, completion):
                parts.append(f"used {prompt} and {completion}")
            case Called(name=name):
                parts.append(f"called {name}")
            case Said() | Thought():
                pass
            case _:
                assert_never(event)
    return ", ".join(parts)
