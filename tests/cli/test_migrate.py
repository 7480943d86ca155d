from pathlib import Path

from apiinone.core.clock import SystemClock
from apiinone.db import open_database
from apiinone.migrate import revision
from apiinone.migrations import CURRENT_REVISION
from cli.command_line import Shell
from databases import run_apart


async def _revision(url: str) -> str | None:
    database = await open_database(url, SystemClock())
    try:
        return await revision(database)
    finally:
        await database.close()


def test_a_dry_run_prints_the_statements_and_changes_nothing(fresh_shell: Shell, empty_database_url: str) -> None:
    fresh_shell.set({"APIINONE_DATABASE_URL": empty_database_url})
    said = fresh_shell("migrate", "--dry-run")
    assert "CREATE TABLE settlements" in said.out
    assert run_apart(_revision(empty_database_url)) is None
    assert "its tables were made" in fresh_shell("migrate").err
    assert run_apart(_revision(empty_database_url)) is not None


def test_a_current_schema_needs_nothing(shell: Shell) -> None:
    assert "nothing to do" in shell("migrate").err
    assert shell("migrate", "--dry-run").out == ""


def test_a_dry_run_makes_nothing(fresh_shell: Shell, data_folder: Path) -> None:
    assert "CREATE TABLE settlements" in fresh_shell("migrate", "--dry-run").out
    assert not data_folder.exists()


def test_it_tells_programs_what_it_did(fresh_shell: Shell) -> None:
    planned = fresh_shell("migrate", "--dry-run", "--json").data
    assert (planned["found"], planned["revision"]) == (None, CURRENT_REVISION)
    assert "CREATE TABLE settlements" in planned["statements"]
    made = {"revision": CURRENT_REVISION, "changed": True, "since": None, "copy": None}
    assert fresh_shell("migrate", "--json").data == made
    assert fresh_shell("migrate", "--json").data == {**made, "changed": False}
    assert fresh_shell("migrate", "--dry-run", "--json").data["statements"] == ""
