import importlib.util
from pathlib import Path
from typing import Any

import pytest

from apiinone import db_sqlite_connection
from apiinone.catalog.load import load_catalogue
from apiinone.catalog.running import running_catalogue
from apiinone.catalog.set_prices import Priced, SetPrice
from apiinone.cli import file_systems, opening
from apiinone.cli.checks import host
from apiinone.cli.checks.catalogue import catalogue_findings
from apiinone.cli.file_systems import file_system_of
from apiinone.core.credits import whole
from cli.command_line import Shell

CANARY = "canary-credential-1"


def finding(said: Any, about: str) -> dict[str, str]:
    (one,) = (one for one in said.data["findings"] if one["about"] == about)
    return one


def wrong_settings(said: Any) -> list[str]:
    """Where they stand."""
    wrong = [one for one in said.data["findings"] if one["about"] == "settings" and one["severity"] == "error"]
    return [one["says"].partition(":")[0] for one in wrong]


def test_a_fresh_folder_is_sound_and_every_warning_says_what_to_do(fresh_shell: Shell) -> None:
    said = fresh_shell("doctor", "--json")
    assert said.data["ok"] is True
    assert all(one["fix"] for one in said.data["findings"] if one["severity"] != "ok")
    assert finding(said, "recraft")["fix"] == "set RECRAFT_API_TOKEN, or use `apiinone credentials add`"
    assert "set RECRAFT_API_TOKEN" in fresh_shell("doctor").out


def test_a_credential_is_told_by_its_name_and_never_shown(fresh_shell: Shell) -> None:
    fresh_shell.set({"RECRAFT_API_KEY": CANARY, "WAVESPEED_API_KEY": CANARY, "APIINONE_METRICS_TOKEN": CANARY})
    said = fresh_shell("doctor", "--json")
    assert "RECRAFT_API_KEY is set" in finding(said, "recraft")["says"]
    assert "nobody has confirmed" in finding(said, "wavespeed")["says"]
    assert CANARY not in said.out + said.err + fresh_shell("doctor").out


def test_a_server_of_ones_own_is_told_once_it_has_an_address_and_needs_no_credential(fresh_shell: Shell) -> None:
    own = ("comfyui", "comfyui address")
    assert not [one for one in fresh_shell("doctor", "--json").data["findings"] if one["about"] in own]
    fresh_shell.set({"APIINONE_COMFYUI_BASE_URL": "http://gpu.lan:8188"})
    said = fresh_shell("doctor", "--json")
    assert finding(said, "comfyui")["says"] == "no model of this catalogue is made there"
    assert not [one for one in said.data["findings"] if one["about"] == "comfyui address"]


def test_a_public_address_is_named(fresh_shell: Shell) -> None:
    assert finding(fresh_shell("doctor", "--json"), "public URL")["severity"] == "warning"
    fresh_shell.set({"APIINONE_PUBLIC_URL": "https://api.example.com"})
    assert finding(fresh_shell("doctor", "--json"), "public URL")["severity"] == "ok"
    fresh_shell.set({"APIINONE_PUBLIC_URL": "http://api.example.com"})
    assert finding(fresh_shell("doctor", "--json"), "public URL")["severity"] == "warning"
    fresh_shell.set({"APIINONE_PUBLIC_URL": "api.example.com"})
    assert wrong_settings(fresh_shell("doctor", "--json", status=1)) == ["APIINONE_PUBLIC_URL"]


def test_an_address_of_the_operators_own_is_named_and_must_be_another(fresh_shell: Shell) -> None:
    for url, status, says in (
        ("", 0, "/admin is at the address of the site"),
        ("https://ops.example.com", 0, "/admin is at https://ops.example.com alone"),
        ("http://ops.example.com", 0, "nobody can sign in at"),
        ("https://api.example.com", 1, "nothing of the site would answer"),
        ("https://api.example.com/admin", 1, "no address without a path"),
        ("ops.example.com", 1, "no address without a path"),
    ):
        fresh_shell.set({"APIINONE_PUBLIC_URL": "https://api.example.com", "APIINONE_ADMIN_URL": url})
        assert says in finding(fresh_shell("doctor", "--json", status=status), "operators")["says"], url


