"""The rules of money on books in memory."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiinone.core.credits import Credits
from apiinone.ledger.buckets import BUCKETS
from apiinone.ledger.grants import new_lot, refill
from apiinone.ledger.ledger import Balance, Books, Held, Hold, Insufficient, Owner, entry_hash
from apiinone.ledger.lots import Lot, burn_order

OWNER: Owner = ("account", "live")
DAY_US = 86_400_000_000
NOW_US = 20_000 * DAY_US


def books(*lots: Lot, now_us: int = NOW_US) -> Books:
    opened = Books(now_us, balances={OWNER: Balance(0, 0, 0, b"", None)}, lots={OWNER: {}})
    for lot in lots:
        opened.grant(OWNER, lot, key=f"grant:{lot.id}", actor="operator", reason="a test")
    return opened


def hold(amount: int, name: str = "task") -> Hold:
    return Hold(name, OWNER, "key", "key", amount, None, "req")


def lot(name: str, amount: int, *, expires_us: int | None = None, created_us: int = NOW_US) -> Lot:
    return new_lot(name, "grant", amount, now_us=created_us, expires_us=expires_us)


def test_a_hold_takes_from_what_expires_first_and_among_equals_from_the_oldest() -> None:
    lots = [
        lot("never", 5),
        lot("later", 5, expires_us=NOW_US + 2),
        lot("sooner", 5, expires_us=NOW_US + 1),
        lot("older", 5, created_us=NOW_US - 1),
    ]
    opened = books(*lots)
    opened.hold(hold(18))
    _, slices = opened.open_holds["task"]
    assert [(part.lot_id, part.amount) for part in slices] == [("sooner", 5), ("later", 5), ("older", 5), ("never", 3)]
    assert min(lots, key=burn_order).id == "sooner"


def test_a_hold_of_one_more_than_there_is_changes_nothing() -> None:
    opened = books(lot("a", 5), lot("b", 5))
    entries = len(opened.entries)
    assert opened.hold(hold(11)) == Insufficient(Credits(10))
    assert (opened.available(OWNER), len(opened.entries), opened.holds) == (10, entries, [])
    assert isinstance(opened.hold(hold(10)), Held)


def test_nobody_without_a_balance_holds_anything() -> None:
    assert Books(NOW_US).hold(hold(1)) == Insufficient(Credits(0))


@pytest.mark.parametrize("captured", [-1, 11])
def test_a_capture_is_never_below_nothing_or_above_its_hold(captured: int) -> None:
    opened = books(lot("a", 20))
    opened.hold(hold(10))
    with pytest.raises(ValueError, match="between nothing and the hold"):
        opened.settle("task", captured, attempt_id=None, actor="task")


def test_a_hold_ends_once() -> None:
    opened = books(lot("a", 20))
    opened.hold(hold(10))
    opened.settle("task", 10, attempt_id=None, actor="task")
    with pytest.raises(KeyError):
        opened.settle("task", 0, attempt_id=None, actor="task")


@pytest.mark.parametrize("amount", [0, -1])
def test_an_entry_of_nothing_is_impossible(amount: int) -> None:
    with pytest.raises(AssertionError, match="impossible"):
        books(lot("a", 20)).hold(hold(amount))


def test_what_comes_back_from_an_expired_lot_expires_at_once_and_the_rest_is_captured_first() -> None:
    opened = books(lot("a", 10, expires_us=NOW_US + 5), lot("b", 10))
    opened.hold(hold(15))
    opened.now_us = NOW_US + 5
    opened.settle("task", 4, attempt_id=None, actor="task")
    first, second = opened.lots[OWNER].values()
    assert (first.available, first.held, first.captured, first.expired) == (0, 0, 4, 6)
    assert (second.available, second.held, second.captured) == (10, 0, 0)
    assert opened.available(OWNER) == 10


def test_a_lot_may_expire_again_when_a_later_release_was_judged_by_an_earlier_moment() -> None:
    """Two transactions get the lock in another order than they began: the clock of the second is behind."""
    opened = books(lot("a", 10, expires_us=NOW_US + 5))
    opened.hold(hold(4))
    opened.now_us = NOW_US + 5
    opened.expire_due()
    opened.now_us = NOW_US + 4
    opened.settle("task", 0, attempt_id=None, actor="task")
    assert opened.available(OWNER) == 4
    opened.now_us = NOW_US + 6
    opened.expire_due()
    assert opened.available(OWNER) == 0
    keys = [entry.key for entry in opened.entries]
    assert len(set(keys)) == len(keys)


def test_the_same_expiry_has_the_same_key_so_that_it_is_written_once() -> None:
    keys: list[list[str]] = []
    for _ in range(2):
        opened = books(lot("a", 10, expires_us=NOW_US))
        opened.expire_due()
        keys.append([entry.key for entry in opened.entries if entry.kind == "expire"])
    assert keys[0] == keys[1] != []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 50)), min_size=1, max_size=12))
def test_entries_are_numbered_chained_and_add_up_to_the_balance(moves: list[tuple[int, int]]) -> None:
    opened = books(lot("a", 100))
    for number, (amount, captured) in enumerate(moves):
        if isinstance(opened.hold(hold(amount, str(number))), Held):
            opened.settle(str(number), min(captured, amount), attempt_id=None, actor="task")
    assert [entry.entry_no for entry in opened.entries] == list(range(1, len(opened.entries) + 1))
    previous = b""
    available = held = 0
    for entry in opened.entries:
        assert entry.hash == entry_hash(previous, entry)
        previous = entry.hash
        source, target = BUCKETS[entry.kind]
        available += entry.amount * ((target == "available") - (source == "available"))
        held += entry.amount * ((target == "held") - (source == "held"))
    balance = opened.balances[OWNER]
    assert (balance.available, balance.held, balance.head_hash) == (available, held, previous)


def refilled(level: int, *, day: str | None, available: int) -> Books:
    opened = books(*([lot("a", available)] if available else []))
    opened.balances[OWNER].refill_day = day
    refill(opened, OWNER, lot_id="new", level=Credits(level))
    return opened


def test_a_refill_raises_to_the_level_once_a_day_and_never_above() -> None:
    opened = refilled(10, day="1970-01-01", available=3)
    assert opened.available(OWNER) == 10
    opened.hold(hold(10))
    refill(opened, OWNER, lot_id="again", level=Credits(10))
    assert opened.available(OWNER) == 0
    opened.now_us += DAY_US
    refill(opened, OWNER, lot_id="next", level=Credits(10))
    assert opened.available(OWNER) == 10
    assert refilled(10, day="1970-01-01", available=50).available(OWNER) == 50


def test_a_balance_in_the_operators_hands_is_not_refilled() -> None:
    assert refilled(10, day=None, available=0).available(OWNER) == 0


def test_a_clock_that_went_back_refills_nothing_twice() -> None:
    opened = refilled(10, day="1970-01-01", available=0)
    opened.hold(hold(10))
    opened.now_us -= 2 * DAY_US
    refill(opened, OWNER, lot_id="again", level=Credits(10))
    assert opened.available(OWNER) == 0
