from pathlib import Path

import pytest

from repository import ROOT, SOURCE, named, python_files, text_files

LINES_MAX = 300
NAMES_THAT_EXCLUDE_NOTHING = {
    "base",
    "common",
    "helper",
    "helpers",
    "manager",
    "managers",
    "misc",
    "models",
    "service",
    "services",
    "shared",
    "stuff",
    "util",
    "utils",
}


def test_every_source_file_can_be_read_in_one_go() -> None:
    lengths = {named(path): path.read_text().count("\n") for path in python_files("src")}
    assert {name: lines for name, lines in lengths.items() if lines > LINES_MAX} == {}


def test_every_file_is_named_for_what_it_does() -> None:
    vague = [named(path) for path in text_files() if path.stem.lower() in NAMES_THAT_EXCLUDE_NOTHING]
    folders = {path.parent for path in text_files()}
    vague += [named(folder) for folder in folders if folder != ROOT and folder.name in NAMES_THAT_EXCLUDE_NOTHING]
    assert vague == []


def test_every_source_folder_is_a_package() -> None:
    without = {path.parent for path in python_files("src")} - {path.parent for path in SOURCE.rglob("__init__.py")}
    assert without == set()


@pytest.mark.parametrize("needed", ["README.md", "CHANGELOG.md", "LICENSE", "CONTRIBUTING.md", "Makefile", ".ci/run"])
def test_a_fresh_clone_finds_what_people_look_for(needed: str) -> None:
    assert (ROOT / Path(needed)).is_file()
