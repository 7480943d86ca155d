"""Words that do not belong here. Each is written with a bracket in it, so that it does not find itself."""

import re

import pytest

from repository import named, python_files, text_files

OPEN_ENDS = r"(?<![A-Za-z_])(?:TO[D]O|FIXM[E]|XX[X]|NotImplemented[E]rror|pytest\.[s]kip|skip[i]f|xf[a]il)(?![A-Za-z_])"
MACHINES = r"/(?:work|farm)/(?:main|steering|shared|in\b|\.)|/(?:home|Users)/[a-z]|/ro[o]t/|\.py[e]nv"
REGISTRIES = r"py[p]i\.org|python[h]osted\.org|registry\.n[p]m|npm[j]s\.|index[-]url|find[-]links|/simp[l]e/"
GATES = r"licen[cs]e[_ ]?key|is_ent[e]rprise|\bent[e]rprise_|premium_feat[u]re"
CODE = ("src", "tests", "bench")


def _found(pattern: str, folders: tuple[str, ...] | None = None) -> list[str]:
    files = text_files() if folders is None else [path for folder in folders for path in python_files(folder)]
    return [
        f"{named(path)}:{number}: {line.strip()}"
        for path in files
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if re.search(pattern, line)
    ]


def test_nothing_is_left_open_in_code() -> None:
    assert _found(OPEN_ENDS, CODE) == []


@pytest.mark.parametrize("pattern", [MACHINES, REGISTRIES], ids=["machines", "registries"])
def test_the_repository_names_no_machine_and_no_package_registry(pattern: str) -> None:
    assert _found(pattern) == []


def test_nothing_is_gated() -> None:
    assert _found(GATES, ("src",)) == []
