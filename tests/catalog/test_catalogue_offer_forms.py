"""How an offer writes our fields for the upstream, which requests it serves, and what they cost us."""

from typing import get_args

import msgspec
import pytest

from apiinone.catalog.conditions import serves
from apiinone.catalog.costs import cost_of, cost_of_tokens
from apiinone.catalog.entry import SubModel
from apiinone.catalog.fields import file_fields, upstream_fields
from apiinone.catalog.offer import Form, Offer, Send

LINK, DATA = "https://example.com/a.png", "data:image/png;base64,AA=="


def offer(**facts: object) -> Offer:
    base = {"provider": "acme", "upstream_model": "m", "priority": 1, "cost_micro_usd": 1, "cost_basis": "A guess."}
    return msgspec.convert({**base, "send": [], "confidence": "unconfirmed", "source": "A test.", **facts}, Offer)


def sub_model(price: dict[str, object] | None = None) -> SubModel:
    return msgspec.convert({"id": "m", "price": price or {"rule": "fixed", "credits": "9"}}, SubModel)


@pytest.mark.parametrize(
    ("send", "value", "written"),
    [
        ({"form": "size_x"}, "1024*768", "1024x768"),
        ({"form": "size_star"}, "1024x768", "1024*768"),
        ({"form": "ratio_x"}, "16:9", "16x9"),
        ({"form": "upper"}, "Auto", "AUTO"),
        ({"form": "lower"}, "1K", "1k"),
        ({"form": "text"}, 5, "5"),
        ({"form": "text"}, True, "true"),
        ({"form": "integer"}, "5", 5),
        ({"form": "list"}, "a", ["a"]),
        ({"form": "list_of_link"}, LINK, [LINK]),
        ({"form": "link"}, LINK, LINK),
        ({"form": "on_off"}, True, "on"),
        ({"form": "on_off"}, False, "off"),
        ({"values": {"true": "yes", "false": "no"}}, False, "no"),
    ],
)
def test_a_value_is_written_as_the_offer_says(send: dict[str, object], value: object, written: object) -> None:
    made = offer(send=[{"field": "f", "name": "g", **send}])
    assert upstream_fields(made, {"f": value}) == {"g": written}


