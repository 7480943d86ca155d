"""What no database can hold is refused by name, whatever else a body holds."""

import pytest

from apiinone.catalog.clean import refuse_unclean
from apiinone.core.errors import BadRequest

UNCLEAN = {"NUL": "a\0b", "half of a pair": "a\ud83d", "a whole pair of halves": "\ud83d\ude00"}
BESIDE = {"texts alone": "a", "a number": 5, "nothing": None, "a list": ["a"], "an object": {"b": "c"}}


@pytest.mark.parametrize("beside", BESIDE.values(), ids=list(BESIDE))
@pytest.mark.parametrize("text", UNCLEAN.values(), ids=list(UNCLEAN))
def test_an_unclean_text_or_name_is_refused_whatever_stands_beside_it(text: str, beside: object) -> None:
    for body in ({"first": beside, "prompt": text}, {"prompt": text, "last": beside}):
        with pytest.raises(BadRequest) as refused:
            refuse_unclean(body)
        assert refused.value.param == "/prompt"
    with pytest.raises(BadRequest):
        refuse_unclean({text: "a", "last": beside})


def test_halves_of_a_pair_in_two_texts_are_two_halves() -> None:
    with pytest.raises(BadRequest) as refused:
        refuse_unclean({"first": "\ud83d", "second": "\ude00"})
    assert refused.value.param == "/first"


@pytest.mark.parametrize("beside", BESIDE.values(), ids=list(BESIDE))
def test_texts_of_every_language_are_clean(beside: object) -> None:
    refuse_unclean({"prompt": "ünïcode 🎨 和", "größe": "\x01\x7f", "last": beside})
