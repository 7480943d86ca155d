import time
from pathlib import Path

import pytest

from apiinone.catalog.fact import CatalogueInvalid
from apiinone.catalog.load import load_catalogue, model_names
from apiinone.catalog.pricing import price
from apiinone.catalog.read_yaml import FILE_BYTES_MAX
from apiinone.core.credits import whole
from catalog.catalogue_for_tests import CATALOGUE, chosen, overlaid

NEW_MODEL = """
endpoint: images
title: Ours
maker: Us
node: 90
task_suffix: ours
summary: A model of our own.
inputs: [text]
output: image
seconds: [1, 2]
webhook: false
billed_per: image
parameters:
  - {kind: text, name: prompt, about: What the picture shows., required: true}
price: {rule: fixed, credits: 3}
capabilities: [Small]
use_cases: [Try it]
example: {model: ours, prompt: Hi}
"""


def test_a_catalogue_id_means_its_default_sub_model() -> None:
    assert chosen("recraft-v4").sub_model.id == "recraft-v4-text-to-image"
    assert chosen("imagen-4").sub_model.id == "imagen4"


def test_alias_slug_and_old_name_mean_the_model_they_always_meant() -> None:
    assert chosen("gpt-image-1-5") == chosen("gpt-image-1.5-official")
    assert chosen("recraft-v4-text-to-vector-pro").sub_model.id == "recraft-v4-pro-text-to-vector"
    assert chosen("suno-v4-0-pro").sub_model.id == "chirp-v4-0"


def test_an_unknown_name_means_nothing() -> None:
    assert CATALOGUE.resolve("recraft-v9") is None
    assert CATALOGUE.resolve("") is None
    assert CATALOGUE.resolve("Recraft-V4") is None


def test_every_name_of_an_entry_leads_back_to_it() -> None:
    names = [(name, entry) for entry in CATALOGUE.entries for name in model_names(entry)]
    assert len({name for name, _ in names}) == len(names)
    assert all(chosen(name).entry is entry for name, entry in names)


def test_an_endpoint_lists_its_models_in_catalogue_order() -> None:
    assert [entry.id for entry in CATALOGUE.on("videos")] == [
        "grok-video",
        "hailuo-2-3",
        "kling-3",
        "seedance-1-5-pro",
        "seedance-2-0-fast",
        "wan-2-6",
    ]


def test_an_overlay_replaces_the_fields_it_names_and_no_others(tmp_path: Path) -> None:
    catalogue = overlaid(tmp_path, {"cogview-4.yaml": "price: {rule: fixed, credits: 6}"})
    ours, theirs = chosen("cogview-4", catalogue), chosen("cogview-4")
    assert price(ours, {}).total == whole(6)
    assert (ours.entry.maker, ours.entry.parameters) == (theirs.entry.maker, theirs.entry.parameters)
    assert catalogue.version != CATALOGUE.version


def test_an_overlay_changes_one_sub_model_by_its_id(tmp_path: Path) -> None:
    text = "sub_models: [{id: recraft-v4-text-to-vector, price: {rule: fixed, credits: 25}}]"
    catalogue = overlaid(tmp_path, {"recraft-v4.yaml": text})
    assert price(chosen("recraft-v4-text-to-vector", catalogue), {}).total == whole(25)
    assert price(chosen("recraft-v4", catalogue), {}).total == whole(10)
    assert chosen("recraft-v4-text-to-vector", catalogue).sub_model.offers


def test_a_price_in_an_overlay_covers_all_sub_models_that_it_does_not_name(tmp_path: Path) -> None:
    text = (
        "price: {rule: fixed, credits: 9}\nsub_models: [{id: ideogram-v3-quality, price: {rule: fixed, credits: 21}}]"
    )
    catalogue = overlaid(tmp_path, {"ideogram-v3.yaml": text})
    totals = [price(chosen(f"ideogram-v3-{tier}", catalogue), {}).total for tier in ("turbo", "balanced", "quality")]
    assert totals == [whole(9), whole(9), whole(21)]


