"""POST /audio/music/timestamped-lyrics: a song's words with the moments at which they are sung, at once."""

import asyncio
import hashlib
from typing import Annotated, Final, Literal, assert_never

import msgspec
from msgspec import Meta, Struct

from apiinone.accounts.callers import Caller
from apiinone.accounts.keys import refuse_model
from apiinone.api.answer import Answer, success
from apiinone.api.call import Call
from apiinone.api.create_chat import refuse_task_wishes, replayed
from apiinone.api.errors import call_failed
from apiinone.api.house import House
from apiinone.api.json_body import read_object
from apiinone.api.request_headers import idempotency_key, scenario
from apiinone.api.task_ids import read_task_id
from apiinone.catalog.call_schema import ParsedCall, parse_call, route_at
from apiinone.catalog.entry import Choice, SubModel
from apiinone.catalog.price_rules import Fixed, exact
from apiinone.core.credits import Credits
from apiinone.core.errors import BadRequest, Conflict, DatabaseUnavailable, NotFound, ProviderNotConfigured, Refusal
from apiinone.providers.local.lyrics import Break, Timed, timed_lyrics
from apiinone.tasks.client_faults import CLIENT_FAULTS
from apiinone.tasks.moves import Move, Moved, WasAnswered, WasRejected
from apiinone.tasks.scenario import parse_scenario, rejection
from apiinone.tasks.submission import Direct, Submission
from apiinone.tasks.submit import Created, Replayed
from apiinone.tasks.task_view import TaskView, read_task

LYRICS_PATH: Final = "/api/v1/audio/music/timestamped-lyrics"
ROUTE: Final = "audio/music/timestamped-lyrics"
ENDPOINT: Final = "music"
TAKES: Final = 2
_encode: Final = msgspec.json.Encoder(order="deterministic").encode
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
    mode: Literal["live", "test"]


class _Song(Struct, frozen=True):
    """The take that is asked about."""

    view: TaskView
    take: int


async def time_lyrics(house: House, call: Call, caller: Caller) -> Answer:
    """Hold two credits, answer from the song's own request, capture them."""
    refuse_task_wishes(call)
    context = house.context
    found = route_at(context.catalogue, LYRICS_PATH)
    parsed = parse_call(found.route, await read_object(call, context.rules.body_bytes_max))
    if caller.mode == "live":
        raise ProviderNotConfigured("No provider that times lyrics is configured here; test keys can use it.")
    song = await _own_song(house, caller, parsed, found.entry.task_suffix)
    sub_model = next((sub for sub in found.entry.sub_models if sub.id == song.view.sub_model), None)
    choice = Choice(found.entry, sub_model or found.entry.default_sub_model)
    refuse_model(caller.rules, ENDPOINT, (choice.sub_model.id, choice.entry.id))
    price = found.route.price
    if not isinstance(price, Fixed):
        raise BadRequest("This route has no price of its own here.", param="")
    direct = await context.calls.direct(caller, choice)
    asked = _Asked(call, caller, parsed, choice, exact(price.credits), direct)
    submission = _submission(house, asked)
    outcome = await context.submit(submission)
    match outcome:
        case Created():
            return await _answer(house, submission, direct, song)
        case Replayed(task_id):
            return await replayed(house, caller, task_id, streams=False)
        case Refusal():
            raise outcome
        case _:
            assert_never(outcome)


class _Asked(Struct, frozen=True):
    """What a submission is made of."""

    call: Call
    caller: Caller
    parsed: ParsedCall
    choice: Choice
    unit: Credits
    direct: Direct

    @property
    def sub_model(self) -> SubModel:
        """The song's own."""
        return self.choice.sub_model


def take_ids(task_id: str) -> tuple[str, ...]:
    """How a song's takes are called: its task's written id, and their number."""
    return tuple(f"{task_id}-{take}" for take in range(TAKES))


