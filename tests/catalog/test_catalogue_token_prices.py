"""What a chat costs by its tokens, against a table written by hand."""

from decimal import Decimal
from pathlib import Path

import msgspec.yaml
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiinone.catalog.price_rules import Tokens
from apiinone.catalog.pricing import price_of_tokens
from catalog.catalogue_for_tests import CATALOGUE, chosen

GOLDEN = msgspec.yaml.decode(
    (Path(__file__).parent / "golden_token_prices.yaml").read_bytes(), type=list[tuple[int, int, int]]
)


def _rates(per_million_in: Decimal, per_million_out: Decimal) -> Tokens:
    return Tokens(
        hold=Decimal(5),
        input_per_million=per_million_in,
        output_per_million=per_million_out,
        input_fields=("messages",),
        output_limit_field="max_tokens",
    )


@pytest.mark.parametrize(("tokens_in", "tokens_out", "micro"), GOLDEN)
def test_a_chats_price_is_the_one_worked_out_by_hand(tokens_in: int, tokens_out: int, micro: int) -> None:
    rates = chosen("gemini").sub_model.price
    assert isinstance(rates, Tokens)
    assert price_of_tokens(rates, tokens_in, tokens_out) == micro


def test_two_halves_of_a_micro_credit_are_rounded_together_and_upward() -> None:
    half = _rates(Decimal("0.5"), Decimal("0.5"))
    assert [price_of_tokens(half, *tokens) for tokens in ((1, 0), (1, 1), (2, 1))] == [1, 1, 2]


_rate = st.integers(0, 10**10)


@given(_rate, _rate, st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_price_is_never_below_its_exact_value_nor_a_micro_credit_above(
    rate_in: int, rate_out: int, tokens_in: int, tokens_out: int
) -> None:
    rates = _rates(Decimal(rate_in).scaleb(-6), Decimal(rate_out).scaleb(-6))
    exact = rate_in * tokens_in + rate_out * tokens_out
    found = price_of_tokens(rates, tokens_in, tokens_out)
    assert 0 <= found * 1_000_000 - exact < 1_000_000


def test_every_chat_model_says_whether_hanging_up_stops_it() -> None:
    for entry in CATALOGUE.on("chat"):
        assert [faq.answer for faq in entry.faq if "hang up" in faq.question], entry.id
