"""POST /chat/completions: an answer at once, whole or piece by piece; held before, settled by what it really used."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Final, assert_never, cast

from msgspec import Struct
from msgspec.structs import replace

from apiinone.accounts.callers import Caller
from apiinone.api.answer import Answer, BrokenOff, Reply, Streamed, WritePiece
from apiinone.api.call import Call
from apiinone.api.chat_page import Head, completion, error_event, first_event, last_events, piece_event
from apiinone.api.creation import submission_of
from apiinone.api.direct_creation import read_direct_creation, replayed
from apiinone.api.errors import call_failed
from apiinone.api.house import House
from apiinone.api.task_ids import written
from apiinone.catalog.endpoints import CreateRoute
from apiinone.catalog.own_prices import rule_at
from apiinone.catalog.price_rules import Tokens
from apiinone.core.clock import US_PER_S
from apiinone.core.errors import BadRequest, DatabaseUnavailable, Refusal
from apiinone.providers.chat import prompt_tokens
from apiinone.tasks.chat_call import Answered, Chat, ChatOutcome, Failed, Try, Unsettled
from apiinone.tasks.chat_reckoning import Terms
from apiinone.tasks.chat_slices import Slices, slices_of
from apiinone.tasks.chats import Underway
from apiinone.tasks.relay import CutOff, Relay
from apiinone.tasks.scenario import PLAIN, parse_scenario
from apiinone.tasks.submission import Submission
from apiinone.tasks.submit import Created, Replayed

EVENTS: Final = b"text/event-stream"
BROKE_OFF: Final = "the provider's answer broke off; what was said before is charged by our own count"
_UNBUFFERED: Final = ((b"x-accel-buffering", b"no"),)
_UNSETTLED: Final = "The answer could not be stored, so it is not given; its record will say how it ended."


class _Asked(Struct, frozen=True):
    """A chat that was accepted."""

    submission: Submission
    tries: tuple[Try, ...]
    created: Created
    fields: dict[str, object]
    rates: Tokens
    slices: Slices

    @property
    def streams(self) -> bool:
        """Whether the answer comes piece by piece."""
        return bool(self.fields["stream"])


async def create_chat(house: House, call: Call, caller: Caller, made_by: CreateRoute) -> Reply:
    """Hold, ask, answer, settle. A replay gives the same object again."""
    creation = await read_direct_creation(house, call, caller, made_by)
    rates = rule_at(creation.choice.sub_model.price, creation.percent)
    if not isinstance(rates, Tokens):  # an overlay's own model with another rule
        raise BadRequest("This model is not priced by tokens and cannot chat.", param="/model")
    fields = creation.parsed.fields
    slices = slices_of(rates, creation.price, streams=bool(fields["stream"]))
    direct, tries = await house.context.calls.chat(caller, creation.choice, fields, rates)
    direct = replace(direct, first_hold=slices.first)
    submission = submission_of(house.context, call, caller, creation, direct)
    outcome = await house.context.submit(submission)
    match outcome:
        case Created():
            asked = _Asked(submission, tries, outcome, fields, rates, slices)
            return await _answer(house, call, asked)
        case Replayed(task_id):
            return await replayed(house, caller, task_id, streams=bool(fields["stream"]))
        case Refusal():
            raise outcome
        case _:
            assert_never(outcome)


async def _answer(house: House, call: Call, asked: _Asked) -> Reply:
    head, context = _head(asked), house.context
    chat, chats, clock = _chat(asked, head), context.calls.chats, context.clock
    began_s = clock.monotonic_s()
    if asked.streams:
        underway = chats.start(chat)
        if await underway.relay.ready():  # from here on the status is 200, whatever comes
            call.waited_s += clock.monotonic_s() - began_s
            pieces = _events(head, underway, call.request_id)
            straight = partial(_straight, head, underway.relay)
            return Streamed(200, pieces, None, _UNBUFFERED, EVENTS, chats.rules.unread_s_max, straight)
        outcome = await underway.outcome
    else:
        outcome = await chats.hear(chat)
    call.waited_s += clock.monotonic_s() - began_s
    match outcome:
        case Answered(body=str(body)):
            return Answer(200, body.encode())
        case Answered(note):  # a stream without a piece
            return Answer(200, first_event(head) + last_events(head, note), (), EVENTS)
        case _:
            raise _failure(outcome)


async def _events(head: Head, underway: Underway, request_id: str) -> AsyncIterator[bytes]:
    try:
        yield first_event(head)
        async for piece in underway.relay.pieces():
            yield piece_event(head, piece)
    except CutOff as error:
        raise BrokenOff from error
    finally:
        underway.relay.leave()
    match await underway.outcome:
        case Answered(note, cut=False):
            yield last_events(head, note)
        case Answered():
            yield error_event("provider_error", BROKE_OFF, request_id)
        case outcome:
            failure = _failure(outcome)
            yield error_event(failure.type, failure.message, request_id)


def _straight(head: Head, relay: Relay, write: WritePiece) -> None:
    relay.straight_to(lambda piece: write(piece_event(head, piece)))


def _failure(outcome: ChatOutcome) -> Refusal:
    match outcome:
        case Failed(kind, message):
            return call_failed(kind, message)
        case Unsettled() | Answered():
            return DatabaseUnavailable(_UNSETTLED)
        case _:
            assert_never(outcome)


def _head(asked: _Asked) -> Head:
    submission = asked.submission
    options = cast("dict[str, object]", asked.fields.get("stream_options") or {})
    return Head(
        id=written(submission.node, submission.task_id, submission.suffix),
        created=asked.created.created_us // US_PER_S,
        model=submission.sub_model,
        mode=submission.caller.mode,
        tells_usage=bool(options.get("include_usage")),
    )


def _chat(asked: _Asked, head: Head) -> Chat:
    submission = asked.submission
    first, *others = asked.tries
    return Chat(
        task_id=submission.task_id,
        owner=submission.owner,
        order=first.order,
        terms=Terms(asked.rates, asked.created.held, partial(prompt_tokens, asked.fields), asked.streams, asked.slices),
        scenario=PLAIN if submission.scenario is None else parse_scenario(submission.scenario),
        deadline_s=submission.deadline_s,
        render=lambda spoken, note: completion(head, spoken, note),
        keep_answer=submission.idempotency_key is not None,
        cost=first.cost,
        others=tuple(others),
    )
