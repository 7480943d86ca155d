import re
from decimal import Decimal
from pathlib import Path

import msgspec
import msgspec.yaml
import pytest
from msgspec import Struct

from apiinone.assets.inputs import is_data_url, judge_data_url
from apiinone.catalog.endpoints import PAID_ROUTES
from apiinone.catalog.entry import Choice, Entry
from apiinone.catalog.media_inputs import media_inputs
from apiinone.catalog.price_rules import PerThousandCharacters, Tokens
from apiinone.catalog.prices import every_price, price_range
from apiinone.catalog.pricing import price, price_fields, route_price, word
from apiinone.core.credits import whole
from catalog.catalogue_for_tests import CATALOGUE, chosen, parsed
from catalog.reference_facts import MODELS, SILENT, Facts
from repository import ROOT

GOLDEN: dict[str, list[tuple[dict[str, object], int]]] = msgspec.yaml.decode(
    (Path(__file__).parent / "golden_prices.yaml").read_bytes(),
    type=dict[str, list[tuple[dict[str, object], int]]],
)
GOLDEN_ROUTES: dict[str, dict[str, int]] = msgspec.yaml.decode(
    (Path(__file__).parent / "golden_routes.yaml").read_bytes(), type=dict[str, dict[str, int]]
)
EXAMPLE_FILE_CHARACTERS_MAX = 600
GOLDEN_ROWS = [(name, fields, amount) for name, rows in GOLDEN.items() for fields, amount in rows]


class Combinations(Struct):
    """All prices of a sub-model by the values of these fields, joined with `/`."""

    fields: list[str]
    credits: dict[str | int, int]


COMBINATIONS = msgspec.yaml.decode(
    (Path(__file__).parent / "golden_combinations.yaml").read_bytes(), type=dict[str, Combinations]
)


@pytest.mark.parametrize("facts", MODELS, ids=lambda facts: facts.id)
def test_a_model_is_what_the_reference_says_it_is(facts: Facts) -> None:
    entry = chosen(facts.id).entry
    found = Facts(
        id=entry.id,
        endpoint=entry.endpoint_name,
        maker=entry.maker if facts.maker is not None else None,
        node=entry.node if facts.node is not None else None,
        suffix=entry.task_suffix if facts.suffix is not None else None,
        base=price_range(entry).base // whole(1),
        range=_range(entry) if facts.range is not None else None,
        seconds=entry.seconds if facts.seconds is not None else None,
        webhook=entry.webhook if facts.webhook is not None else None,
    )
    assert found == facts


@pytest.mark.parametrize(("name", "fields", "amount"), GOLDEN_ROWS)
def test_a_price_is_the_reference_price(name: str, fields: dict[str, object], amount: int) -> None:
    assert price(chosen(name), parsed(name, **fields).fields).total == whole(amount)


def test_every_sub_model_has_a_golden_price() -> None:
    priced = {chosen(name).sub_model.id for name in GOLDEN}
    assert priced == {sub.id for entry in CATALOGUE.entries for sub in entry.sub_models}


@pytest.mark.parametrize("sub", [sub.id for entry in CATALOGUE.entries for sub in entry.sub_models])
def test_every_combination_of_what_a_price_depends_on_has_its_golden_price(sub: str) -> None:
    choice = chosen(sub)
    if isinstance(choice.sub_model.price, Tokens | PerThousandCharacters):
        return  # a length has no end; the rows by hand and the rule of proportion hold it
    by_hand = COMBINATIONS.get(sub, Combinations([], {}))
    found = {
        "/".join(word(fields[name]) for name in by_hand.fields): found.total // whole(1)
        for fields, found in every_price(choice)
    }
    assert set(by_hand.fields) == set(price_fields(choice.sub_model.price))
    if by_hand.fields:
        assert found == {str(key): amount for key, amount in by_hand.credits.items()}
    else:
        assert len(found) == 1
    assert all(found.total % whole(1) == 0 for _, found in every_price(choice))


