"""Long streams are held slice by slice: what is said is covered, and where nothing more is, the stream ends cleanly."""

import asyncio
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from apiinone.accounts.callers import Caller
from apiinone.catalog.pricing import Price, price, price_of_tokens
from apiinone.core.credits import whole
from apiinone.core.errors import InsufficientCredits
from apiinone.db import Sql
from apiinone.ledger.budgets import of_member, own_budgets, set_own_budgets
from apiinone.providers.chat import Called, ChatEvent, Ended, Said, Tally, Thought, Used
from apiinone.tasks.audit import audit
from apiinone.tasks.chat_call import Answered, ChatOutcome
from apiinone.tasks.chat_slices import SLICES_MAX, Slices, bytes_covered, slices_of
from apiinone.tasks.chats import Underway
from apiinone.tasks.claim import take_over_dead
from apiinone.tasks.moves import HoldMore, Moved
from apiinone.tasks.receipt import read_receipt
from catalog.catalogue_for_tests import chosen
from chat_shop import PROMPT_TOKENS, RATES, Scripted, Shop

LONG = Slices(first=whole(5), step=whole(5), most=whole(20))
PIECE = Said("x" * 4_000)
"""A thousand tokens: 0.45 credits."""
OF_INPUT, OF_PIECE = 90 * PROMPT_TOKENS, 450 * 1_000
STREAM: Sequence[ChatEvent] = [*[PIECE] * 30, Ended("stop"), Used(PROMPT_TOKENS, 30_000, 0)]
"""13.5 credits and a little."""
DUE = OF_INPUT + 30 * OF_PIECE
HELD_FOR_IT = Sql("SELECT amount_micro FROM entries WHERE task_id = $1 AND kind = 'hold' ORDER BY entry_no")
HOLD = Sql("SELECT h.amount_micro, t.held_micro FROM holds h JOIN tasks t ON t.id = h.id WHERE h.id = $1")

OFF_BY = Sql("UPDATE holds SET amount_micro = amount_micro + $1 WHERE id = $2")


async def _read(underway: Underway) -> tuple[int, ChatOutcome]:
    """How many pieces came, and how it ended."""
    pieces = [piece async for piece in underway.relay.pieces()]
    return len(pieces), await underway.outcome


async def _growths(shop: Shop, task_id: str) -> list[int]:
    return [row[0] for row in await shop.workshop.rows(HELD_FOR_IT, task_id)]


async def test_a_long_stream_is_held_as_it_goes_on_and_settled_once(shop: Shop) -> None:
    caller = await shop.workshop.tenant(live=100)
    gate = asyncio.Event()
    task_id, underway, _ = await shop.start(caller, Scripted(STREAM, {3: gate}), streams=True, slices=LONG)
    await asyncio.sleep(0.1)
    assert await shop.workshop.balance(caller) == (whole(95), whole(5)), "the first slice and no more"
    gate.set()
    count, outcome = await _read(underway)
    assert isinstance(outcome, Answered)
    assert (count, outcome.cut, outcome.note.finish_reason, outcome.note.owed) == (30, False, "stop", DUE)
    assert await _growths(shop, task_id) == [whole(5)] * 4
    assert await shop.workshop.row(HOLD, task_id) == (whole(20), whole(20))
    assert await shop.workshop.settlements(task_id) == [(DUE, whole(20) - DUE)]
    receipt = await shop.workshop.database.read(lambda tx: read_receipt(tx, (caller.account_id, "live"), task_id))
    assert receipt is not None
    assert [entry.kind for entry in receipt.entries] == ["hold"] * 4 + ["capture", "release"]
    assert receipt.task.unit == LONG.most


