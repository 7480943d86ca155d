from pathlib import Path

from cli.command_line import Shell


def test_a_copy_is_a_whole_database_of_its_own(fresh_shell: Shell, tmp_path: Path) -> None:
    account = fresh_shell.account()
    copy = tmp_path / "copy.sqlite"
    assert fresh_shell("backup", str(copy), "--json").data == {"file": str(copy), "bytes": copy.stat().st_size}
    assert copy.stat().st_mode & 0o077 == 0
    fresh_shell.account("later@example.com")
    fresh_shell.set({"APIINONE_DATABASE_URL": f"sqlite:///{copy}"})
    listed = fresh_shell("accounts", "list", "--json").data["accounts"]
    assert [one["account_id"] for one in listed] == [account]
    fresh_shell("audit")


def test_nothing_is_written_over(fresh_shell: Shell, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite"
    copy.write_text("mine")
    assert "exists already" in fresh_shell("backup", str(copy), status=1).err
    assert copy.read_text() == "mine"


def test_it_says_what_else_belongs_to_a_backup(fresh_shell: Shell, tmp_path: Path, data_folder: Path) -> None:
    said = fresh_shell("backup", str(tmp_path / "copy.sqlite"))
    assert str(data_folder / "secret") in said.err
    assert str(data_folder / "outputs") in said.err


def test_a_folder_that_is_not_there_is_told_in_words(fresh_shell: Shell, tmp_path: Path) -> None:
    assert "could not be copied" in fresh_shell("backup", str(tmp_path / "none" / "copy"), status=1).err


def test_postgresql_has_its_own_tools_for_this(fresh_shell: Shell, postgres_url: str, tmp_path: Path) -> None:
    fresh_shell.set({"APIINONE_DATABASE_URL": postgres_url})
    assert "pg_dump" in fresh_shell("backup", str(tmp_path / "copy"), status=1).err


def test_who_copies_a_database_that_was_not_there_is_told(
    fresh_shell: Shell, tmp_path: Path, data_folder: Path
) -> None:
    said = f"there was no database at {data_folder / 'apiinone.sqlite'}; a new one was made"
    assert said in fresh_shell("backup", str(tmp_path / "copy")).err
    assert said not in fresh_shell("audit", "--json").err
