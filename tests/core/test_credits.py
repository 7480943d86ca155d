from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiinone.core.credits import MICRO_CREDITS_MAX, MICRO_PER_CREDIT, parse, shown, usd, whole

AMOUNTS = st.integers(0, MICRO_CREDITS_MAX)


@given(AMOUNTS)
def test_what_is_shown_is_read_back_exactly(amount: int) -> None:
    assert parse(f"{shown(amount):f}") == amount


@given(AMOUNTS)
def test_whole_credits_are_shown_as_integers_and_others_without_idle_zeros(amount: int) -> None:
    seen = shown(amount)
    assert isinstance(seen, int) == (amount % MICRO_PER_CREDIT == 0)
    assert Decimal(seen) * MICRO_PER_CREDIT == amount
    assert isinstance(seen, int) or not f"{seen:f}".endswith("0")


@given(AMOUNTS)
def test_a_credit_is_one_cent(amount: int) -> None:
    assert usd(amount) * 100 * MICRO_PER_CREDIT == amount


@given(st.text(max_size=40))
def test_a_text_is_an_exact_amount_or_refused(text: str) -> None:
    try:
        amount = parse(text)
    except ValueError:
        return
    assert 0 <= amount <= MICRO_CREDITS_MAX
    assert Decimal(text) * MICRO_PER_CREDIT == amount


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "1.",
        ".5",
        "-1",
        "+1",
        "1e3",
        "1.0000001",
        "1,5",
        " 1",
        "1 ",
        "0x1",
        "\u0661",
        "1_000",
        "nan",
        "9" * 100,
    ],
)
def test_anything_but_plain_decimals_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="amount of credits"):
        parse(text)


def test_one_micro_credit_over_the_most_is_refused() -> None:
    most = MICRO_CREDITS_MAX // MICRO_PER_CREDIT
    assert parse(str(most)) == whole(most) == MICRO_CREDITS_MAX
    with pytest.raises(ValueError, match="largest"):
        parse(f"{most}.000001")
