"""Blocked terms are found as whole words, however they are written, and no text takes long."""

import time

import pytest

from apiinone.core.blocked_terms import TERM_WORDS_MAX, TERMS_MAX, BlockedTerms, read_terms

TERMS = read_terms("# what we do not make\n\nForbidden Thing\n straße \nnaïve\n禁词\nx-ray\n")


@pytest.mark.parametrize(
    "text",
    [
        "a forbidden thing",
        "FORBIDDEN\n\n  thing!",
        "so (forbidden-thing).",
        "f\u200borbidden th\u00ading",
        "\uff46\uff4f\uff52\uff42\uff49\uff44\uff44\uff45\uff4e thing",
        "in der STRASSE",
        "nai\u0308ve",
        "这里有禁词吗",
        "an X ray",
    ],
)
def test_a_term_is_found_in_any_case_width_and_spacing(text: str) -> None:
    assert TERMS.found_in(text)


@pytest.mark.parametrize("text", ["", "forbidden", "thing forbidden", "forbidden things", "unforbidden thing", "禁止"])
def test_parts_of_words_and_other_orders_are_no_terms(text: str) -> None:
    assert not TERMS.found_in(text)


def test_a_long_text_that_nearly_matches_everywhere_takes_time_in_proportion() -> None:
    terms = BlockedTerms(" ".join(["a"] * length) + " b" for length in range(1, TERM_WORDS_MAX))
    began_s = time.perf_counter()
    assert not terms.found_in("a " * 20_000)
    assert time.perf_counter() - began_s < 5.0


@pytest.mark.parametrize("terms", [["..."], ["x" * 201], [" ".join("abcdefghijklmnopq")], ["x"] * (TERMS_MAX + 1)])
def test_a_list_that_could_not_be_kept_is_refused(terms: list[str]) -> None:
    with pytest.raises(ValueError, match="term"):
        BlockedTerms(terms)


def test_no_terms_are_false() -> None:
    assert not read_terms("# nothing\n")
    assert TERMS
