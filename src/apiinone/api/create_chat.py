"""POST /chat/completions: an answer at once, whole or piece by piece; held before, settled by what it really used."""

from collections.abc import AsyncIterator
from typing import Final, assert_never, cast

from msgspec import Struct

from apiinone.accounts.callers import Caller
from apiinone.api.answer import Answer, BrokenOff, Header, Reply, Streamed
from apiinone.api.call import Call
from apiinone.api.chat_page import Head, completion, error_event, first_event, last_events, piece_event
from apiinone.api.creation import Creation, read_creation
from apiinone.api.errors import NotReplayable, call_failed
from apiinone.api.house import House
from apiinone.api.request_headers import idempotency_key, preferred_wait_s, scenario
from apiinone.api.task_ids import written
from apiinone.catalog.price_rules import Tokens
from apiinone.core.clock import US_PER_S
from apiinone.core.errors import BadRequest, DatabaseUnavailable, IdempotencyInProgress, NotFound, Refusal
from apiinone.db import Tx
from apiinone.providers.chat import ChatOrder, prompt_tokens
from apiinone.tasks.chat_reckoning import Terms
from apiinone.tasks.chats import Answered, Chat, ChatOutcome, Failed, Underway, Unsettled
from apiinone.tasks.direct_rows import Remembered, read_remembered
from apiinone.tasks.lifecycle import FINAL
from apiinone.tasks.relay import CutOff
from apiinone.tasks.scenario import PLAIN, parse_scenario
from apiinone.tasks.submission import Direct, Submission
from apiinone.tasks.submit import Created, Replayed

ENDPOINT: Final = "chat"
ROUTE: Final = "chat/completions"
EVENTS: Final = b"text/event-stream"
REPLAYED: Final[Header] = (b"idempotent-replayed", b"true")
BROKE_OFF: Final = "the provider's answer broke off; what was said before is charged by our own count"
_UNSETTLED: Final = "The answer could not be stored, so it is not given; its record will say how it ended."


class _Asked(Struct, frozen=True):
    """A chat that was accepted."""

    submission: Submission
    direct: Direct
    created: Created
    fields: dict[str, object]
    rates: Tokens

    @property
    def streams(self) -> bool:
        """Whether the answer comes piece by piece."""
        return bool(self.fields["stream"])


async def create_chat(house: House, call: Call, caller: Caller) -> Reply:
    """Hold, ask, answer, settle. A replay gives the same object again."""
    refuse_task_wishes(call)
    creation = await read_creation(house.context, call, caller, ENDPOINT)
    if creation.parsed.callback_url is not None:
        raise BadRequest("A chat answers at once and takes no callback_url.", param="/callback_url")
    rates = creation.choice.sub_model.price
    if not isinstance(rates, Tokens):  # an overlay's own model with another rule
        raise BadRequest("This model is not priced by tokens and cannot chat.", param="/model")
    direct = await house.context.calls.direct(caller, creation.choice)
    submission = _submission(house, call, caller, creation, direct)
    outcome = await house.context.submit(submission)
    match outcome:
        case Created():
            asked = _Asked(submission, direct, outcome, creation.parsed.fields, rates)
            return await _answer(house, call, asked)
        case Replayed(task_id):
            return await replayed(house, caller, task_id, streams=bool(creation.parsed.fields["stream"]))
        case Refusal():
            raise outcome
        case _:
            assert_never(outcome)


def refuse_task_wishes(call: Call) -> None:
    """Refuse what only a task can do: nothing is waited for where the answer comes at once. Raises BadRequest."""
    if preferred_wait_s(call):
        raise BadRequest("This route answers at once; there is nothing to wait for.", param="Prefer")


async def replayed(house: House, caller: Caller, task_id: str, *, streams: bool) -> Answer:
    """The same answer again, or why there is none. Raises Refusal."""

    async def look(tx: Tx) -> Remembered | None:
        return await read_remembered(tx, caller.owner, task_id)

    found = await house.context.database.read(look)
    if found is not None and found.state not in FINAL:
        raise IdempotencyInProgress("The first request with this key has not been answered yet.", retry_after_s=1)
    if found is not None and streams:
        raise NotReplayable(written(found.node, task_id, found.suffix))
    if found is not None and found.error_type is not None:
        raise call_failed(found.error_type, found.error_message or "")
    if found is None or found.answer is None:
        raise NotFound("The answer that this Idempotency-Key stands for is no longer kept.", param="Idempotency-Key")
    return Answer(200, found.answer.encode(), (REPLAYED,))


def _submission(house: House, call: Call, caller: Caller, creation: Creation, direct: Direct) -> Submission:
    context, parsed, choice = house.context, creation.parsed, creation.choice
    task_id = context.ids.new()
    return Submission(
        task_id=task_id,
        lot_id=task_id,  # ids of lots and of tasks never meet
        caller=caller,
        request_id=call.request_id,
        route=ROUTE,
        endpoint=ENDPOINT,
        model=choice.entry.id,
        sub_model=choice.sub_model.id,
        node=choice.entry.node,
        suffix=choice.entry.task_suffix,
        scenario=scenario(call, caller.mode, calls=True),
        unit=creation.price.unit,
        units=creation.price.units,
        request_json=creation.request_json,
        body_hash=creation.body_hash,
        catalogue_version=context.catalogue.version,
        deadline_s=context.rules.deadline_s if parsed.deadline_s is None else parsed.deadline_s,
        result_ttl_s=context.rules.result_ttl_s if parsed.result_ttl_s is None else parsed.result_ttl_s,
        metadata=parsed.metadata,
        max_credits=parsed.max_credits,
        quote_id=parsed.quote_id,
        idempotency_key=idempotency_key(call),
        direct=direct,
    )


async def _answer(house: House, call: Call, asked: _Asked) -> Reply:
    head, clock = _head(asked), house.context.clock
    underway = house.context.calls.chats.start(_chat(asked, head))
    began_s = clock.monotonic_s()
    spoken = asked.streams and await underway.relay.ready()
    if spoken:  # from here on the status is 200, whatever comes
        call.waited_s += clock.monotonic_s() - began_s
        pieces = _events(head, underway, call.request_id)
        limit_s = house.context.calls.chats.rules.unread_s_max
        return Streamed(200, pieces, None, ((b"x-accel-buffering", b"no"),), EVENTS, limit_s)
    outcome = await underway.outcome
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
    submission, attempt = asked.submission, asked.direct.attempt
    tokens_max = int(cast("int", asked.fields[asked.rates.output_limit_field]))
    return Chat(
        task_id=submission.task_id,
        owner=submission.owner,
        order=ChatOrder(attempt.id, attempt.upstream_model, asked.fields, tokens_max, asked.streams),
        terms=Terms(asked.rates, asked.created.held, prompt_tokens(asked.fields), asked.streams),
        scenario=PLAIN if submission.scenario is None else parse_scenario(submission.scenario),
        deadline_s=submission.deadline_s,
        render=lambda spoken, note: completion(head, spoken, note),
        keep_answer=submission.idempotency_key is not None,
    )
