"""Vendors are asked in turns: a limit for each, shared by all its tasks, and no vendor in another's way."""

from typing import Final

from apiinone.core.clock import Clock
from apiinone.tasks.poll_lag import BOUNDS_S, PollLag
from apiinone.tasks.questions import Questions
from clocks import ClockForTests

TASKS: Final = 1_250


def test_a_crowd_is_asked_evenly_and_no_faster_than_the_limit() -> None:
    clock = ClockForTests()
    questions = _questions(clock, per_s_max=100.0)
    turns = sorted(questions.turn(1.0) for _ in range(TASKS))
    for second in range(14):
        assert sum(second <= turn < second + 1 for turn in turns) <= 100 + 10
    assert turns[0] >= 1.0
    assert turns[-1] <= 1.0 + TASKS / 100 + 0.2


def test_whoever_is_asked_later_takes_nobodys_turn() -> None:
    questions = _questions(ClockForTests(), per_s_max=10.0)
    assert questions.turn(3_600.0) >= 3_600.0
    assert questions.turn(1.0) <= 1.2


def test_in_a_crowd_everybodys_questions_grow_rarer_together() -> None:
    clock = ClockForTests()
    questions = _questions(clock, per_s_max=10.0)
    due = {task: questions.turn(0.0) for task in range(50)}
    asked = dict.fromkeys(due, 0)
    now_s = 0.0
    while (next_s := min(due.values())) < 60.0:
        clock.pass_s(max(0.0, next_s - now_s))
        now_s = max(now_s, next_s)
        task = min(due, key=due.__getitem__)
        asked[task] += 1
        due[task] = now_s + questions.turn(1.0)
    assert max(asked.values()) - min(asked.values()) <= 2
    assert sum(asked.values()) <= 60 * 10 + 10


def test_so_many_questions_at_once_and_no_more() -> None:
    questions = _questions(ClockForTests(), at_once_max=2)
    assert [questions.enter() > 0 for _ in range(3)] == [False, False, True]
    questions.leave()
    assert questions.enter() == 0.0


def test_a_vendor_that_turns_a_question_away_is_left_alone_by_all_its_tasks() -> None:
    clock = ClockForTests()
    questions, other = _questions(clock), _questions(clock)
    questions.turned_away(7.0)
    assert questions.turn(1.0) >= 7.0
    assert questions.enter() >= 7.0
    assert other.enter() == 0.0
    clock.pass_s(7.1)
    assert questions.enter() == 0.0


def test_a_calendar_forgets_what_is_over() -> None:
    clock = ClockForTests()
    questions = _questions(clock, per_s_max=10.0)
    for _ in range(10_000):
        clock.pass_s(0.5)
        questions.turn(1.0)
    assert questions.remembered < 1_500


def test_lags_are_counted_as_prometheus_writes_them() -> None:
    lag = PollLag()
    for lag_us in (-5, 250_000, 251_000, 90_000_000):
        lag.note(lag_us)
    lines = dict(lag.cumulative())
    assert (lines["0.25"], lines["0.5"], lines[str(BOUNDS_S[-1])], lines["+Inf"]) == (2, 3, 3, 4)
    assert lag.sum_us == 90_501_000


def _questions(clock: Clock, *, per_s_max: float = 100.0, at_once_max: int = 10) -> Questions:
    return Questions(per_s_max=per_s_max, at_once_max=at_once_max, clock=clock)
