"""When tasks are due: in order, each once, by the newest word."""

from itertools import islice

from apiinone.tasks.due_times import DueTimes


def test_what_is_due_comes_in_order_and_once() -> None:
    times = DueTimes()
    for task_id, due_s in (("c", 3.0), ("a", 1.0), ("b", 2.0)):
        times.put(task_id, due_s)
    assert times.first_s() == 1.0
    assert list(times.due(2.5)) == ["a", "b"]
    assert list(times.due(2.5)) == []
    assert times.first_s() == 3.0


def test_the_newest_word_counts_whichever_way_it_goes() -> None:
    times = DueTimes()
    for due_s in (1.0, 5.0):
        times.put("later", due_s)
    for due_s in (5.0, 1.0):
        times.put("sooner", due_s)
    assert list(times.due(2.0)) == ["sooner"]
    assert list(times.due(9.0)) == ["later"]
    assert times.first_s() == float("inf")


def test_whoever_has_no_room_leaves_the_rest_for_later() -> None:
    times = DueTimes()
    for task_id in "abc":
        times.put(task_id, 1.0)
    assert list(islice(times.due(2.0), 2)) == ["a", "b"]
    assert list(islice(times.due(2.0), 0)) == []
    assert list(times.due(2.0)) == ["c"]
