from pathlib import Path

import pytest

from apiinone.cli import preparing
from apiinone.core.clock import SystemClock
from apiinone.core.errors import DatabaseUnavailable
from apiinone.db import Sql, Tx, open_database
from apiinone.migrate import revision
from apiinone.migrations import CURRENT_REVISION
from apiinone.settings import Settings
from cli.command_line import Shell
from databases import run_apart

FIRST = (
    ("accounts", "create", "--email", "a@example.com"),
    ("accounts", "list"),
    ("tasks", "list"),
    ("audit",),
    ("doctor",),
    ("migrate",),
    ("backup", "copy.sqlite"),
    ("catalog", "check"),
    ("catalog", "show"),
)


async def _set_revision(url: str, found: str) -> None:
    database = await open_database(url, SystemClock())

    async def change(tx: Tx) -> None:
        await tx.run(Sql("UPDATE alembic_version SET version_num = $1"), found)

    await database.transact(change)
    await database.close()


@pytest.mark.parametrize("command", FIRST, ids=[" ".join(command[:2]) for command in FIRST])
def test_every_command_works_as_the_first_one(
    fresh_shell: Shell, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    fresh_shell(*command, status=0)
    fresh_shell("accounts", "create", "--email", "b@example.com")


def test_commands_that_name_something_refuse_it_in_words_as_the_first_one(fresh_shell: Shell) -> None:
    assert "no such account" in fresh_shell("keys", "list", "--account", "0" * 26, status=1).err


@pytest.mark.parametrize(
    "command", [("accounts", "list"), ("accounts", "create", "--email", "a@example.com"), ("migrate",)]
)
def test_a_newer_schema_is_refused(shell: Shell, database_url: str, command: tuple[str, ...], tmp_path: Path) -> None:
    run_apart(_set_revision(database_url, "9999"))
    said = shell(*command, status=1)
    assert f"revision 9999; this program knows {CURRENT_REVISION}. Run a newer release." in said.err
    assert said.out == ""
    assert run_apart(_revision(database_url)) == "9999"
    assert list(tmp_path.glob("*.backup")) == []


def test_an_older_schema_is_migrated_after_a_copy(
    shell: Shell, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def upgrade(url: str) -> None:
        await _set_revision(url, "9998")

    shell.account()
    monkeypatch.setattr(preparing, "CURRENT_REVISION", "9998")
    monkeypatch.setattr(preparing, "migrate", upgrade)
    prepared = run_apart(preparing.prepare(Settings(database_url=database_url)))
    copies = list(tmp_path.glob("*.backup"))
    if database_url.startswith("sqlite"):
        assert prepared == preparing.Migrated(CURRENT_REVISION, copies[0])
        assert run_apart(_revision(f"sqlite:///{copies[0]}")) == CURRENT_REVISION
        assert copies[0].stat().st_mode & 0o077 == 0
    else:
        assert prepared == preparing.Migrated(CURRENT_REVISION, None)
        assert copies == []


def test_a_migration_that_fails_leaves_nothing_served_and_nothing_half_made(
    empty_database_url: str, shell_on_empty: Shell
) -> None:
    async def stand_in_the_way() -> None:
        database = await open_database(empty_database_url, SystemClock())

        async def make(tx: Tx) -> None:
            await tx.rows(Sql("CREATE TABLE tasks (id TEXT)"))

        await database.transact(make)
        await database.close()

    run_apart(stand_in_the_way())
    for command in (("accounts", "list"), ("serve", "--port", "0"), ("accounts", "create", "--email", "a@example.com")):
        assert "the migration failed, nothing is served" in shell_on_empty(*command, status=1).err
    assert run_apart(_revision(empty_database_url)) is None
    assert run_apart(_tables(empty_database_url)) == {"tasks"}


@pytest.fixture
def shell_on_empty(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], data_folder: Path, empty_database_url: str
) -> Shell:
    settings = {"APIINONE_DATA_DIR": str(data_folder), "APIINONE_DATABASE_URL": empty_database_url}
    return Shell(monkeypatch, capsys, settings)


def test_a_database_that_does_not_answer_is_told_in_words(fresh_shell: Shell) -> None:
    fresh_shell.set({"APIINONE_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"})
    assert "the database does not answer" in fresh_shell("accounts", "list", status=1).err


def test_settings_that_mean_nothing_are_told_with_status_2(fresh_shell: Shell) -> None:
    fresh_shell.set({"APIINONE_DEADLINE": "5"})
    assert "APIINONE_DEADLINE" in fresh_shell("accounts", "list", status=2).err


async def _revision(url: str) -> str | None:
    database = await open_database(url, SystemClock())
    try:
        return await revision(database)
    finally:
        await database.close()


async def _tables(url: str) -> set[str]:
    database = await open_database(url, SystemClock())
    statement = Sql(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()",
        sqlite="SELECT name FROM sqlite_master WHERE type = 'table'",
    )

    async def look(tx: Tx) -> set[str]:
        return {str(row[0]) for row in await tx.rows(statement)}

    try:
        return await database.read(look)
    finally:
        await database.close()


def test_what_cannot_be_opened_raises_a_refusal(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(DatabaseUnavailable):
        run_apart(preparing.prepare(Settings(database_url=f"sqlite:///{tmp_path / 'file' / 'db'}")))
