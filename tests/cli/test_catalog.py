from pathlib import Path

import pytest

from cli.command_line import Shell


def test_the_packaged_catalogue_is_sound(fresh_shell: Shell) -> None:
    report = fresh_shell("catalog", "check", "--json").data
    assert (report["ok"], report["findings"], report["models"]) == (True, [], 27)


def test_an_overlay_that_is_wrong_is_named(fresh_shell: Shell, tmp_path: Path) -> None:
    fresh_shell.set({"APIINONE_CATALOGUE_OVERLAY": str(tmp_path)})
    file = tmp_path / "recraft-v4.yaml"
    file.write_text("seconds: [9, 3]\n")
    report = fresh_shell("catalog", "check", "--json", status=1).data
    assert [(one["model"], one["where"]) for one in report["findings"]] == [("recraft-v4", "seconds")]
    file.write_text("titel: x\n")
    assert "recraft-v4.yaml" in fresh_shell("catalog", "check", status=2).err


@pytest.mark.parametrize("name", ["recraft-v4", "recraft-v4-text-to-vector"])
def test_a_model_is_shown_by_any_of_its_names(fresh_shell: Shell, name: str) -> None:
    page = fresh_shell("catalog", "show", name, "--json").data
    assert (page["id"], page["panel"]["position"], page["availability"]) == ("recraft-v4", 8, "test_only")
    assert "8 of 11 by price; cheapest cogview-4, 4 credits" in fresh_shell("catalog", "show", name).out


def test_a_credential_makes_models_live(fresh_shell: Shell) -> None:
    fresh_shell.set({"RECRAFT_API_TOKEN": "canary-credential"})
    said = fresh_shell("catalog", "show", "--json")
    live = {model["id"] for model in said.data["models"] if model["availability"] == "live"}
    assert "recraft-v4" in live
    assert "canary" not in said.out + said.err


def test_an_unknown_model_is_refused(fresh_shell: Shell) -> None:
    assert "no model" in fresh_shell("catalog", "show", "dall-e-9", status=1).err


def test_every_amount_is_listed_beside_the_catalogues_and_what_the_dearest_offer_costs(fresh_shell: Shell) -> None:
    (listed,) = fresh_shell("catalog", "prices", "cogview-4", "--json").data["prices"]
    assert listed == {
        "model": "cogview-4",
        "operation": "",
        "figure": "fixed",
        "per": "price",
        "credits": 4,
        "catalogue": 4,
        "dearest_cost": 1,
        "dearest_offer": "wavespeed z-ai/cogview-4",
    }
    fresh_shell("switches", "list-price", "cogview-4", "fixed", "--credits", "7", "--reason", "a test")
    rows = fresh_shell("catalog", "prices", "--json").data["prices"]
    (now,) = (one for one in rows if one["model"] == "cogview-4")
    assert now == {**listed, "credits": 7}
    assert len(rows) > 80
    assert "per_second(duration).by_fields(mode,sound):pro/true" in fresh_shell("catalog", "prices", "kling-3").out
    assert "7 credits per image" in fresh_shell("catalog", "show", "cogview-4").out
    assert fresh_shell("catalog", "show", "recraft-v4", "--json").data["panel"]["lowest"] == 5
    assert "no model" in fresh_shell("catalog", "prices", "dall-e-9", status=1).err


def test_looking_at_the_catalogue_makes_no_database(fresh_shell: Shell, data_folder: Path) -> None:
    fresh_shell("catalog", "show")
    fresh_shell("catalog", "prices")
    assert not data_folder.exists()
