"""The bucket of tokens behind a key's request rate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiinone.accounts import limits
from apiinone.accounts.limits import Allowed, Limited, RequestRates


def test_a_minutes_worth_may_come_at_once_and_the_rest_evenly() -> None:
    rates = RequestRates()
    first = [rates.take("key", 60, 0.0) for _ in range(61)]
    assert [type(outcome) for outcome in first] == [Allowed] * 60 + [Limited]
    assert first[0] == Allowed(60, 59, 1)
    assert first[60] == Limited(60, 1)
    later = [rates.take("key", 60, 2.0) for _ in range(3)]
    assert [type(outcome) for outcome in later] == [Allowed, Allowed, Limited]


def test_who_comes_again_when_told_gets_through() -> None:
    rates = RequestRates()
    assert isinstance(rates.take("key", 1, 0.0), Allowed)
    limited = rates.take("key", 1, 1.0)
    assert limited == Limited(1, 59)
    assert isinstance(rates.take("key", 1, 1.0 + 59), Allowed)


def test_keys_do_not_share_a_bucket() -> None:
    rates = RequestRates()
    assert isinstance(rates.take("a", 1, 0.0), Allowed)
    assert isinstance(rates.take("b", 1, 0.0), Allowed)
    assert isinstance(rates.take("a", 1, 0.0), Limited)


def test_a_key_that_may_do_nothing_does_nothing() -> None:
    assert isinstance(RequestRates().take("key", 0, 0.0), Limited)


def test_the_number_of_buckets_is_bounded_and_the_longest_unused_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BUCKETS_MAX", 3)
    rates = RequestRates()
    for name in ("a", "b", "c", "a", "d"):
        rates.take(name, 2, 0.0)
    assert isinstance(rates.take("a", 2, 0.0), Limited)
    assert rates.take("b", 2, 0.0) == Allowed(2, 1, 30)


@given(
    st.integers(1, 1_000),
    st.lists(st.floats(0, 10, allow_nan=False), min_size=1, max_size=100),
)
def test_never_more_than_a_minutes_worth_and_what_time_brought(per_minute: int, gaps: list[float]) -> None:
    rates, now_s, allowed = RequestRates(), 0.0, 0
    for gap_s in gaps:
        now_s += gap_s
        outcome = rates.take("key", per_minute, now_s)
        allowed += isinstance(outcome, Allowed)
        if isinstance(outcome, Allowed):
            assert 0 <= outcome.remaining < per_minute
    assert allowed <= per_minute + now_s * per_minute / 60 + 1e-6