def test_an_overlay_adds_a_model(tmp_path: Path) -> None:
    catalogue = overlaid(tmp_path, {"ours.yaml": NEW_MODEL})
    assert chosen("ours", catalogue).entry.endpoint.path == "/api/v1/images/generations"
    assert len(catalogue.entries) == len(CATALOGUE.entries) + 1


def test_a_model_switched_off_takes_no_tasks_but_is_remembered(tmp_path: Path) -> None:
    catalogue = overlaid(tmp_path, {"recraft-v4.yaml": "enabled: false"})
    assert catalogue.resolve("recraft-v4-text-to-vector") is None
    assert catalogue.entry("recraft-v4") is None
    remembered = catalogue.remembered("recraft-v4-text-to-vector")
    assert remembered is not None
    assert remembered.sub_model.id == "recraft-v4-text-to-vector"
    assert "recraft-v4" not in [entry.id for entry in catalogue.on("images")]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("cogview-4.yaml", "pric: {rule: fixed, credits: 6}", "pric"),
        ("cogview-4.yaml", "price: {rule: fixd, credits: 6}", "price"),
        ("cogview-4.yaml", "price: {rule: fixed, credits: -1}", "price"),
        ("cogview-4.yaml", "price: {rule: fixed, credits: 0.0000001}", "price"),
        ("cogview-4.yaml", "webhook: maybe", "webhook"),
        ("cogview-4.yaml", "node: 0", "node"),
        ("cogview-4.yaml", "sub_models: 3", "sub_models"),
        ("recraft-v4.yaml", "sub_models: [3]", "sub_models"),
        ("recraft-v4.yaml", "sub_models: [{price: {rule: fixed, credits: 1}}]", "sub_models"),
        ("recraft-v4.yaml", "sub_models: 3", "sub_models"),
        ("cogview-4.yaml", "id: cogview-5", "id"),
        ("cogview-5.yaml", "price: {rule: fixed, credits: 6}", "endpoint"),
        ("cogview-4.yaml", "endpoint: pictures", "endpoint"),
        ("cogview-4.yaml", "aliases: [Bad Name]", "aliases"),
        ("cogview-4.yaml", "- a list", "mapping"),
        ("cogview-4.yaml", "a: [", "YAML"),
        ("cogview-4.yaml", "a: !!python/object:os.system x", "YAML"),
        ("cogview-4.yaml", "aliases: [recraft-v4]", "recraft-v4"),
        ("cogview-4.yaml", f"title: {'x' * FILE_BYTES_MAX}", "larger"),
    ],
)
def test_a_mistake_in_a_file_is_told_with_file_and_field(tmp_path: Path, name: str, text: str, told: str) -> None:
    with pytest.raises(CatalogueInvalid) as caught:
        overlaid(tmp_path, {name: text})
    assert name.removesuffix(".yaml") in str(caught.value) or name == "cogview-4.yaml"
    assert told in str(caught.value)


def test_an_overlay_folder_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CatalogueInvalid, match="does not exist"):
        load_catalogue(tmp_path / "nowhere")


def test_two_files_for_one_model_are_an_error(tmp_path: Path) -> None:
    files = {"cogview-4.yaml": "node: 49", "images/cogview-4.yaml": "node: 50"}
    with pytest.raises(CatalogueInvalid, match="second file"):
        overlaid(tmp_path, files)


def test_the_version_follows_the_facts_alone(tmp_path: Path) -> None:
    assert load_catalogue().version == CATALOGUE.version
    assert overlaid(tmp_path, {"cogview-4.yaml": "node: 48"}).version == CATALOGUE.version


def test_loading_takes_less_than_an_eighth_of_a_second() -> None:
    def cost_s() -> float:
        start = time.process_time()
        load_catalogue()
        return time.process_time() - start

    assert min(cost_s() for _ in range(3)) < 0.12
