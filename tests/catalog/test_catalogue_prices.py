import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiinone.catalog.entry import Choice
from apiinone.catalog.prices import every_price, price_range, price_text, sub_models_text
from apiinone.catalog.pricing import Line, Price, price
from apiinone.core.credits import MICRO_PER_CREDIT, Credits, whole
from apiinone.core.errors import BadRequest
from catalog.body_strategies import UNHURRIED, near_bodies
from catalog.catalogue_for_tests import BODIES, CATALOGUE, chosen, parsed


def price_of(name: str, **fields: object) -> Price:
    return price(chosen(name), parsed(name, **fields).fields)


def test_a_quote_has_a_line_for_each_output() -> None:
    assert price_of("imagen4-ultra", num_images=3) == Price(
        unit=whole(12), units=3, total=whole(36), lines=(Line("imagen4-ultra", 3, whole(12), whole(36)),)
    )


def test_a_price_by_length_is_one_output_with_the_length_in_its_line() -> None:
    found = price_of("kling-3", duration=7)
    assert (found.unit, found.units, found.total) == (whole(420), 1, whole(420))
    assert found.lines == (Line("kling-3, per second", 7, whole(60), whole(420)),)


def test_a_rate_with_decimals_is_rounded_once_and_upward() -> None:
    found = price_of("seedance-1-5-pro", duration="4")
    assert found.lines[0].unit == 3_500_000
    assert found.total == whole(14)


@pytest.mark.parametrize(("characters", "amount"), [(1, 1), (35, 1), (36, 2), (1000, 28), (1001, 29), (5000, 140)])
def test_speech_is_charged_in_proportion_rounded_up(characters: int, amount: int) -> None:
    assert amount == math.ceil(28 * characters / 1000)
    assert price_of("elevenlabs-v3", dialogue=[{"text": "x" * characters}]).total == whole(amount)


def test_speech_counts_the_texts_of_all_lines_and_no_voices() -> None:
    one = price_of("elevenlabs-v3", dialogue=[{"text": "x" * 500, "voice": "a" * 100}, {"text": "y" * 500}])
    assert one.total == whole(28)


def test_chat_holds_five_credits_or_the_most_it_can_cost() -> None:
    assert price_of("gemini").total == whole(5)
    long = price_of("gemini", messages=[{"role": "user", "content": "x" * 1_000_000}], max_tokens=10_000)
    assert long.total > whole(94)  # 90 for a million bytes, 4.5 for ten thousand tokens
    assert long.total < whole(95)
    assert sum(line.total for line in long.lines) == long.total


@UNHURRIED
@given(st.data())
def test_every_body_that_is_accepted_has_a_price(data: st.DataObject) -> None:
    choice = data.draw(st.sampled_from([Choice(e, s) for e in CATALOGUE.entries for s in e.sub_models]))
    body = data.draw(near_bodies(choice.entry, choice.sub_model.id))
    try:
        fields = BODIES.parse(choice, body).fields
    except BadRequest:
        return
    found = price(choice, fields)
    assert found.total == found.unit * found.units
    assert found.total >= whole(1)
    assert found == price(choice, fields)
    if choice.entry.endpoint.asynchronous:
        assert found.unit % MICRO_PER_CREDIT == 0


@UNHURRIED
@given(st.integers(0, 10**12), st.integers(1, 15))
def test_a_price_per_second_is_never_below_its_exact_value_nor_a_credit_above(rate: int, seconds: int) -> None:
    choice = chosen("kling-3")
    rule = msgspec.to_builtins(choice.sub_model.price)
    rule["unit"] = {"rule": "fixed", "credits": f"{rate // MICRO_PER_CREDIT}.{rate % MICRO_PER_CREDIT:06}"}
    sub = msgspec.convert(msgspec.to_builtins(choice.sub_model) | {"price": rule}, type(choice.sub_model))
    total = price(Choice(choice.entry, sub), {"duration": seconds}).total
    assert rate * seconds <= total < max(rate * seconds, 1) + MICRO_PER_CREDIT


def test_prices_are_enumerated_over_every_field_they_depend_on() -> None:
    assert len(list(every_price(chosen("flux-2")))) == 4
    assert len(list(every_price(chosen("kling-3")))) == 2 * 2 * 13
    assert len(list(every_price(chosen("wan/2-6-video-to-video")))) == 4
    assert len(list(every_price(chosen("hailuo-2-3")))) == 3


def test_the_range_is_for_one_output() -> None:
    found = price_range(chosen("kling-image-o1").entry)
    assert (found.base, found.low, found.high) == (whole(6), whole(6), whole(16))


def test_what_follows_a_length_costs_at_most_what_the_longest_text_costs() -> None:
    found = price_range(chosen("elevenlabs-v3").entry)
    longest = price_of("elevenlabs-v3", dialogue=[{"text": "x" * 5000}] * 100)
    assert (found.base, found.low, found.high) == (whole(1), whole(1), longest.total)
    assert longest.total == whole(14_000)


def test_what_no_field_limits_has_no_highest_price() -> None:
    found = price_range(chosen("gemini").entry)
    assert (found.base, found.low, found.high) == (whole(5), whole(5), None)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("recraft-v4", "10\N{EN DASH}70 credits per image ($0.10\N{EN DASH}$0.70)"),
        ("cogview-4", "4 credits per image ($0.04)"),
        ("bg-remover", "1 credit per image ($0.01)"),
        ("elevenlabs-v3", "28 credits per 1,000 characters ($0.28)"),
        ("gemini", "5 credits per request ($0.05) held, charged by token"),
    ],
)
def test_the_price_is_put_in_words(name: str, text: str) -> None:
    assert price_text(chosen(name).entry) == text


def test_the_variants_are_named_with_their_prices() -> None:
    text = sub_models_text(chosen("recraft-v4").entry)
    assert "recraft-v4-text-to-vector (20 credits)" in text
    assert text.endswith("recraft-v4 means recraft-v4-text-to-image.")


def test_no_money_is_a_float() -> None:
    for entry in CATALOGUE.entries:
        for sub in entry.sub_models:
            for _, found in every_price(Choice(entry, sub)):
                amounts: list[Credits] = [found.unit, found.total, *(line.total for line in found.lines)]
                assert all(type(amount) is int for amount in amounts)
