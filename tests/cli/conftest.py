"""Command lines on a migrated database of each engine, and on a folder where nothing has ever run."""

from pathlib import Path

import pytest

from cli.command_line import Shell


@pytest.fixture
def data_folder(tmp_path: Path) -> Path:
    """Where the data goes; it does not exist yet."""
    return tmp_path / "data"


@pytest.fixture
def shell(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], data_folder: Path, database_url: str
) -> Shell:
    """On a migrated database; the test runs once on each engine."""
    settings = {"APIINONE_DATA_DIR": str(data_folder), "APIINONE_DATABASE_URL": database_url}
    return Shell(monkeypatch, capsys, settings)


@pytest.fixture
def fresh_shell(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    data_folder: Path,
    catalogue_read_once: None,  # noqa: ARG001 - see there
) -> Shell:
    """On SQLite in a folder that does not exist yet."""
    return Shell(monkeypatch, capsys, {"APIINONE_DATA_DIR": str(data_folder)})