async def test_where_nothing_more_is_covered_the_stream_ends_as_one_that_is_long_enough(shop: Shop) -> None:
    caller = await shop.workshop.tenant(live=7)
    task_id, underway, _ = await shop.start(caller, Scripted(STREAM), streams=True, slices=LONG)
    count, outcome = await _read(underway)
    assert isinstance(outcome, Answered)
    covered = (whole(7) - OF_INPUT) // OF_PIECE
    assert (count, outcome.cut, outcome.note.finish_reason) == (covered, False, "length")
    assert outcome.note.owed == OF_INPUT + covered * OF_PIECE, "what was delivered, and not the piece that was not"
    assert outcome.note.tokens.estimated
    assert await _growths(shop, task_id) == [whole(5), whole(2)], "what there is, is held"
    assert await shop.workshop.balance(caller) == (whole(7) - outcome.note.owed, 0)


async def test_a_keys_budget_ends_a_stream_as_the_balance_does(shop: Shop) -> None:
    caller = await shop.workshop.tenant(live=100, budget=(whole(6), "day"))
    task_id, underway, _ = await shop.start(caller, Scripted(STREAM), streams=True, slices=LONG)
    count, outcome = await _read(underway)
    assert isinstance(outcome, Answered)
    assert (count, outcome.note.finish_reason) == ((whole(6) - OF_INPUT) // OF_PIECE, "length")
    assert await _growths(shop, task_id) == [whole(5), whole(1)]


async def test_the_budget_of_whoever_asked_ends_a_stream_as_well_and_counts_what_it_cost(shop: Shop) -> None:
    caller = replace(await shop.workshop.tenant(live=100), member_id=shop.workshop.ids.new())
    member = of_member(caller.account_id, str(caller.member_id))
    await shop.workshop.database.transact(lambda tx: set_own_budgets(tx, member, whole(6), None))
    task_id, underway, _ = await shop.start(caller, Scripted(STREAM), streams=True, slices=LONG)
    count, outcome = await _read(underway)
    assert isinstance(outcome, Answered)
    assert (count, outcome.note.finish_reason) == ((whole(6) - OF_INPUT) // OF_PIECE, "length")
    assert await _growths(shop, task_id) == [whole(5), whole(1)]
    left = (await shop.workshop.database.read(lambda tx: own_budgets(tx, [member])))[member].day
    assert left is not None
    assert left.left == whole(6) - outcome.note.owed
    await shop.workshop.assert_sound()


async def test_a_piece_that_nothing_covers_is_not_delivered_though_it_is_the_first(shop: Shop) -> None:
    caller = await shop.workshop.tenant(live=5)
    huge = Said("x" * 50_000)
    task_id, underway, _ = await shop.start(caller, Scripted([huge, *STREAM]), streams=True, slices=LONG)
    count, outcome = await _read(underway)
    assert isinstance(outcome, Answered)
    assert (count, outcome.note.finish_reason, outcome.note.owed) == (0, "length", OF_INPUT)
    assert await shop.workshop.settlements(task_id) == [(OF_INPUT, whole(5) - OF_INPUT)]


async def test_one_huge_piece_takes_as_many_slices_as_it_needs(shop: Shop) -> None:
    caller = await shop.workshop.tenant(live=100)
    whole_answer = [Said("x" * 4_000 * 30), *STREAM[-2:]]
    task_id, underway, _ = await shop.start(caller, Scripted(whole_answer), streams=True, slices=LONG)
    count, outcome = await _read(underway)
    assert isinstance(outcome, Answered)
    assert (count, outcome.note.owed) == (1, DUE)
    assert await _growths(shop, task_id) == [whole(5)] * 4


@pytest.mark.parametrize(("live", "captured"), [(100, DUE), (8, whole(8))])
async def test_what_a_provider_counts_beyond_our_own_count_is_held_before_it_is_charged(
    shop: Shop, live: int, captured: int
) -> None:
    caller = await shop.workshop.tenant(live=live)
    hidden = [Said("x"), Ended("stop"), Used(PROMPT_TOKENS, 30_000, 29_999)]
    task_id, underway, _ = await shop.start(caller, Scripted(hidden), streams=True, slices=LONG)
    _, outcome = await _read(underway)
    assert isinstance(outcome, Answered)
    assert outcome.note.owed == captured, "never beyond what there is"
    assert [one[0] for one in await shop.workshop.settlements(task_id)] == [captured]


async def test_a_database_that_is_away_for_a_moment_cuts_no_stream_that_can_be_paid(shop: Shop) -> None:
    caller = await shop.workshop.tenant(live=100)
    away, back = asyncio.Event(), asyncio.Event()
    task_id, underway, _ = await shop.start(caller, Scripted(STREAM, {4: away, 9: back}), streams=True, slices=LONG)
    await asyncio.sleep(0.1)
    shop.workshop.database.away = True
    away.set()
    await asyncio.sleep(0.2)
    assert underway.relay.left is False
    shop.workshop.database.come_back()
    back.set()
    count, outcome = await _read(underway)
    assert isinstance(outcome, Answered)
    assert (count, outcome.note.owed) == (30, DUE)
    assert await shop.workshop.settlements(task_id) == [(DUE, whole(20) - DUE)]


async def test_a_process_that_dies_between_slices_leaves_a_hold_that_covers_what_it_noted(shop: Shop) -> None:
    caller = await shop.workshop.tenant(live=100)
    task_id, _, _ = await shop.start(caller, Scripted(STREAM, {20: asyncio.Event()}), streams=True, slices=LONG)
    await asyncio.sleep(0.3)
    assert await shop.workshop.balance(caller) == (whole(85), whole(15))
    shop.workshop.let_pass(61)
    await shop.workshop.database.transact(take_over_dead)
    assert await shop.sweeper().pass_limits() == 1
    assert await shop.workshop.settlements(task_id) == [
        (OF_INPUT + 20 * OF_PIECE, whole(15) - OF_INPUT - 20 * OF_PIECE)
    ]


async def test_no_hold_grows_beyond_its_price_nor_twice_by_one_request_nor_after_its_end(shop: Shop) -> None:
    caller = await shop.workshop.tenant(live=100)
    task_id, attempt_id = await shop.begin(caller, whole(5), unit=whole(20))
    move = shop.workshop.move
    for level, held in ((10, 10), (10, 10), (7, 10), (1_000, 20)):
        outcome = await move(task_id, caller, HoldMore(attempt_id, whole(level)))
        assert isinstance(outcome, Moved)
        assert outcome.held == whole(held)
    stranger = await shop.workshop.tenant(live=100)
    assert not isinstance(await move(task_id, stranger, HoldMore(attempt_id, whole(20))), Moved)
    assert not isinstance(await move(task_id, caller, HoldMore("another", whole(20))), Moved)
    plain = await shop.workshop.task(caller)
    plain_attempt = await shop.workshop.sending(plain, caller)
    assert not isinstance(await move(plain, caller, HoldMore(plain_attempt, whole(20))), Moved), "no task of a worker"
    await shop.workshop.store(plain, caller, plain_attempt)
    shop.workshop.let_pass(700)
    await shop.sweeper().pass_limits()
    assert not isinstance(await move(task_id, caller, HoldMore(attempt_id, whole(20))), Moved)


async def test_two_hundred_streams_against_a_balance_for_ten_never_overdraw(shop: Shop) -> None:
    caller = await shop.workshop.tenant(live=50)
    gate = asyncio.Event()
    begun = await asyncio.gather(*[_begun(shop, caller, gate) for _ in range(200)])
    streams = [underway for underway in begun if underway is not None]
    assert len(streams) == 10
    assert await shop.workshop.balance(caller) == (0, whole(50))
    gate.set()
    outcomes = [outcome for _, outcome in await asyncio.gather(*map(_read, streams))]
    ended = [outcome for outcome in outcomes if isinstance(outcome, Answered)]
    assert len(ended) == 10
    assert "length" in {outcome.note.finish_reason for outcome in ended}, "they want 135 credits in all"
    captured = sum(outcome.note.owed for outcome in ended)
    assert await shop.workshop.balance(caller) == (whole(50) - captured, 0)
    assert all(outcome.note.owed >= whole(5) - OF_PIECE for outcome in ended), "each has what was held for it"


async def _begun(shop: Shop, caller: Caller, gate: asyncio.Event) -> Underway | None:
    """A stream that waits at the gate; None where it was refused for want of credits."""
    async with shop.room:
        try:
            _, underway, _ = await shop.start(caller, Scripted(STREAM, {0: gate}), streams=True, slices=LONG)
        except InsufficientCredits:
            return None
    return underway


async def test_a_lot_that_gave_two_parts_of_a_hold_and_expired_gets_them_back_at_once(shop: Shop) -> None:
    caller = await shop.workshop.tenant()
    await shop.workshop.grant((caller.account_id, "live"), 50, expires_in_s=300)
    task_id, attempt_id = await shop.begin(caller, whole(5), unit=whole(20), deadline_s=400)
    assert isinstance(await shop.workshop.move(task_id, caller, HoldMore(attempt_id, whole(10))), Moved)
    shop.workshop.let_pass(500)
    await shop.sweeper().pass_limits()
    assert await shop.workshop.settlements(task_id) == [(0, whole(10))]
    assert (await shop.workshop.balance(caller))[1] == 0


@pytest.mark.parametrize("by", [1, -1])
async def test_audit_finds_a_grown_hold_that_is_not_the_sum_of_its_entries(shop: Shop, by: int) -> None:
    caller = await shop.workshop.tenant(live=100)
    task_id, attempt_id = await shop.begin(caller, whole(5), unit=whole(20))
    await shop.workshop.move(task_id, caller, HoldMore(attempt_id, whole(10)))
    await shop.workshop.run(OFF_BY, by, task_id)
    report = await audit(shop.workshop.database)
    assert "hold_differs" in {breach.kind for breach in report.breaches if breach.subject == task_id}
    await shop.workshop.run(OFF_BY, -by, task_id)


def _price(max_tokens: int) -> Price:
    return price(chosen("gemini"), {"messages": [{"role": "user", "content": "hi"}], "max_tokens": max_tokens})


@given(max_tokens=st.integers(1, 65_536), streams=st.booleans())
def test_the_slices_of_a_stream_are_few_and_come_to_its_price_exactly(max_tokens: int, *, streams: bool) -> None:
    found = _price(max_tokens)
    slices = slices_of(RATES, found, streams=streams)
    levels = [slices.first]
    while slices.go_on_after(levels[-1]):
        levels.append(slices.next_level(levels[-1]))
    assert all(before < after for before, after in pairwise(levels))
    assert levels[-1] == found.total
    assert len(levels) <= (SLICES_MAX if streams else 1)
    assert streams or slices.first == found.total
    if len(levels) == 1:
        assert slices.first == found.total, "a short one is held whole"
    else:
        assert slices.first >= found.lines[0].total + whole(5), "the input, and a slice of output"


_sizes = st.integers(0, 10_000)


@given(said=_sizes, thought=_sizes, called=_sizes)
def test_no_answer_is_covered_by_less_than_it_owes(said: int, thought: int, called: int) -> None:
    tally = Tally(said, thought, called)
    owed = price_of_tokens(RATES, PROMPT_TOKENS, tally.completion)
    assert not tally.bytes or tally.bytes > bytes_covered(RATES, PROMPT_TOKENS, owed - 1)


@given(pieces=st.lists(st.text(max_size=9).map(Said) | st.text(max_size=9).map(Thought), max_size=5), last=st.text())
def test_a_piece_that_is_dropped_was_never_counted(pieces: list[Said | Thought], last: str) -> None:
    for piece in (Said(last), Thought(last), Called("id", last, last)):
        before, after = Tally(), Tally()
        for one in pieces:
            before.add(one)
            after.add(one)
        after.add(piece)
        after.drop(piece)
        assert after == before