async def _own_song(house: House, caller: Caller, parsed: ParsedCall, suffix: str) -> _Song:
    """The caller's own finished song. Raises NotFound."""
    task_id, audio_id = str(parsed.fields["task_id"]), str(parsed.fields["audio_id"])
    name = read_task_id(task_id)
    view = None if name is None else await read_task(house.context.database, caller.owner, name.id)
    mine = name is not None and view is not None and (name.node, name.suffix) == (view.node, view.suffix)
    if view is None or not mine or view.suffix != suffix or view.state != "succeeded" or view.request is None:
        raise NotFound("'task_id' names no finished song of yours.", param="/task_id")
    takes = take_ids(task_id)
    if audio_id not in takes:
        raise NotFound("'audio_id' names no take of this song.", param="/audio_id")
    return _Song(view, takes.index(audio_id))


def _submission(house: House, asked: _Asked) -> Submission:
    context, entry, parsed = house.context, asked.choice.entry, asked.parsed
    task_id = context.ids.new()
    request = _encode({"model": asked.sub_model.id, **parsed.fields})
    common = _encode((parsed.metadata, parsed.deadline_s, parsed.max_credits))
    return Submission(
        task_id=task_id,
        lot_id=task_id,
        caller=asked.caller,
        request_id=asked.call.request_id,
        route=ROUTE,
        endpoint=ENDPOINT,
        model=entry.id,
        sub_model=asked.sub_model.id,
        node=entry.node,
        suffix=entry.task_suffix,
        scenario=scenario(asked.call, asked.caller.mode, calls=True),
        unit=asked.unit,
        units=1,
        request_json=request.decode(),
        body_hash=hashlib.sha256(request + b"\n" + common).digest(),
        catalogue_version=context.catalogue.version,
        deadline_s=context.rules.deadline_s if parsed.deadline_s is None else parsed.deadline_s,
        result_ttl_s=context.rules.result_ttl_s,
        metadata=parsed.metadata,
        max_credits=parsed.max_credits,
        quote_id=None,
        idempotency_key=idempotency_key(asked.call),
        direct=asked.direct,
    )


async def _answer(house: House, submission: Submission, direct: Direct, song: _Song) -> Answer:
    script = None if submission.scenario is None else parse_scenario(submission.scenario)
    attempt_id = direct.attempt.id
    if script is not None:
        await asyncio.sleep(script.delay_s)
    rejected = None if script is None else rejection(script)
    if rejected is not None:
        what = WasRejected(attempt_id, rejected.fault, rejected.message, None)
        await _say(house, submission, what)
        raise call_failed(CLIENT_FAULTS[rejected.fault], rejected.message)
    answer = success(_page(song, submission.caller.mode))
    kept = answer.body.decode() if submission.idempotency_key is not None else None
    await _say(house, submission, WasAnswered(attempt_id, submission.total, None, kept))
    return answer


async def _say(house: House, submission: Submission, what: WasAnswered | WasRejected) -> None:
    """Write the call's end down; where that fails, the hold is given back at its deadline. Raises Refusal."""
    outcome = await house.context.apply(Move(submission.task_id, submission.owner, what, fence=0))
    if not isinstance(outcome, Moved):
        raise Conflict("This call was ended by somebody else.") if not outcome.held else DatabaseUnavailable("later")


def _page(song: _Song, mode: Literal["live", "test"]) -> TimedLyrics:
    fields = _decode(song.view.request or "{}")
    words = "" if fields.get("make_instrumental") else str(fields.get("prompt") or fields.get("gpt_description_prompt"))
    timed: Timed = timed_lyrics(words, str(fields.get("style", "")), song.take)
    parts = tuple(
        LyricBreak(part.text, PartStyle(part.style))
        if isinstance(part, Break)
        else LyricLine(part.text, part.start, part.end)
        for part in timed.parts
    )
    return TimedLyrics(text=timed.text, lyric_params=parts, waveform=timed.waveform, mode=mode)
