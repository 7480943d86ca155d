import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiinone.core.clock import US_PER_S, date_of, day_of, iso, month_of, parse_iso

MOMENTS = st.integers(0, 250_000_000_000 * US_PER_S)


@given(MOMENTS)
def test_a_moment_is_shown_in_milliseconds_and_read_back(moment_us: int) -> None:
    assert parse_iso(iso(moment_us)) == moment_us // 1000 * 1000


@given(MOMENTS)
def test_days_and_months_are_those_of_utc(moment_us: int) -> None:
    assert day_of(moment_us) == iso(moment_us)[:10]
    assert month_of(moment_us) == iso(moment_us)[:7]
    assert f"{date_of(moment_us)}" == day_of(moment_us)


def test_a_day_ends_at_midnight_utc_to_the_microsecond() -> None:
    midnight_us = parse_iso("2026-11-23")
    assert (day_of(midnight_us - 1), day_of(midnight_us)) == ("2026-11-22", "2026-11-23")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-11-23T01:02:03Z", 1795395723.0),
        ("2026-11-23T01:02:03", 1795395723.0),
        ("2026-11-23T03:02:03.5+02:00", 1795395723.5),
        ("1969-12-31T23:59:59.5Z", -0.5),
    ],
)
def test_a_moment_without_a_zone_is_utc_and_others_are_moved_there(text: str, seconds: float) -> None:
    assert parse_iso(text) == int(seconds * US_PER_S)


@given(st.text(max_size=40))
def test_what_is_no_moment_is_a_value_error(text: str) -> None:
    try:
        parse_iso(text)
    except ValueError:
        return


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_the_ends_of_the_calendar_are_moments_or_a_value_error(text: str) -> None:
    try:
        parse_iso(text)
    except ValueError:
        return
