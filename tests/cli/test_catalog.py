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
