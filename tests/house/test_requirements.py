"""What is installed is pinned, checked by hash, and is what pyproject.toml asks for."""

import re
import tomllib
from pathlib import Path

import pytest

from repository import ROOT

PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^\]]*\])?==(\S+)(?: ; .+)? \\$")
CONTINUED = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")
COMMENT = re.compile(r"^ *#")
WANTED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?(?:>=([0-9.]+))?")
FILES = sorted((ROOT / "requirements").glob("*.txt"))


def _pins(path: Path) -> dict[str, str]:
    found = (PINNED.match(line) for line in path.read_text().splitlines())
    return {match[1]: match[2] for match in found if match}


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_every_requirement_is_pinned_with_hashes_and_nothing_else_is_said(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert [line for line in lines if not (PINNED.match(line) or CONTINUED.match(line) or COMMENT.match(line))] == []
    hashed = [number for number, line in enumerate(lines) if PINNED.match(line) and CONTINUED.match(lines[number + 1])]
    assert len(hashed) == len([line for line in lines if PINNED.match(line)]) > 0


@pytest.mark.parametrize("kind", ["runtime", "dev"])
def test_what_pyproject_asks_for_is_what_is_pinned(kind: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted: list[str] = project["project"]["dependencies"] if kind == "runtime" else project["dependency-groups"]["dev"]
    pins = _pins(ROOT / "requirements" / f"{kind}.txt")
    for requirement in wanted:
        match = WANTED.match(requirement)
        assert match is not None, requirement
        assert match[1] in pins, f"{match[1]} is not pinned: make requirements"
        assert _numbers(pins[match[1]]) >= _numbers(match[2] or "0"), requirement


def test_both_files_pin_the_same_release_of_what_they_share() -> None:
    runtime, dev = (_pins(ROOT / "requirements" / f"{kind}.txt") for kind in ("runtime", "dev"))
    assert {
        name: (runtime[name], dev[name]) for name in runtime.keys() & dev.keys() if runtime[name] != dev[name]
    } == {}
