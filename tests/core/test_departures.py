"""What is written in one turn of the event loop leaves together."""

import asyncio
from functools import partial

from apiinone.core.departures import TOGETHER_MAX, Departures


async def test_what_is_written_in_one_turn_leaves_after_it_and_in_its_order() -> None:
    left: list[int] = []
    departures = Departures()
    for number in range(3):
        departures.add(partial(left.append, number))
    assert left == []
    await asyncio.sleep(0)
    assert left == [0, 1, 2]


async def test_nothing_waits_for_more_than_a_few_others() -> None:
    left: list[int] = []
    departures = Departures()
    for number in range(TOGETHER_MAX + 1):
        departures.add(partial(left.append, number))
    assert left == list(range(TOGETHER_MAX))


async def test_what_fails_to_leave_keeps_no_other() -> None:
    left: list[int] = []
    failures: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context["exception"]))
    departures = Departures()
    departures.add(lambda: left.append(1 // 0))
    departures.add(partial(left.append, 1))
    await asyncio.sleep(0.01)
    assert left == [1]
    assert len(failures) == 1
