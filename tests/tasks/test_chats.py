"""Chats heard by this process: whoever reads, leaves or dies, each hold ends once and by what was used."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiinone.accounts.callers import Caller
from apiinone.catalog.pricing import price
from apiinone.core.clock import SystemClock
from apiinone.core.credits import Credits, whole
from apiinone.core.errors import DatabaseUnavailable
from apiinone.db import Sql, Tx
from apiinone.providers.chat import ChatEvent, ChatOrder, Ended, Said, Tally, Thought, Used, prompt_tokens
from apiinone.providers.local.chat import answer
from apiinone.providers.provider import Rejected
from apiinone.tasks.chat_call import Answered, Chat, ChatOutcome, Failed, Unsettled
from apiinone.tasks.chat_reckoning import Charge, Heard, OutOfTime, Terms, reckoned
from apiinone.tasks.chats import Chats, Underway
from apiinone.tasks.claim import Claim, claim, take_over_dead
from apiinone.tasks.moves import CancelAsked, Move, Moved, Stale, TimePassed, WasRelayed
from apiinone.tasks.moves import Outcome as MoveOutcome
from apiinone.tasks.presence import Presence
from apiinone.tasks.relay import CutOff
from apiinone.tasks.scenario import PLAIN
from catalog.catalogue_for_tests import chosen
from chat_shop import HELD, PROMPT_TOKENS, QUICK, RATES, Scripted, Shop
from circles import circles
from workshop import DAY_S

PIECES = [Said("abcd"), Said("efgh"), Said("ij")]
WHOLE: list[ChatEvent] = [*PIECES, Ended("stop"), Used(12, 20, 15)]
WAYS = ((True, False), (False, False), (False, True))
"""Streamed or not, and whether a whole answer is heard in one piece."""
ESTIMATED = 90 * PROMPT_TOKENS + 450 * 3
EXACT = 90 * 12 + 450 * 20
RECORD = Sql("SELECT prompt_tokens, completion_tokens, estimated, finish_reason, owed_micro FROM chat_records")
ANSWERS = Sql("SELECT answer FROM direct_answers")


async def _read(underway: Underway) -> ChatOutcome:
    async for _ in underway.relay.pieces():
        pass
    return await underway.outcome


async def _left(shop: Shop, caller: Caller) -> int:
    """What was captured, where nothing is held any more."""
    available, held = await shop.workshop.balance(caller)
    assert held == 0
    return whole(100) - available


@pytest.mark.parametrize(("streams", "in_one_piece"), WAYS)
async def test_the_providers_own_count_is_charged_exactly_and_the_rest_given_back(
    shop: Shop, *, streams: bool, in_one_piece: bool
) -> None:
    caller = await shop.workshop.tenant(live=100)
    source = Scripted([*WHOLE, Said("never")], in_one_piece=in_one_piece)
    task_id, underway, _ = await shop.start(caller, source, streams=streams)
    outcome = await _read(underway)
    assert isinstance(outcome, Answered)
    assert (outcome.cut, outcome.body) == (False, None if streams else "abcdefghij")
    assert await shop.workshop.settlements(task_id) == [(EXACT, HELD - EXACT)]
    assert await shop.workshop.rows(RECORD) == [(12, 20, 0, "stop", EXACT)]
    assert [row[0] for row in await shop.workshop.rows(ANSWERS)] == ([] if streams else ["abcdefghij"])


@pytest.mark.parametrize(("streams", "in_one_piece"), WAYS)
async def test_a_chat_that_is_over_is_freed_without_the_garbage_collector(
    shop: Shop, *, streams: bool, in_one_piece: bool
) -> None:
    caller = await shop.workshop.tenant(live=100)
    with circles() as found:
        for _ in range(3):
            source = Scripted(WHOLE, in_one_piece=in_one_piece)
            _, underway, chats = await shop.start(caller, source, streams=streams)
            assert isinstance(await _read(underway), Answered)
            await chats.stop()
            del underway, chats
    assert found == []


async def test_a_count_beyond_the_hold_is_charged_up_to_the_hold(shop: Shop) -> None:
    caller = await shop.workshop.tenant(live=100)
    source = Scripted([Said("a"), Ended("stop"), Used(10**9, 10**9, 0)])
    task_id, underway, _ = await shop.start(caller, source, streams=False)
    await _read(underway)
    assert await shop.workshop.settlements(task_id) == [(HELD, 0)]


@pytest.mark.parametrize("streams", [False, True])
async def test_a_missing_count_keeps_the_hold_until_it_is_cleared_up_and_is_not_zero(
    shop: Shop, *, streams: bool
) -> None:
    gate = asyncio.Event()
    caller = await shop.workshop.tenant(live=100)
    source = Scripted([*PIECES, Ended("stop"), Said("never")], {4: gate})
    task_id, underway, _ = await shop.start(caller, source, streams=streams, deadline_s=1)
    await asyncio.sleep(0.3)
    assert await shop.workshop.balance(caller) == (whole(95), HELD)
    outcome = await _read(underway)
    assert isinstance(outcome, Answered)
    assert outcome.note.tokens.estimated
    assert await shop.workshop.settlements(task_id) == [(ESTIMATED, HELD - ESTIMATED)]


async def test_nothing_said_before_the_deadline_gives_the_hold_back(shop: Shop) -> None:
    caller = await shop.workshop.tenant(live=100)
    for streams, in_one_piece in WAYS:
        source = Scripted(WHOLE, {0: asyncio.Event()}, in_one_piece=in_one_piece)
        task_id, underway, _ = await shop.start(caller, source, streams=streams, deadline_s=1)
        outcome = await _read(underway)
        assert isinstance(outcome, Failed)
        assert outcome.kind == "provider_timeout"
        assert (await shop.workshop.seen(task_id)).state == "failed"
    assert await _left(shop, caller) == 0


async def test_a_stream_that_is_cut_is_charged_for_what_was_relayed_and_a_whole_answer_that_is_cut_is_not(
    shop: Shop,
) -> None:
    caller = await shop.workshop.tenant(live=100)
    _, underway, _ = await shop.start(caller, Scripted(PIECES), streams=True)
    cut = await _read(underway)
    assert isinstance(cut, Answered)
    assert cut.cut
    _, underway, _ = await shop.start(caller, Scripted(PIECES), streams=False)
    assert isinstance(await _read(underway), Failed)
    assert await _left(shop, caller) == ESTIMATED


async def test_a_client_that_leaves_changes_nothing_the_rest_is_heard_and_charged(shop: Shop) -> None:
    gate = asyncio.Event()
    caller = await shop.workshop.tenant(live=100)
    source = Scripted(WHOLE, {2: gate})
    _, underway, _ = await shop.start(caller, source, streams=True)
    assert await anext(underway.relay.pieces()) == PIECES[0]
    underway.relay.leave()
    gate.set()
    assert isinstance(await underway.outcome, Answered)
    assert source.said == len(WHOLE)
    assert await _left(shop, caller) == EXACT


async def test_a_client_that_does_not_read_is_cut_off_and_the_rest_is_heard_and_charged(shop: Shop) -> None:
    caller = await shop.workshop.tenant(live=100)
    rules = msgspec.structs.replace(QUICK, unread_s_max=0.3, waiting_bytes_max=1_000)
    source = Scripted([*[Said("x" * 100)] * 50, *WHOLE])
    _, underway, _ = await shop.start(caller, source, streams=True, rules=rules)
    await asyncio.sleep(0.1)
    assert source.said < 6, "no more than the buffer holds"
    assert isinstance(await underway.outcome, Answered)
    assert underway.relay.left
    with pytest.raises(CutOff):
        async for _ in underway.relay.pieces():
            pass
    assert await _left(shop, caller) == EXACT


async def test_an_answer_without_end_is_read_up_to_its_bytes(shop: Shop) -> None:
    caller = await shop.workshop.tenant(live=100)
    rules = msgspec.structs.replace(QUICK, answer_bytes_max=1_000)
    source = Scripted([Said("x" * 100)] * 1_000)
    _, underway, _ = await shop.start(caller, source, streams=True, rules=rules)
    assert isinstance(await _read(underway), Answered)
    assert source.said == 11


async def test_nothing_reaches_a_client_before_what_is_owed_for_it_is_on_disk(shop: Shop) -> None:
    caller = await shop.workshop.tenant(live=100)
    gate = asyncio.Event()
    task_id, underway, _ = await shop.start(caller, Scripted(WHOLE, {1: gate}), streams=True)
    pieces = underway.relay.pieces()
    assert await anext(pieces) == PIECES[0]
    assert await shop.workshop.rows(RECORD) == [(PROMPT_TOKENS, 1, 1, None, 90 * PROMPT_TOKENS + 450)]
    assert (await shop.workshop.seen(task_id)).state == "running"
    gate.set()
    await _read(underway)


async def test_a_database_that_is_away_at_the_end_is_asked_again_and_else_the_sweeper_ends_it(shop: Shop) -> None:
    caller = await shop.workshop.tenant(live=100)
    gate = asyncio.Event()
    _, underway, _ = await shop.start(caller, Scripted(WHOLE, {4: gate}), streams=False)
    shop.workshop.database.doubts = 1
    gate.set()
    assert isinstance(await _read(underway), Answered), "committed, though the answer was lost"
    assert await _left(shop, caller) == EXACT
    gate.clear()
    task_id, underway, _ = await shop.start(caller, Scripted(WHOLE, {4: gate}), streams=False)
    shop.workshop.database.away = True
    gate.set()
    assert isinstance(await _read(underway), Unsettled)
    shop.workshop.database.come_back()
    shop.workshop.let_pass(606)
    assert await shop.sweeper().pass_limits() == 1
    assert (await shop.workshop.seen(task_id)).error_type == "provider_timeout"
    assert await _left(shop, caller) == EXACT


async def test_a_process_that_is_told_to_stop_settles_what_was_said(shop: Shop) -> None:
    caller = await shop.workshop.tenant(live=100)
    _, underway, chats = await shop.start(caller, Scripted(WHOLE, {3: asyncio.Event()}), streams=True)
    await asyncio.sleep(0.2)
    await chats.stop()
    assert isinstance(await underway.outcome, Answered)
    assert await _left(shop, caller) == ESTIMATED


async def test_a_deadline_leaves_no_request_to_cancel_behind(shop: Shop) -> None:
    caller = await shop.workshop.tenant(live=100)
    source = Scripted(WHOLE, {0: asyncio.Event()})
    chats, chat = await shop.accepted(caller, source, streams=False, deadline_s=1)
    hearing = asyncio.create_task(chats.hear(chat))
    outcome = await hearing
    assert isinstance(outcome, Failed)
    assert hearing.cancelling() == 0


@pytest.mark.parametrize("in_one_piece", [False, True])
@pytest.mark.parametrize("by", ["process", "caller"])
async def test_a_whole_answer_that_is_broken_off_is_settled_all_the_same(
    shop: Shop, by: str, *, in_one_piece: bool
) -> None:
    caller = await shop.workshop.tenant(live=100)
    source = Scripted(WHOLE, {3: asyncio.Event()}, in_one_piece=in_one_piece)
    task_id, underway, chats = await shop.start(caller, source, streams=False)
    await asyncio.sleep(0.2)
    if by == "process":
        await chats.stop()
    else:
        underway.outcome.cancel()
        await asyncio.wait([underway.outcome], timeout=5)
    assert underway.outcome.done()
    assert isinstance(underway.outcome.result(), Failed)
    assert chats.underway == 0
    assert await shop.workshop.settlements(task_id) == [(0, HELD)]


@pytest.mark.parametrize("noted", [False, True])
async def test_a_dead_processs_call_is_ended_by_what_it_had_noted(shop: Shop, *, noted: bool) -> None:
    caller = await shop.workshop.tenant(live=100)
    gates = {1 if noted else 0: asyncio.Event()}
    task_id, underway, _ = await shop.start(caller, Scripted(WHOLE, gates), streams=True)
    await asyncio.sleep(0.2)
    shop.workshop.let_pass(61)
    await shop.workshop.database.transact(take_over_dead)
    assert await shop.sweeper().pass_limits() == 1
    seen = await shop.workshop.seen(task_id)
    owed = 90 * PROMPT_TOKENS + 450
    assert (seen.state, seen.captured) == (("succeeded", owed) if noted else ("failed", 0))
    assert await _left(shop, caller) == (owed if noted else 0)
    next(iter(gates.values())).set()
    assert isinstance(await _read(underway), Failed), "it was not dead, but is too late"
    assert await _left(shop, caller) == (owed if noted else 0)


async def test_a_call_of_a_living_process_is_ended_by_others_only_after_its_deadline(shop: Shop) -> None:
    caller = await shop.workshop.tenant(live=100)
    task_id, _ = await shop.begin(caller, deadline_s=10)
    shop.workshop.let_pass(9)
    assert await shop.workshop.move(task_id, caller, TimePassed()) == Stale("submitting", held=True)
    shop.workshop.let_pass(2)
    assert await shop.sweeper().pass_limits() == 0, "its own process has a moment to end it first"
    shop.workshop.let_pass(5)
    assert await shop.sweeper().pass_limits() == 1
    assert (await shop.workshop.seen(task_id)).state == "failed"


async def test_no_worker_takes_a_call_not_even_a_dead_processs(shop: Shop) -> None:
    workshop = shop.workshop
    caller = await workshop.tenant(live=100)
    await shop.begin(caller)

    async def take(tx: Tx) -> int:
        return len((await claim(tx, Claim(name, (78, 40), 10, ""), lambda _: None)).jobs)

    name = await shop.presence.name()
    assert await workshop.database.transact(take) == 0
    workshop.let_pass(61)
    await workshop.database.transact(take_over_dead)
    other = Presence(workshop.database, workshop.ids, SystemClock(), lease_s=600)
    name = await other.name()
    assert await workshop.database.transact(take) == 0
    assert await shop.sweeper().pass_limits() == 1
    await other.stop()


async def test_a_name_that_was_taken_for_dead_is_not_used_again(shop: Shop) -> None:
    presence = Presence(shop.workshop.database, shop.workshop.ids, SystemClock(), lease_s=0.5)
    first = await presence.name()
    assert await presence.name() == first
    await shop.workshop.run(Sql("DELETE FROM workers"))
    await asyncio.sleep(0.3)
    assert await presence.name() != first
    await presence.stop()
    assert await shop.workshop.rows(Sql("SELECT epoch FROM workers")) == []


async def test_a_call_under_way_is_not_cancelled_and_a_task_is_not_answered(shop: Shop) -> None:
    caller = await shop.workshop.tenant(live=100)
    task_id, _ = await shop.begin(caller)
    stale = await shop.workshop.move(task_id, caller, CancelAsked())
    assert stale == Stale("submitting", held=True, cancel_requested=True)
    plain = await shop.workshop.task(caller)
    attempt_id = await shop.workshop.sending(plain, caller)
    note = reckoned(Terms(RATES, HELD, lambda: 1, streams=True), Heard(relayed=True))
    assert isinstance(note, Charge)
    assert not isinstance(await shop.workshop.move(plain, caller, WasRelayed(attempt_id, note.note)), Moved)
    await shop.workshop.store(plain, caller, attempt_id)
    shop.workshop.let_pass(700)
    await shop.sweeper().pass_limits()


async def test_answers_are_kept_for_a_day_and_records_with_their_task(shop: Shop) -> None:
    caller = await shop.workshop.tenant(live=100)
    _, underway, _ = await shop.start(caller, Scripted(WHOLE), streams=False)
    await _read(underway)
    assert await shop.sweeper().drop_answers() == 0
    shop.workshop.let_pass(DAY_S + 1)
    assert await shop.sweeper().drop_answers() == 1
    assert await shop.workshop.rows(ANSWERS) == []
    assert len(await shop.workshop.rows(RECORD)) == 1
    shop.workshop.let_pass(91 * DAY_S)
    await shop.sweeper().drop_tasks()
    assert await shop.workshop.rows(RECORD) == []


async def test_a_chat_whose_end_nobody_can_store_raises_nothing(shop: Shop) -> None:
    caller = await shop.workshop.tenant(live=100)
    task_id, attempt_id = await shop.begin(caller)

    async def away(move: Move) -> MoveOutcome:
        raise DatabaseUnavailable(move.task_id)

    broken: Callable[[Move], Awaitable[MoveOutcome]] = away
    chats = Chats(broken, Scripted(WHOLE), SystemClock(), QUICK)
    order = ChatOrder(attempt_id, "gemini", {}, 100, streams=True)
    terms = Terms(RATES, HELD, lambda: PROMPT_TOKENS, streams=True)
    chat = Chat(task_id, (caller.account_id, "live"), order, terms, PLAIN, 9, lambda _, __: "", keep_answer=False)
    underway = chats.start(chat)
    read = [piece async for piece in underway.relay.pieces()]
    assert (read, await underway.outcome) == ([], Unsettled()), "what could not be noted did not reach the client"
    shop.workshop.let_pass(700)
    await shop.sweeper().pass_limits()


_counts = st.integers(0, 10**12)
_heard = st.builds(
    Heard,
    tally=st.builds(Tally, said=_counts, thought=_counts, called=_counts),
    relayed=st.booleans(),
    used=st.none() | st.builds(Used, prompt=_counts, completion=_counts, reasoning=_counts),
    ended=st.sampled_from([None, "stop", "length"]),
    refused=st.none() | st.just(Rejected("provider_error", "no", retryable=True)),
    late=st.booleans(),
)


@given(heard=_heard, held=st.integers(1, 10**12), prompt=_counts, streams=st.booleans())
def test_no_charge_is_above_its_hold_nor_off_by_a_micro_credit(
    heard: Heard, held: int, prompt: int, *, streams: bool
) -> None:
    found = reckoned(Terms(RATES, Credits(held), lambda: prompt, streams), heard)
    if isinstance(found, Charge):
        tokens = found.note.tokens
        assert found.note.owed == min(held, 90 * tokens.prompt + 450 * tokens.completion)
        assert tokens.estimated == (heard.used is None)
    else:
        assert heard.used is None
        assert not heard.relayed
        assert isinstance(found, Rejected | OutOfTime)


_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200)
_messages = st.lists(st.fixed_dictionaries({"role": st.just("user"), "content": _texts}), min_size=1, max_size=5)


@given(messages=_messages, most=st.integers(1, 300), thoughts=st.booleans(), effort=st.sampled_from(["low", "high"]))
def test_the_built_in_engine_never_uses_more_than_was_held(
    messages: list[dict[str, str]], most: int, effort: str, *, thoughts: bool
) -> None:
    fields: dict[str, object] = {
        "messages": messages,
        "max_tokens": most,
        "include_thoughts": thoughts,
        "reasoning_effort": effort,
    }
    events = list(answer(ChatOrder("a", "gemini", fields, most, streams=False)))
    assert events == list(answer(ChatOrder("a", "gemini", fields, most, streams=True))), "the same each time"
    (used,) = (event for event in events if isinstance(event, Used))
    heard = Tally()
    for event in events:
        if isinstance(event, Said | Thought):
            heard.add(event)
    assert used.completion <= most
    assert heard.completion <= used.completion
    if thoughts:
        assert heard.completion == used.completion
    bound = len(msgspec.json.encode([messages]))
    assert used.prompt == prompt_tokens(fields) <= bound
    exact = 90 * used.prompt + 450 * used.completion
    assert exact <= price(chosen("gemini"), fields).total
