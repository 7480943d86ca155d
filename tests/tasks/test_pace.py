"""A provider's published limits, kept evenly, with every account in a line of its own."""

import heapq

import pytest

from apiinone.tasks.pace import Pace
from clocks import ClockForTests

PER_S = 5.0


def play(
    arrivals: dict[str, int],
    *,
    late_s: float = 0.0,
    per_s: float = PER_S,
    concurrent: int = 1000,
    lasts_s: float = 0.0,
) -> list[tuple[float, str]]:
    """When each job had its turn, if all come again when told; those of "quiet" come so much later than the others."""
    clock = ClockForTests()
    pace = Pace(per_s_max=per_s, concurrent_max=concurrent, clock=clock)
    start_s = clock.monotonic_s()
    begins_s = {account: start_s + (late_s if account == "quiet" else 0.0) for account in arrivals}
    waiting = [(begins_s[account], n, account) for account, count in arrivals.items() for n in range(count)]
    heapq.heapify(waiting)
    ending: list[float] = []
    turns: list[tuple[float, str]] = []
    while waiting:
        due_s, n, account = heapq.heappop(waiting)
        while ending and ending[0] <= due_s:
            clock.pass_s(max(0.0, heapq.heappop(ending) - clock.monotonic_s()))
            pace.leave()
        clock.pass_s(max(0.0, due_s - clock.monotonic_s()) + 0.001)
        wait_s = pace.enter(account)
        if wait_s > 0:
            heapq.heappush(waiting, (clock.monotonic_s() + wait_s, n, account))
        else:
            turns.append((clock.monotonic_s() - start_s, account))
            heapq.heappush(ending, clock.monotonic_s() + lasts_s)
    return turns


def test_no_more_are_let_through_than_the_provider_takes_and_hardly_fewer() -> None:
    turns = [moment for moment, _ in play({"a": 100})]
    assert len(turns) == 100
    for second in range(20):
        assert len([moment for moment in turns if second <= moment < second + 1]) <= PER_S + 1
    assert turns[-1] < 100 / PER_S * 1.25


def test_no_more_are_under_way_at_once_than_the_provider_takes() -> None:
    turns = [moment for moment, _ in play({"a": 30}, per_s=1000.0, concurrent=3, lasts_s=1.0)]
    for moment in turns:
        assert len([other for other in turns if moment <= other < moment + 1.0]) <= 3


@pytest.mark.parametrize("noise", [50, 500])
def test_a_quiet_account_does_not_wait_for_a_noisy_one_to_finish(noise: int) -> None:
    turns = play({"noisy": noise, "quiet": 1}, late_s=1.1)
    assert next(moment for moment, account in turns if account == "quiet") < 4.0
    assert len(turns) == noise + 1


def test_accounts_share_a_provider_evenly() -> None:
    turns = play({"a": 60, "b": 60, "c": 60})
    first = [account for _, account in turns[:60]]
    assert all(abs(first.count(account) - 20) <= 8 for account in "abc")


def test_a_free_provider_is_entered_at_once_and_left_again() -> None:
    clock = ClockForTests()
    pace = Pace(per_s_max=1000.0, concurrent_max=1, clock=clock)
    for _ in range(3):
        assert pace.enter("a") == 0.0
        clock.pass_s(1.0)
        assert pace.enter("b") > 0.0
        pace.leave()
        clock.pass_s(1.0)
