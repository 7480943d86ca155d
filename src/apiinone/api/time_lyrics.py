"""POST /audio/music/timestamped-lyrics: a song's words with the moments at which they are sung, at once.

For a live key the vendor is asked that made the song, with the key that made it: the house's, from here or by the node
that holds it, for the full price; or the account's own, for its share of that.
"""

import asyncio
from contextlib import suppress
from typing import Annotated, Final, assert_never

import msgspec
from msgspec import Meta, Struct

from apiinone.accounts.callers import Caller
from apiinone.accounts.keys import Mode
from apiinone.api.answer import Answer, success
from apiinone.api.call import Call
from apiinone.api.creation import Creation, submission_of
from apiinone.api.direct_creation import read_direct_creation, replayed
from apiinone.api.errors import call_failed
from apiinone.api.house import House
from apiinone.api.song_to_time import SONG
from apiinone.api.task_ids import read_take_id
from apiinone.api.work_on_song import AUDIO
from apiinone.catalog.endpoints import CreateRoute
from apiinone.core.errors import Conflict, DatabaseUnavailable, Refusal
from apiinone.providers.local.lyrics import Break, Timed, timed_lyrics
from apiinone.providers.lyrics import LyricsOrder, LyricsReply, TimedWords
from apiinone.providers.provider import Rejected, Unclear
from apiinone.tasks.chat_reckoning import BROKE_OFF
from apiinone.tasks.client_faults import CLIENT_FAULTS
from apiinone.tasks.moves import Move, Moved, WasAnswered, WasRejected
from apiinone.tasks.routing import Asked
from apiinone.tasks.scenario import parse_scenario, rejection
from apiinone.tasks.submission import Direct, Submission
from apiinone.tasks.submit import Created, Replayed

_decode: Final = msgspec.json.Decoder(dict[str, object]).decode


class PartStyle(Struct, frozen=True):
    """How a part is sung."""

    style: str


class LyricBreak(Struct, frozen=True, tag_field="type", tag="segment_break"):
    """A new part begins."""

    text: str
    metadata: PartStyle


class LyricLine(Struct, frozen=True, tag_field="type", tag="lyric"):
    """One line; moments in seconds from the song's beginning."""

    text: str
    start: float
    end: float


class TimedLyrics(Struct, frozen=True):
    """A song's words and their moments, and its loudness from 0 to 1."""

    text: str
    lyric_params: Annotated[tuple[LyricBreak | LyricLine, ...], Meta(description="In order.")] = msgspec.field(
        name="lyricParams"
    )
    waveform: tuple[float, ...]
    mode: Mode


async def time_lyrics(house: House, call: Call, caller: Caller, made_by: CreateRoute) -> Answer:
    """Hold the route's price, answer from the song's own request, capture it."""
    creation = await read_direct_creation(house, call, caller, made_by)
    order = creation.song
    asked = Asked(creation.parsed.fields, made_by.operation)
    direct = await house.context.calls.timing(caller, creation.choice, asked, order)
    submission = submission_of(house.context, call, caller, creation, direct)
    outcome = await house.context.submit(submission)
    match outcome:
        case Created():
            if order is not None:
                return await _answer_live(house, submission, direct, order)
            return await _answer(house, submission, direct, _page(creation, caller.mode))
        case Replayed(task_id):
            return await replayed(house, caller, task_id, streams=False)
        case Refusal():
            raise outcome
        case _:
            assert_never(outcome)


async def _answer_live(house: House, submission: Submission, direct: Direct, order: LyricsOrder) -> Answer:
    """The vendor's words, and the price; what is lost or refused costs nothing."""
    reply: LyricsReply = BROKE_OFF
    with suppress(TimeoutError):
        async with asyncio.timeout(submission.deadline_s):
            reply = await house.context.calls.lyrics.time(order)
    match reply:
        case TimedWords():
            answer = success(_page_of(reply, submission.caller.mode))
            kept = answer.body.decode() if submission.idempotency_key is not None else None
            cost = direct.attempt.expected_cost_micro_usd
            await _say(house, submission, WasAnswered(direct.attempt.id, submission.total, None, kept, cost))
            return answer
        case Rejected() | Unclear():
            refused = reply if isinstance(reply, Rejected) else BROKE_OFF
            await _say(house, submission, WasRejected(direct.attempt.id, refused.fault, refused.message, None))
            raise call_failed(CLIENT_FAULTS[refused.fault], refused.message)
        case _:
            assert_never(reply)


async def _answer(house: House, submission: Submission, direct: Direct, page: TimedLyrics) -> Answer:
    script = None if submission.scenario is None else parse_scenario(submission.scenario)
    attempt_id = direct.attempt.id
    if script is not None:
        await asyncio.sleep(script.delay_s)
    rejected = None if script is None else rejection(script)
    if rejected is not None:
        what = WasRejected(attempt_id, rejected.fault, rejected.message, None)
        await _say(house, submission, what)
        raise call_failed(CLIENT_FAULTS[rejected.fault], rejected.message)
    answer = success(page)
    kept = answer.body.decode() if submission.idempotency_key is not None else None
    await _say(house, submission, WasAnswered(attempt_id, submission.total, None, kept))
    return answer


async def _say(house: House, submission: Submission, what: WasAnswered | WasRejected) -> None:
    """Write the call's end down; where that fails, the hold is given back at its deadline. Raises Refusal."""
    outcome = await house.context.apply(Move(submission.task_id, submission.owner, what, fence=0))
    if not isinstance(outcome, Moved):
        raise Conflict("This call was ended by somebody else.") if not outcome.held else DatabaseUnavailable("later")


def _page_of(timed: TimedWords, mode: Mode) -> TimedLyrics:
    lines = tuple(LyricLine(word.text, word.start_s, word.end_s) for word in timed.words)
    text = "".join(word.text for word in timed.words)
    return TimedLyrics(text=text, lyric_params=lines, waveform=timed.waveform, mode=mode)


def _page(creation: Creation, mode: Mode) -> TimedLyrics:
    song, take = creation.works_on[SONG], read_take_id(str(creation.parsed.fields[AUDIO]))
    fields = _decode(song.request or "{}")
    words = "" if fields.get("make_instrumental") else str(fields.get("prompt") or fields.get("gpt_description_prompt"))
    timed: Timed = timed_lyrics(words, str(fields.get("style", "")), 0 if take is None else take.output_no)
    parts = tuple(
        LyricBreak(part.text, PartStyle(part.style))
        if isinstance(part, Break)
        else LyricLine(part.text, part.start, part.end)
        for part in timed.parts
    )
    return TimedLyrics(text=timed.text, lyric_params=parts, waveform=timed.waveform, mode=mode)
