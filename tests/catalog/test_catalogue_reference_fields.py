from pathlib import Path

import msgspec.yaml
import pytest
from msgspec import UNSET, Struct

from apiinone.catalog.entry import Choice
from apiinone.catalog.parameters import (
    PROMPT_CHARACTERS_MAX,
    Fraction,
    MediaList,
    OneOf,
    OneOfNumbers,
    Parameter,
    Size,
    Text,
    Whole,
    default_of,
)
from apiinone.catalog.prices import every_price
from apiinone.core.credits import whole
from catalog.catalogue_for_tests import CATALOGUE, chosen

DIFFERENT_ON_PURPOSE = {
    ("grok-imagine", "prompt", "required"): "an upscale has no use for a prompt",
    ("kling-3", "prompt", "required"): "the reference too does not require it for several shots",
    ("gemini", "stream", "default"): "true breaks OpenAI clients",
    ("suno", "", "default"): "chirp-v3-5 is no longer made upstream",
}

OPENAIS_OWN = {"gemini": {"stream_options", "tool_choice"}}
"""The contract takes OpenAI's body, of which the reference names the fields that it documents."""


LIMITS = ("min_length", "max_length", "min", "max", "max_items")
OUR_GENERAL_LIMITS = {("min_length", 0), ("min_length", 1), ("max_length", PROMPT_CHARACTERS_MAX)}


class Row(Struct, forbid_unknown_fields=True):
    """What the reference says of one model."""

    inputs: list[str]
    output: str
    fields: dict[str, dict[str, object]]
    sub_models: dict[str, int | tuple[int, int]] = {}
    default: str = ""


ROWS = msgspec.yaml.decode((Path(__file__).parent / "reference_fields.yaml").read_bytes(), type=dict[str, Row])


@pytest.mark.parametrize("model", ROWS)
def test_a_model_takes_the_fields_of_the_reference_with_their_defaults_and_limits(model: str) -> None:
    ours = {field.name: _facts(field) for field in chosen(model).entry.parameters}
    for name, facts in ROWS[model].fields.items():
        for fact, value in facts.items():
            if (model, name, fact) not in DIFFERENT_ON_PURPOSE:
                assert ours[name][fact] == value, (name, fact)


@pytest.mark.parametrize("model", ROWS)
def test_a_limit_that_the_reference_does_not_name_is_marked_as_our_choice(model: str) -> None:
    """Except our general ones: that a text is not empty, and how long it is where nobody names a length."""
    entry = chosen(model).entry
    ours = {
        (field.name, fact, value)
        for field in entry.parameters
        for fact, value in _facts(field).items()
        if fact in LIMITS and fact not in ROWS[model].fields.get(field.name, {fact: value})
    }
    unmarked = {(name, fact) for name, fact, value in ours if (fact, value) not in OUR_GENERAL_LIMITS}
    marked = {key.split(".")[0] for key in entry.our_choices}
    assert {one for one in unmarked if one[0] not in marked} == set()


@pytest.mark.parametrize("model", ROWS)
def test_a_model_has_no_field_of_its_own_invention(model: str) -> None:
    assert {field.name for field in chosen(model).entry.parameters} == set(ROWS[model].fields) | OPENAIS_OWN.get(
        model, set()
    )


@pytest.mark.parametrize("model", [model for model, row in ROWS.items() if row.sub_models])
def test_a_model_has_the_sub_models_of_the_reference_at_their_prices(model: str) -> None:
    entry = chosen(model).entry
    ours = {sub.id: _prices(Choice(entry, sub)) for sub in entry.sub_models}
    assert ours == {name: _pair(given) for name, given in ROWS[model].sub_models.items()}
    if (model, "", "default") not in DIFFERENT_ON_PURPOSE:
        assert entry.default_sub_model.id == ROWS[model].default


def test_a_model_is_fed_and_answers_as_in_the_reference() -> None:
    entries = {model: chosen(model).entry for model in ROWS}
    assert {model: (list(entry.inputs), entry.output) for model, entry in entries.items()} == {
        model: (row.inputs, row.output) for model, row in ROWS.items()
    }


def test_only_wan_and_vectorize_are_without_a_row() -> None:
    listed = {entry.id for entry in CATALOGUE.entries if entry.listed_on_panel}
    assert listed - set(ROWS) == {"wan-2-6", "vectorize"}


def _facts(field: Parameter) -> dict[str, object]:
    facts: dict[str, object] = {"required": field.required}
    if default_of(field) is not UNSET:
        facts["default"] = default_of(field)
    match field:
        case Text():
            facts |= {"min_length": field.length_min, "max_length": field.length_max}
        case OneOf() | OneOfNumbers():
            facts["enum"] = list(field.values)
        case Whole() | Fraction():
            facts |= {"min": field.min, "max": field.max}
        case MediaList():
            facts["max_items"] = field.items_max
        case Size():
            facts["default"] = field.default
        case _:
            pass
    return facts


def _prices(choice: Choice) -> tuple[int, int]:
    units = [found.unit // whole(1) for _, found in every_price(choice)]
    return min(units), max(units)


def _pair(given: int | tuple[int, int]) -> tuple[int, int]:
    return (given, given) if isinstance(given, int) else given