def test_every_further_paid_route_has_a_golden_price_for_each_sub_model() -> None:
    found: dict[str, dict[str, int]] = {}
    for made_by in PAID_ROUTES:
        if (offered := CATALOGUE.offering(made_by.operation)) is not None:
            entry, route = offered
            prices = {sub.id: route_price(Choice(entry, sub), route, {}).total // whole(1) for sub in entry.sub_models}
            found[made_by.operation] = prices
    assert found == GOLDEN_ROUTES


def test_the_catalogue_has_the_23_models_of_the_reference_and_our_own_vectorize() -> None:
    listed = {entry.id for entry in CATALOGUE.entries if entry.listed_on_panel}
    assert listed == {facts.id for facts in MODELS} | {"vectorize"}


def test_the_list_of_changes_counts_the_models_that_are_here() -> None:
    (told,) = re.findall(r"Catalogue of (\d+) models", (ROOT / "CHANGELOG.md").read_text())
    assert int(told) == len(CATALOGUE.entries)


def test_successors_join_as_models_of_their_own_beside_those_of_the_reference() -> None:
    unlisted = {entry.id for entry in CATALOGUE.entries if not entry.listed_on_panel}
    assert unlisted == {"gpt-image-2", "gemini-3.1-flash-image", "seedance-2-0-fast"}


def test_no_name_of_a_model_that_ends_leads_to_its_successor() -> None:
    for name in ("gpt-image-1.5-official", "gpt-image-1-5", "imagen-4", "imagen4", "imagen4-fast", "imagen4-ultra"):
        choice = chosen(name)
        successor = CATALOGUE.entry(choice.sub_model.lifecycle.successor)
        assert successor is not None
        assert choice.entry.listed_on_panel
        assert choice.entry is not successor


def test_a_successor_that_is_here_stands_beside_the_panel() -> None:
    ended = chosen("seedance-1-5-pro").sub_model.lifecycle
    successor = chosen(ended.successor)
    assert not successor.entry.listed_on_panel
    assert successor.sub_model.lifecycle.state == "active"
    assert successor.sub_model.offers


def test_the_headline_example_is_the_seeds_own() -> None:
    assert chosen("recraft-v4").entry.example == {
        "model": "recraft-v4-text-to-image",
        "prompt": "A minimalist line art illustration of a mountain landscape, clean design",
        "image_size": "1024x1024",
    }


@pytest.mark.parametrize("entry", CATALOGUE.entries, ids=lambda entry: entry.id)
def test_an_example_brings_its_files_along_because_those_of_other_servers_may_not_be_there(entry: Entry) -> None:
    files = list(media_inputs(entry.parameters, entry.example))
    assert [file.url for file in files if not is_data_url(file.url)] == []
    for file in files:
        judge_data_url(file.url, file.of)
        assert len(file.url) < EXAMPLE_FILE_CHARACTERS_MAX, "it stands in every snippet"


def test_what_the_reference_does_not_say_is_marked_as_our_choice() -> None:
    silent = {
        (facts.id, field)
        for facts in MODELS
        for field, known in (
            ("maker", facts.maker),
            ("node", facts.node),
            ("task_suffix", facts.suffix),
            ("seconds", facts.seconds),
            ("webhook", facts.webhook),
        )
        if known is None
    } | {(model, field) for field, models in SILENT.items() for model in models}
    marked = {(entry.id, key.split(".")[0]) for entry in CATALOGUE.entries for key in entry.our_choices}
    assert silent <= marked


def test_chat_is_priced_by_token_over_a_hold() -> None:
    rule = chosen("gemini").sub_model.price
    assert isinstance(rule, Tokens)
    assert rule.hold == Decimal(5)


def test_ends_that_makers_announced_stand_in_the_catalogue() -> None:
    states = {
        entry.id: (sub.lifecycle.state, sub.lifecycle.successor)
        for entry in CATALOGUE.entries
        for sub in entry.sub_models
        if sub.lifecycle.state != "active"
    }
    assert states == {
        "imagen-4": ("retired", "gemini-3.1-flash-image"),
        "gpt-image-1.5-official": ("ending", "gpt-image-2"),
        "seedance-1-5-pro": ("retired", "seedance-2-0-fast"),
        "suno": ("retired", "chirp-v4-5"),
    }


def test_a_retired_version_is_not_a_default() -> None:
    assert chosen("suno").sub_model.id == "chirp-v4-5"
    assert chosen("chirp-v3-5").sub_model.lifecycle.state == "retired"


def _range(entry: Entry) -> tuple[int, int]:
    found = price_range(entry)
    assert found.high is not None
    return found.low // whole(1), found.high // whole(1)
