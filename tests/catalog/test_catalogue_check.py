from datetime import date
from pathlib import Path

import pytest

from apiinone.catalog.check import check
from apiinone.catalog.entry import Lifecycle
from catalog.catalogue_for_tests import CATALOGUE, chosen, overlaid

EXTEND = "routes: [{method: POST, path: /api/v1/audio/music/extend, about: On., %s}]"
PRICED = "price: {rule: of_model}"
FIELD = "{kind: text, name: p, about: Words.}"
WHEN = "required_when: {field: %s, equals: x}}"
PROMPT = "parameters:\n  - {kind: text, name: prompt, about: Words., required: true}\n"


def test_the_packaged_catalogue_is_sound() -> None:
    assert check(CATALOGUE) == []


@pytest.mark.parametrize(
    ("model", "text", "where", "told"),
    [
        ("flux-2", "price: {rule: by_fields, fields: [type], credits: {pro: 5}}", "price", "no price"),
        ("flux-2", "price: {rule: by_fields, fields: [type], credits: {pro: 5, flex: 6, old: 7}}", "price", "old"),
        ("flux-2", "price: {rule: by_fields, fields: [mood], credits: {good: 5}}", "price", "mood"),
        ("imagen-4", "price: {rule: per_output, field: seed, unit: {rule: fixed, credits: 5}}", "price", "seed"),
        ("hunyuan-image-3", "price: {rule: fixed, credits: 1}", "offers[0]", "more than the price"),
        ("recraft-v4", "sub_models: [{id: recraft-v4-text-to-vector, default: true}]", "sub_models", "2 of them"),
        ("recraft-v4", "sub_models: [{id: recraft-v4-text-to-image, default: false}]", "sub_models", "0 of them"),
        ("cogview-4", "seconds: [9, 3]", "seconds", "longer"),
        ("cogview-4", "example: {model: recraft-v4, prompt: Hi}", "example", "not this one"),
        ("cogview-4", "example: {model: cogview-4}", "example", "'prompt' is required"),
        ("cogview-4", "lifecycle: {state: ending, note: Soon.}", "lifecycle", "no day"),
        ("cogview-4", "lifecycle: {ends_at: 2026-12-24, note: Soon.}", "lifecycle", "last day"),
        ("cogview-4", "lifecycle: {state: retired}", "lifecycle", "no note"),
        ("cogview-4", "our_choices: {colour: Blue.}", "our_choices.colour", "no field"),
        ("suno", "routes: [{method: GET, path: /api/v1/tasks, about: Tasks.}]", "routes[0]", "not below"),
        ("suno", EXTEND % "", "routes[0].price", "is free"),
        ("suno", EXTEND % "price: {rule: fixed, credits: 5}, outputs_per_task: 3", "routes[0].price", "equal parts"),
        ("suno", (EXTEND % PRICED).replace("extend", "shorten"), "routes[0].path", "does not have"),
        ("suno", EXTEND % f"{PRICED}, parameters: [{FIELD}, {FIELD}]", "routes[0].parameters[1]", "twice"),
        ("suno", EXTEND % f"{PRICED}, parameters: [{FIELD[:-1]}, only_with: q}}]", "routes[0].par", "not a field"),
        ("suno", EXTEND % f"{PRICED}, parameters: [{FIELD[:-1]}, {WHEN % 'p'}]", "routes[0].par", "cannot be x"),
        ("suno", EXTEND % f"{PRICED}, parameters: [{FIELD[:-1]}, {WHEN % 'model'}]", "routes[0].par", "leave out"),
        ("kling-3", (EXTEND % PRICED).replace("audio/music", "videos/generations"), "routes[0].price", "no price"),
        ("suno", "outputs_per_task: 7", "sub_models[0].price", "equal parts"),
        ("cogview-4", "picture: {by: size, field: quality}", "picture", "not a size"),
        ("cogview-4", "picture: {by: ratio, field: quality}", "picture", "not a ratio"),
        ("cogview-4", "picture: {by: ratio, field: prompt}", "picture", "not an enum"),
        ("flux-2", "picture: {by: ratio, field: aspect_ratio, side_field: type, sides: {pro: 9}}", "picture", "type"),
        ("gpt-image-1.5-official", "picture: {by: table, field: aspect_ratio, sizes: {'1:1': big}}", "picture", "big"),
        ("cogview-4", "format_field: kind", "format_field", "not a field"),
        ("cogview-4", PROMPT + "  - {kind: text, name: prompt, about: Twice.}", "parameters[1]", "twice"),
        ("cogview-4", PROMPT + "  - {kind: text, name: metadata, about: Ours.}", "parameters[1]", "every body"),
        (
            "cogview-4",
            PROMPT + "  - {kind: enum, name: q, about: Q., values: [a], default: b}",
            "par",
            "own default",
        ),
        (
            "cogview-4",
            PROMPT + "  - {kind: flag, name: q, about: Q., required: true, default: true}",
            "par",
            "never",
        ),
        (
            "cogview-4",
            PROMPT + "  - {kind: text, name: q, about: Q., only_with: r}",
            "parameters[1]",
            "not a field",
        ),
        (
            "kling-3",
            "exclusions: [{param: mode, when: [{field: mode, equals: p}], because: x}]",
            "excl",
            "cannot be p",
        ),
        ("kling-3", "exclusions: [{param: mode, when: [{field: mood, equals: x}], because: x}]", "excl", "not a field"),
        (
            "kling-3",
            "exclusions: [{param: mode, when: [{field: model, equals: x}], because: x}]",
            "excl",
            "cannot be x",
        ),
    ],
)
def test_a_flaw_is_found_and_placed(tmp_path: Path, model: str, text: str, where: str, told: str) -> None:
    found = check(overlaid(tmp_path, {f"{model}.yaml": text}))
    assert any(f.model == model and where in f.where and told in f.what and f.severity == "error" for f in found), found