def test_a_network_file_system_is_refused(
    fresh_shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data_folder: Path
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        f"22 27 0:21 / / rw - ext4 /dev/sda rw\n23 22 0:22 / {tmp_path} rw,relatime shared:1 - nfs4 server:/export rw\n"
    )
    assert file_system_of(data_folder, mounts) == "nfs4"
    assert file_system_of(Path("/etc"), mounts) == "ext4"
    assert file_system_of(data_folder, tmp_path / "none") == ""
    fresh_shell("migrate")

    def played(path: Path) -> str:
        return file_system_of(path, mounts)

    for module in (host, opening):
        monkeypatch.setattr(module, "file_system_of", played)
    said = fresh_shell("doctor", "--json", status=1)
    assert "nfs4" in finding(said, "file system")["says"]
    for command in (("accounts", "create", "--email", "a@example.com"), ("serve", "--port", "0")):
        assert "nfs4" in fresh_shell(*command, status=1).err
    assert "ext4" not in file_systems.NETWORK_FILE_SYSTEMS


def test_a_sqlite_release_with_the_wal_reset_bug_is_told(fresh_shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    assert finding(fresh_shell("doctor", "--json"), "database")["severity"] == "ok"

    monkeypatch.setattr(db_sqlite_connection, "sqlite_release", lambda: (3, 40, 1))
    told = finding(fresh_shell("doctor", "--json"), "database")
    assert told["severity"] == "warning"
    assert "apsw" in told["fix"]


def test_a_secret_that_others_can_read_is_wrong(fresh_shell: Shell, data_folder: Path) -> None:
    fresh_shell.account()
    (data_folder / "secret").chmod(0o644)
    said = fresh_shell("doctor", "--json", status=1)
    assert finding(said, "secret")["fix"].startswith("chmod 600")


def test_another_secret_than_the_databases_is_wrong(fresh_shell: Shell) -> None:
    fresh_shell.account()
    assert finding(fresh_shell("doctor", "--json"), "keys")["severity"] == "ok"
    fresh_shell.set({"APIINONE_SECRET_KEY": "x" * 32})
    assert "another secret" in finding(fresh_shell("doctor", "--json", status=1), "keys")["says"]
    assert "another secret" in fresh_shell("accounts", "create", "--email", "b@example.com", status=2).err


def test_a_postgresql_that_may_lose_what_it_was_given_is_wrong(fresh_shell: Shell, postgres_url: str) -> None:
    fresh_shell.set({"APIINONE_DATABASE_URL": postgres_url})
    said = fresh_shell("doctor", "--json", status=1)  # the one that tests start runs without fsync
    assert (finding(said, "fsync")["severity"], finding(said, "synchronous_commit")["severity"]) == ("error", "ok")
    assert finding(said, "database")["says"].startswith("PostgreSQL 1")
    assert finding(said, "clock")["severity"] == "ok"
    assert "APIINONE_SECRET_KEY" in finding(said, "secret")["says"] + finding(said, "secret")["fix"]


def test_a_database_that_does_not_answer_is_a_finding_among_the_others(fresh_shell: Shell) -> None:
    fresh_shell.set({"APIINONE_DATABASE_URL": "postgresql://nobody:canary@127.0.0.1:1/none"})
    said = fresh_shell("doctor", "--json", status=1)
    assert finding(said, "database")["severity"] == "error"
    assert finding(said, "catalogue")["severity"] == "ok"
    assert "canary" not in said.out + said.err


def test_a_storage_that_cannot_be_used_is_wrong(fresh_shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    fresh_shell.set({"APIINONE_STORAGE_URL": str(tmp_path / "file")})
    assert finding(fresh_shell("doctor", "--json", status=1), "storage")["severity"] == "error"


def test_proxies_that_are_no_addresses_are_wrong(fresh_shell: Shell) -> None:
    fresh_shell.set({"APIINONE_TRUSTED_PROXIES": "10.0.0.0/8"})
    assert "10.0.0.0/8" in finding(fresh_shell("doctor", "--json"), "proxies")["says"]
    fresh_shell.set({"APIINONE_TRUSTED_PROXIES": "my-proxy"})
    assert wrong_settings(fresh_shell("doctor", "--json", status=1)) == ["APIINONE_TRUSTED_PROXIES"]


def test_what_test_films_and_songs_are_written_as_is_told(fresh_shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "MP4" in finding(fresh_shell("doctor", "--json"), "test media")["says"]

    def missing(name: str) -> None:
        del name

    monkeypatch.setattr(importlib.util, "find_spec", missing)
    told = finding(fresh_shell("doctor", "--json"), "test media")
    assert told["severity"] == "warning"
    assert "animated WebP" in told["says"]
    assert "apiinone[video]" in told["fix"]


def test_a_set_price_that_fits_the_catalogue_no_more_is_told_with_the_way_to_take_it_back(
    fresh_shell: Shell, tmp_path: Path
) -> None:
    fresh_shell("switches", "list-price", "cogview-4", "fixed", "--credits", "7", "--reason", "a test")
    assert not [one for one in fresh_shell("doctor", "--json").data["findings"] if one["about"] == "set prices"]
    overlay = "price: {rule: by_fields, fields: [quality], credits: {standard: 3, hd: 5}}\n"
    (tmp_path / "cogview-4.yaml").write_text(overlay)
    fresh_shell.set({"APIINONE_CATALOGUE_OVERLAY": str(tmp_path)})
    told = finding(fresh_shell("doctor", "--json"), "set prices")
    assert told["severity"] == "warning"
    assert "cogview-4: fixed is not used" in told["says"]
    assert "5 credits" in fresh_shell("catalog", "show", "cogview-4").out
    command = told["fix"].partition("apiinone ")[2].replace("'", "").replace("…", "over").split()
    fresh_shell(*command)
    assert not [one for one in fresh_shell("doctor", "--json").data["findings"] if one["about"] == "set prices"]


def test_a_set_price_that_covers_its_cost_no_more_is_a_warning_and_one_that_is_meant_is_none() -> None:
    running = running_catalogue(load_catalogue())
    lossy = {Priced("hunyuan-image-3"): {"fixed": SetPrice(whole(11))}}
    running.follow(lossy)
    (good, told, *_) = catalogue_findings(running)
    assert (good.severity, told.severity, told.about) == ("ok", "warning", "set prices")
    assert "hunyuan-image-3" in told.says
    assert "--below-cost" in told.fix
    running.follow({Priced("hunyuan-image-3"): {"fixed": SetPrice(whole(11), below_cost=True)}})
    assert [one.severity for one in catalogue_findings(running)] == ["ok"]


def test_each_setting_that_cannot_be_used_is_told_beside_all_other_findings(fresh_shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "chosen.toml").write_text("lease_s = 20\nport = 1\n")
    fresh_shell.set(
        {
            "APIINONE_CONFIG": str(tmp_path / "chosen.toml"),
            "APIINONE_JOBS_MAX": "0",
            "APIINONE_SECRET_KEY": "canary",
        }
    )
    said = fresh_shell("doctor", "--json", status=1)
    assert set(wrong_settings(said)) == {"APIINONE_JOBS_MAX", "APIINONE_SECRET_KEY", str(tmp_path / "chosen.toml")}
    named = next(one["says"] for one in said.data["findings"] if one["about"] == "settings")
    assert named == f"{tmp_path / 'chosen.toml'}: lease_s, APIINONE_DATA_DIR set; the others have their defaults"
    assert finding(said, "catalogue")["severity"] == "ok"
    assert "canary" not in said.out + said.err


def test_looking_makes_no_secret(fresh_shell: Shell, data_folder: Path) -> None:
    assert "will be made" in finding(fresh_shell("doctor", "--json"), "secret")["says"]
    assert not (data_folder / "secret").exists()


def test_a_provider_that_makes_no_model_of_the_catalogue_asks_for_no_credential(fresh_shell: Shell) -> None:
    told = finding(fresh_shell("doctor", "--json"), "stability")
    assert (told["severity"], told["fix"]) == ("ok", "")
