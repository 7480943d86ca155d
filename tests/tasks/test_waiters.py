"""Requests that wait for a task's end."""

import asyncio

import pytest

from apiinone.tasks import waiters
from apiinone.tasks.waiters import Waiters

KEY = "key"
NEVER_S = 600.0
"""A wait that only the event waited for can end within the test's time."""
ENDS_WITHIN_S = 20.0


@pytest.fixture
def never_looking(monkeypatch: pytest.MonkeyPatch) -> None:
    """No look but the first and the last."""
    monkeypatch.setattr(waiters, "LOOK_EVERY_S", NEVER_S)


class Watched:
    """Something that ends, and how often it was looked at."""

    def __init__(self) -> None:
        self.looks = 0
        self.final = False

    def end(self) -> None:
        self.final = True

    async def look(self) -> tuple[str, bool]:
        self.looks += 1
        return ("ended" if self.final else "open"), self.final


@pytest.mark.usefixtures("never_looking")
async def test_an_end_in_this_process_is_seen_at_once() -> None:
    waiting, watched = Waiters(per_key_max=10), Watched()
    task = asyncio.ensure_future(waiting.wait("task", KEY, seconds=NEVER_S, look=watched.look))
    await asyncio.sleep(0.01)
    watched.final = True
    waiting.ended("task")
    async with asyncio.timeout(ENDS_WITHIN_S):
        assert await task == "ended"


async def test_an_end_in_another_process_is_seen_at_the_next_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiters, "LOOK_EVERY_S", 0.1)
    waiting, watched = Waiters(per_key_max=10), Watched()
    asyncio.get_running_loop().call_later(0.05, watched.end)
    async with asyncio.timeout(ENDS_WITHIN_S):
        assert await waiting.wait("task", KEY, seconds=NEVER_S, look=watched.look) == "ended"
    assert watched.looks > 1


@pytest.mark.usefixtures("never_looking")
async def test_a_wait_has_an_end_and_gives_things_as_they_stand() -> None:
    waiting, watched = Waiters(per_key_max=10), Watched()
    began_s = asyncio.get_running_loop().time()
    async with asyncio.timeout(ENDS_WITHIN_S):
        assert await waiting.wait("task", KEY, seconds=0.1, look=watched.look) == "open"
    assert asyncio.get_running_loop().time() - began_s > 0.09


async def test_what_has_ended_is_given_without_waiting() -> None:
    watched = Watched()
    watched.final = True
    assert await Waiters(per_key_max=0).wait("task", KEY, seconds=60, look=watched.look) == "ended"
    assert watched.looks == 1


@pytest.mark.usefixtures("never_looking")
async def test_a_key_has_so_many_waiting_and_no_more_and_gets_its_places_back() -> None:
    waiting, watched = Waiters(per_key_max=2), Watched()
    held = [asyncio.ensure_future(waiting.wait("task", KEY, seconds=NEVER_S, look=watched.look)) for _ in range(2)]
    await asyncio.sleep(0.01)
    async with asyncio.timeout(ENDS_WITHIN_S):
        assert await waiting.wait("task", KEY, seconds=NEVER_S, look=watched.look) == "open"
    other = asyncio.ensure_future(waiting.wait("task", "other", seconds=NEVER_S, look=watched.look))
    await asyncio.sleep(0.01)
    assert not other.done()
    held[0].cancel()
    await asyncio.sleep(0.01)
    again = asyncio.ensure_future(waiting.wait("task", KEY, seconds=NEVER_S, look=watched.look))
    await asyncio.sleep(0.01)
    assert not again.done()
    watched.final = True
    waiting.ended("task")
    assert await asyncio.gather(held[1], other, again) == ["ended"] * 3


async def test_a_look_that_fails_leaves_nothing_behind() -> None:
    waiting = Waiters(per_key_max=1)

    async def fails() -> tuple[str, bool]:
        raise KeyError("gone")

    for _ in range(3):
        outcome = (await asyncio.gather(waiting.wait("t", KEY, seconds=1, look=fails), return_exceptions=True))[0]
        assert isinstance(outcome, KeyError)
