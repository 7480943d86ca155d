"""Natural batching: who waits together, who is served, and what one bad item costs the others."""

import asyncio
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiinone.core.batch import QUIET_S, TURNS_MAX, WINDOW_S, Batcher
from apiinone.core.errors import DatabaseUnavailable, Overloaded, ServerError

Item = tuple[str, int]


class Counter:
    """Does items by giving them back, in as many turns of the loop as a commit would take."""

    def __init__(self, *, bad: Callable[[Item], bool] = lambda _: False) -> None:
        self.batches: list[list[Item]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self._bad = bad

    async def run(self, items: Sequence[Item]) -> Sequence[Item]:
        self.batches.append(list(items))
        await self.gate.wait()
        await asyncio.sleep(0)
        if any(map(self._bad, items)):
            raise ValueError("the database chokes on one of these")
        return list(items)

    def batcher(self, *, size_max: int = 8, queue_max: int = 1000) -> Batcher[Item, Item]:
        return Batcher(self.run, share_of=lambda item: item[0], size_max=size_max, queue_max=queue_max)


async def test_what_arrives_during_a_batch_joins_the_next_and_an_idle_one_starts_at_once() -> None:
    counter = Counter()
    batcher = counter.batcher()
    await batcher.do(("a", 0))
    assert counter.batches == [[("a", 0)]]
    counter.gate.clear()
    waiting = [asyncio.ensure_future(batcher.do(("a", number))) for number in range(1, 5)]
    await asyncio.sleep(0.01)
    counter.gate.set()
    assert await asyncio.gather(*waiting) == [("a", number) for number in range(1, 5)]
    assert len(counter.batches) <= 3


async def test_a_batch_is_run_once_a_turn_has_brought_no_more() -> None:
    counter = Counter()
    batcher = counter.batcher(size_max=100)

    async def come(number: int) -> Item:
        for _ in range(number // 3):  # three in each turn, for five turns
            await asyncio.sleep(0)
        return await batcher.do(("a", number))

    await asyncio.gather(*[come(number) for number in range(15)])
    assert [len(batch) for batch in counter.batches] == [15]


class Watch:
    """The event loop's clock, set by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 100.5 * WINDOW_S
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: self.now_s)

    async def ten_in_each_window(self, batcher: Batcher[Item, Item], windows: int) -> None:
        for number in range(10 * windows):
            self.now_s += WINDOW_S / 10
            await batcher.do(("a", number))


async def test_the_rate_is_that_of_the_last_window_and_none_once_it_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    watch, batcher = Watch(monkeypatch), Counter().batcher()
    assert batcher.per_s() == 0.0
    await watch.ten_in_each_window(batcher, 3)
    assert batcher.per_s() == pytest.approx(10 / WINDOW_S, rel=0.2)
    watch.now_s += QUIET_S * 0.9
    assert batcher.per_s() > 0.0
    watch.now_s += QUIET_S * 0.2
    assert batcher.per_s() == 0.0


async def test_while_a_batch_is_under_way_it_is_not_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    counter = Counter()
    watch, batcher = Watch(monkeypatch), counter.batcher()
    await watch.ten_in_each_window(batcher, 3)
    counter.gate.clear()
    waiting = batcher.enqueue(("a", 0))
    await asyncio.sleep(0)
    watch.now_s += QUIET_S * 2
    assert batcher.per_s() > 0.0
    counter.gate.set()
    await waiting
    await batcher.drain()
    assert batcher.per_s() > 0.0  # it has just ended, however long it took


async def test_a_batch_does_not_wait_for_ever_for_those_that_keep_coming() -> None:
    counter = Counter()
    batcher = counter.batcher(size_max=1000)
    waiting: list[asyncio.Future[Item]] = []
    while not counter.batches:
        waiting += [batcher.enqueue(("a", len(waiting))), batcher.enqueue(("a", len(waiting) + 1))]
        await asyncio.sleep(0)
        assert len(waiting) < 3 * TURNS_MAX
    await asyncio.gather(*waiting)


async def test_an_item_that_comes_alone_waits_for_no_turn() -> None:
    counter = Counter()
    batcher = counter.batcher()
    batcher.enqueue(("a", 0))
    await asyncio.sleep(0)
    assert counter.batches == [[("a", 0)]]
    await batcher.drain()


async def test_what_cannot_wait_is_refused_to_whoever_waits_and_not_before() -> None:
    counter = Counter()
    batcher = counter.batcher(queue_max=1)
    waiting = [batcher.do(("a", number)) for number in range(2)]
    done, refused = await asyncio.gather(*waiting, return_exceptions=True)
    assert (done, type(refused)) == (("a", 0), Overloaded)


async def test_each_share_has_its_turn_in_every_batch() -> None:
    counter = Counter()
    counter.gate.clear()
    batcher = counter.batcher(size_max=4)
    loud = [batcher.enqueue(("loud", number)) for number in range(40)]
    await asyncio.sleep(0)
    quiet = batcher.enqueue(("quiet", 0))
    counter.gate.set()
    await quiet
    assert ("quiet", 0) in counter.batches[1]
    await asyncio.gather(*loud)
    own = [item for batch in counter.batches for item in batch if item[0] == "loud"]
    assert own == [("loud", number) for number in range(40)]


@settings(max_examples=60, deadline=None)
@given(st.sets(st.integers(0, 29)), st.integers(1, 32))
def test_bad_items_fail_alone_wherever_they_stand(bad: set[int], size_max: int) -> None:
    async def play() -> list[Item | BaseException]:
        batcher = Counter(bad=lambda item: item[1] in bad).batcher(size_max=size_max)
        return await asyncio.gather(*[batcher.do(("a", number)) for number in range(30)], return_exceptions=True)

    results = asyncio.run(play())
    assert [number for number, result in enumerate(results) if isinstance(result, ServerError)] == sorted(bad)
    assert [result for result in results if isinstance(result, tuple)] == [("a", n) for n in range(30) if n not in bad]


async def test_a_database_that_is_away_is_not_asked_again_for_each_half() -> None:
    asked = 0

    async def run(_: Sequence[Item]) -> Sequence[Item]:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        raise DatabaseUnavailable("away")

    batcher = Batcher[Item, Item](run, share_of=lambda item: item[0], size_max=8, queue_max=100)
    results = await asyncio.gather(*[batcher.do(("a", number)) for number in range(8)], return_exceptions=True)
    assert {type(result) for result in results} == {DatabaseUnavailable}
    assert asked == 1


async def test_a_full_queue_refuses_and_takes_again_once_it_has_room() -> None:
    counter = Counter()
    counter.gate.clear()
    batcher = counter.batcher(size_max=2, queue_max=3)
    taken = [batcher.enqueue(("a", number)) for number in range(3)]
    with pytest.raises(Overloaded) as refused:
        batcher.enqueue(("b", 0))
    assert refused.value.retry_after_s == 1
    counter.gate.set()
    await asyncio.gather(*taken)
    assert batcher.waiting == 0
    assert await batcher.do(("b", 0)) == ("b", 0)


async def test_a_waiter_that_leaves_does_not_take_its_item_or_its_neighbours_back() -> None:
    counter = Counter()
    counter.gate.clear()
    batcher = counter.batcher()
    waiting = [asyncio.ensure_future(batcher.do(("a", number))) for number in range(3)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    await asyncio.sleep(0)
    counter.gate.set()
    assert await waiting[0] == ("a", 0)
    assert await waiting[2] == ("a", 2)
    assert counter.batches == [[("a", 0), ("a", 1), ("a", 2)]]


async def test_who_stops_waiting_for_the_drain_stops_no_batch() -> None:
    counter = Counter()
    counter.gate.clear()
    batcher = counter.batcher()
    waiting = batcher.enqueue(("a", 0))
    draining = asyncio.ensure_future(batcher.drain())
    await asyncio.sleep(0)
    draining.cancel()
    await asyncio.sleep(0)
    counter.gate.set()
    async with asyncio.timeout(20):
        assert await waiting == ("a", 0)


async def test_drained_means_that_everything_was_done() -> None:
    counter = Counter()
    batcher = counter.batcher(size_max=2)
    waiting = [batcher.enqueue(("a", number)) for number in range(9)]
    await batcher.drain()
    assert all(future.done() for future in waiting)
