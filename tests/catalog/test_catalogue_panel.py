from pathlib import Path

from apiinone.catalog.entry import Entry
from apiinone.catalog.panel import panel, ranking
from apiinone.core.credits import usd, whole
from catalog.catalogue_for_tests import CATALOGUE, chosen, overlaid


def has_offers(entry: Entry) -> bool:
    return any(sub.offers for sub in entry.sub_models)


def test_the_panel_of_recraft_v4_is_that_of_the_seed() -> None:
    found = panel(CATALOGUE, chosen("recraft-v4").entry, has_offers)
    assert (found.models, found.makers, found.position) == (11, 10, 8)
    assert (found.lowest, found.highest) == (whole(4), whole(25))
    assert (found.webhook_models, found.models) == (5, 11)
    assert (found.cheapest.id, found.cheapest.maker) == ("cogview-4", "Zhipu AI / WaveSpeed")
    assert (found.cheapest.base, str(usd(found.cheapest.base))) == (whole(4), "0.04")


def test_peers_are_the_six_cheapest_others_and_ties_stand_in_catalogue_order() -> None:
    found = panel(CATALOGUE, chosen("recraft-v4").entry, has_offers)
    assert [peer.id for peer in found.peers] == [
        "cogview-4",
        "flux-2",
        "grok-imagine",
        "kling-image-o1",
        "ideogram-v3",
        "imagen-4",
    ]
    of_the_cheapest = panel(CATALOGUE, chosen("cogview-4").entry, has_offers)
    assert [peer.id for peer in of_the_cheapest.peers][-1] == "gpt-image-1.5-official"
    assert of_the_cheapest.position == 1


def test_the_whole_order_is_that_of_the_reference() -> None:
    assert [standing.id for standing in ranking(CATALOGUE, "images", has_offers)] == [
        "cogview-4",
        "flux-2",
        "grok-imagine",
        "kling-image-o1",
        "ideogram-v3",
        "imagen-4",
        "gpt-image-1.5-official",
        "recraft-v4",
        "ideogram-v4",
        "seedream-4-5",
        "hunyuan-image-3",
    ]


def test_live_models_are_those_that_the_caller_says() -> None:
    found = panel(CATALOGUE, chosen("recraft-v4").entry, lambda entry: entry.maker == "Ideogram")
    assert found.live_models == 2
    assert [peer.live for peer in found.peers] == [False, False, False, False, True, False]


def test_a_model_alone_on_its_endpoint_has_no_peers() -> None:
    found = panel(CATALOGUE, chosen("face-swap").entry, has_offers)
    assert (found.models, found.position, found.peers) == (1, 1, ())


def test_the_panel_follows_the_operators_prices(tmp_path: Path) -> None:
    files = {"cogview-4.yaml": "price: {rule: fixed, credits: 30}", "flux-2.yaml": "enabled: false"}
    catalogue = overlaid(tmp_path, files)
    found = panel(catalogue, chosen("recraft-v4", catalogue).entry, has_offers)
    assert (found.models, found.position) == (10, 6)
    assert (found.cheapest.id, found.highest) == ("grok-imagine", whole(30))


UNLISTED = """listed_on_panel: false
"""


def test_a_model_that_is_not_listed_moves_no_figure_of_the_panel(tmp_path: Path) -> None:
    successor = """endpoint: images
title: Cheap
maker: Nobody
node: 1
task_suffix: cheap
summary: The cheapest.
inputs: [text]
output: image
seconds: [1, 2]
webhook: true
billed_per: image
parameters: []
price: {rule: fixed, credits: 1}
capabilities: []
use_cases: []
example: {model: cheap}
"""
    recraft = chosen("recraft-v4").entry
    before = panel(CATALOGUE, recraft, has_offers)
    unlisted = overlaid(tmp_path, {"cheap.yaml": successor + UNLISTED})
    assert panel(unlisted, recraft, has_offers) == before
    assert "cheap" not in [standing.id for standing in ranking(unlisted, "images", has_offers)]
    counted = panel(overlaid(tmp_path, {"cheap.yaml": successor}), recraft, has_offers)
    assert (counted.models, counted.makers, counted.position, counted.webhook_models) == (12, 11, 9, 6)
    assert counted.cheapest.id == "cheap"


def test_every_place_of_a_panel_is_one_models_and_one_that_is_not_listed_has_none() -> None:
    for endpoint in {entry.endpoint_name for entry in CATALOGUE.entries}:
        entries = CATALOGUE.on(endpoint)
        places = {entry.id: panel(CATALOGUE, entry, has_offers).position for entry in entries}
        listed = [place for entry in entries if entry.listed_on_panel and (place := places[entry.id])]
        assert sorted(listed) == list(range(1, len(listed) + 1))
        assert {places[entry.id] for entry in entries if not entry.listed_on_panel} <= {None}
    found = panel(CATALOGUE, chosen("gpt-image-2").entry, has_offers)
    assert found.models == 11
    assert "gpt-image-2" not in [peer.id for peer in found.peers]


def test_an_endpoint_whose_only_model_is_not_listed_has_a_panel_of_that_model(tmp_path: Path) -> None:
    catalogue = overlaid(tmp_path, {"face-swap.yaml": UNLISTED})
    found = panel(catalogue, chosen("face-swap", catalogue).entry, has_offers)
    assert (found.models, found.position, found.webhook_models, found.peers) == (1, 1, 0, ())
    assert found.cheapest.id == "face-swap"