REFUSED: dict[str, tuple[dict[str, object], object]] = {
    "values": ({"values": {"a": "b"}}, "c"),
    "link": ({"form": "link"}, DATA),
    "links": ({"form": "links"}, [LINK, DATA]),
    "list_of_link": ({"form": "list_of_link"}, DATA),
    "ratio_among": ({"form": "ratio_among", "among": ["1:1"]}, "1024x100"),
    "items_max": ({"items_max": 1}, ["a", "b"]),
    "characters_max": ({"characters_max": 1}, "ab"),
    "side_multiple_of": ({"side_multiple_of": 16}, "100x100"),
    "pixels_max": ({"pixels_max": 1}, "2x2"),
}
"""By what refuses it: how a field is sent, and a value that the offer does not serve."""
JUDGES_NOTHING = {"field", "name", "among", "omit_when"}
SENDS_ALL: set[Form] = {
    *("as_is", "size_star", "size_x", "ratio_of_size", "ratio_x", "upper", "lower", "text", "integer", "list"),
    *("on_off", "file"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_only_fields_that_judge_are_asked(what: str) -> None:
    send, value = REFUSED[what]
    made = offer(send=[{"field": "f", **send}, {"field": "g"}])
    assert [one.field for one in made.judging] == ["f"]
    assert not serves(made, sub_model(), {"f": value, "g": value})


def test_whatever_a_field_can_be_sent_by_is_known_to_judge_or_not() -> None:
    assert set(Send.__struct_fields__) == JUDGES_NOTHING | (REFUSED.keys() - set(get_args(Form))) | {"form"}
    assert set(get_args(Form)) == SENDS_ALL | (REFUSED.keys() & set(get_args(Form)))
    assert not any(Send(field="f", form=form).judges for form in SENDS_ALL)


def test_a_word_is_sent_as_the_upstream_has_it() -> None:
    made = offer(send=[{"field": "style", "values": {"Auto": "AUTO"}}])
    assert upstream_fields(made, {"style": "Auto"}) == {"style": "AUTO"}


def test_dots_lead_into_objects_and_constants_join_them() -> None:
    made = offer(
        send=[{"field": "ratio", "name": "config.image.ratio"}], constants={"config.image.size": "1K", "config.n": 1}
    )
    assert upstream_fields(made, {"ratio": "1:1"}) == {"config": {"image": {"ratio": "1:1", "size": "1K"}, "n": 1}}


def test_files_are_named_apart_from_the_body() -> None:
    made = offer(send=[{"field": "image", "name": "input", "form": "file"}, {"field": "prompt"}])
    fields = {"image": DATA, "prompt": "a fox"}
    assert upstream_fields(made, fields) == {"prompt": "a fox"}
    assert file_fields(made, fields) == {"image": "input"}
    assert file_fields(made, {"prompt": "a fox"}) == {}


@pytest.mark.parametrize(
    ("facts", "fields", "served"),
    [
        ({"without": ["image"]}, {"image": LINK}, False),
        ({"without": ["image"]}, {}, True),
        ({"with_fields": ["image"]}, {}, False),
        ({"with_fields": ["image"]}, {"image": LINK}, True),
        ({"when": [{"field": "type", "equals": "pro"}]}, {"type": "flex"}, False),
        ({"send": [{"field": "image", "form": "link"}]}, {"image": DATA}, False),
        ({"send": [{"field": "image", "form": "link"}]}, {"image": LINK}, True),
        ({"send": [{"field": "images", "form": "links"}]}, {"images": [LINK, DATA]}, False),
        ({"send": [{"field": "style", "values": {"Auto": "AUTO"}}]}, {"style": "Design"}, False),
        ({"send": [{"field": "style", "values": {"Auto": "AUTO"}}]}, {"style": "Auto"}, True),
        ({"send": [{"field": "style", "values": {"A": "a"}, "omit_when": "B"}]}, {"style": "B"}, True),
        ({"send": [{"field": "images", "items_max": 2}]}, {"images": [LINK, LINK]}, True),
        ({"send": [{"field": "images", "items_max": 2}]}, {"images": [LINK, LINK, LINK]}, False),
        ({"send": [{"field": "prompt", "characters_max": 3}]}, {"prompt": "abc"}, True),
        ({"send": [{"field": "prompt", "characters_max": 3}]}, {"prompt": "abcd"}, False),
        ({"send": [{"field": "size", "side_multiple_of": 16}]}, {"size": "512x528"}, True),
        ({"send": [{"field": "size", "side_multiple_of": 16}]}, {"size": "512*520"}, False),
        ({"send": [{"field": "size", "side_multiple_of": 16}]}, {"size": "520*512"}, False),
        ({"send": [{"field": "size", "pixels_max": 2**20}]}, {"size": "1024x1024"}, True),
        ({"send": [{"field": "size", "pixels_max": 2**20}]}, {"size": "1024x1025"}, False),
        ({"operation": "music/extend"}, {}, False),
    ],
)
def test_an_offer_serves_what_it_can_send(facts: dict[str, object], fields: dict[str, object], served: bool) -> None:  # noqa: FBT001 - a table
    assert serves(offer(**facts), sub_model(), fields) == served


def test_an_offer_for_a_further_route_serves_that_route_alone() -> None:
    assert serves(offer(operation="music/extend"), sub_model(), {}, "music/extend")
    assert not serves(offer(), sub_model(), {}, "music/extend")


def test_an_offer_of_one_output_serves_no_request_for_two() -> None:
    several = sub_model({"rule": "per_output", "field": "n", "unit": {"rule": "fixed", "credits": "9"}})
    assert serves(offer(outputs_max=1), several, {"n": 1})
    assert not serves(offer(outputs_max=1), several, {"n": 2})


def test_a_cost_follows_from_the_request() -> None:
    by_second = {"rule": "table", "per": "second", "count_field": "duration", "fields": ["sound"]}
    film = offer(cost_micro_usd={**by_second, "micro_usd": {"true": 140, "false": 70}})
    assert cost_of(film.cost_micro_usd, {"duration": "5", "sound": True}) == 700
    speech = {"rule": "table", "per": "thousand_characters", "count_field": "lines", "micro_usd": {"": 70_000}}
    lines = [{"text": "x" * 400}, {"text": "y" * 101}]
    assert cost_of(offer(cost_micro_usd=speech).cost_micro_usd, {"lines": lines}) == 35_070
    assert cost_of(offer(cost_micro_usd=30).cost_micro_usd, {}) == 30
    tokens = offer(cost_micro_usd={"rule": "tokens", "input_micro_usd": 300_000, "output_micro_usd": 2_500_000})
    assert cost_of(tokens.cost_micro_usd, {}) == 0
    assert cost_of_tokens(tokens.cost_micro_usd, 10, 1) == 6  # pyright: ignore[reportArgumentType]
