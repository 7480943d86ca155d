import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiinone.catalog.sizes import range_pattern, ratio_name, read_ratio, read_size, sides_of
from catalog.body_strategies import UNHURRIED


@pytest.mark.parametrize("text", ["1024x768", "1024*768"])
def test_a_size_is_read_in_both_spellings(text: str) -> None:
    assert read_size(text) == (1024, 768)


@pytest.mark.parametrize(
    "text", ["", "1024", "x", "0x1", "1024X768", " 1x1", "1x1\n", "-1x1", "1x1x1", "٣x٣", "100000x1"]
)
def test_anything_else_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="not a size"):
        read_size(text)


@pytest.mark.parametrize("text", ["", "16", "16:", ":9", "0:1", "1:0", "a:b", "1:1:1"])
def test_anything_else_is_no_ratio(text: str) -> None:
    with pytest.raises(ValueError, match="not a ratio"):
        read_ratio(text)


@UNHURRIED
@given(st.integers(1, 5000), st.integers(0, 5000), st.integers(0, 60_000))
def test_a_range_pattern_matches_its_range_and_nothing_else(low: int, span: int, number: int) -> None:
    pattern = re.compile(range_pattern(low, low + span))
    for found in (number, low, low + span, low - 1, low + span + 1):
        assert bool(pattern.fullmatch(str(found))) == (low <= found <= low + span)


@UNHURRIED
@given(st.integers(1, 5000), st.integers(1, 5000))
def test_a_ratio_without_near_names_is_in_lowest_terms(width: int, height: int) -> None:
    ratio = read_ratio(ratio_name(width, height, ()))
    assert ratio * height == width


@UNHURRIED
@given(st.integers(1, 30), st.integers(1, 30), st.sampled_from([512, 1024, 2048]))
def test_sides_keep_the_ratio_and_the_area(wide: int, high: int, side: int) -> None:
    ratio = read_ratio(f"{wide}:{high}")
    width, height = sides_of(ratio, side, 16)
    assert width % 16 == height % 16 == 0
    assert abs(width - side * float(ratio) ** 0.5) <= 8
    assert abs(height - side / float(ratio) ** 0.5) <= 8