OFFER = (
    "offers: [{provider: wavespeed, upstream_model: x/y, priority: 1, cost_micro_usd: %d, cost_basis: Guess., "
    "confidence: unconfirmed, source: Guess., %s}]"
)


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        ("send: [{field: prompt}, {field: size}]", "quality is neither sent nor dropped"),
        ("send: [{field: prompt}, {field: size}], drop: [quality, colour]", "colour is not a field"),
        ("send: [{field: prompt}, {field: size}, {field: quality}], drop: [quality]", "quality is named twice"),
        (
            "send: [{field: prompt}, {field: size, name: prompt}], drop: [quality]",
            "two values",
        ),
        ("send: [{field: prompt}, {field: size, among: ['1x1']}], drop: [quality]", "1x1 is not a ratio"),
        (
            "send: [{field: prompt}, {field: size}], drop: [quality], when: [{field: quality, equals: best}]",
            "quality cannot be best",
        ),
    ],
)
def test_an_offer_must_tell_what_becomes_of_each_field(tmp_path: Path, rest: str, told: str) -> None:
    found = check(overlaid(tmp_path, {"cogview-4.yaml": OFFER % (10_000, rest)}))
    assert told in "; ".join(finding.what for finding in found)


def test_a_loss_is_an_error_unless_the_offer_says_it_is_meant(tmp_path: Path) -> None:
    send = "send: [{field: prompt}, {field: size}, {field: quality}]"
    exact = overlaid(tmp_path / "a", {"cogview-4.yaml": OFFER % (40_000, send)})
    loss = overlaid(tmp_path / "b", {"cogview-4.yaml": OFFER % (40_001, send)})
    meant = overlaid(tmp_path / "c", {"cogview-4.yaml": OFFER % (40_001, f"{send}, sells_below_cost: true")})
    assert check(exact) == []
    assert ["more than the price" in finding.what for finding in check(loss)] == [True]
    assert check(meant) == []


def test_an_offer_is_held_against_the_requests_it_serves_only(tmp_path: Path) -> None:
    send = "send: [{field: prompt}, {field: aspect_ratio}, {field: resolution}, {field: input_urls}], drop: [type]"
    when = "when: [{field: type, equals: flex}]"
    fine = overlaid(tmp_path / "a", {"flux-2.yaml": OFFER % (70_000, f"{send}, {when}")})
    loss = overlaid(tmp_path / "b", {"flux-2.yaml": OFFER % (70_000, send)})
    assert check(fine) == []
    assert len(check(loss)) == 1


def test_an_endpoint_that_loses_its_default_model_is_a_warning(tmp_path: Path) -> None:
    found = check(overlaid(tmp_path, {"recraft-v4.yaml": "enabled: false"}))
    assert [(finding.severity, finding.model) for finding in found] == [("warning", "recraft-v4-text-to-image")]


def test_an_announced_end_that_has_passed_means_retired() -> None:
    ending = chosen("gpt-image-1-5").sub_model.lifecycle
    assert ending.state_on(date(2026, 12, 1)) == "ending"
    assert ending.state_on(date(2026, 12, 2)) == "retired"
    assert Lifecycle().state_on(date(2026, 12, 2)) == "active"
