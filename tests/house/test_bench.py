"""Every promise about speed has a script that measures it; the table says what the kept raw results say."""

import ast
import importlib
import json
import re
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from repository import ROOT, parsed

BENCH = ROOT / "bench"
RESULTS = sorted((BENCH / "results").glob("*.json"))
NOT_FOR_A_RESULT = re.compile(r"/(?:tmp|root|home|Users|var)/|localhost|\.local\b|[a-z0-9-]+\.(?:example|internal)")


@pytest.fixture
def promises(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The list of promises, imported as the scripts import it."""
    yield from _imported("promises", monkeypatch)


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """What writes the table, imported as run.py imports it."""
    yield from _imported("table", monkeypatch)


def test_every_promise_has_a_script_that_measures_it_and_runs_alone(promises: ModuleType) -> None:
    for name in promises.benches():
        functions = [node.name for node in parsed(BENCH / f"{name}.py").body if isinstance(node, ast.AsyncFunctionDef)]
        assert "measure" in functions, name
        assert 'if __name__ == "__main__":' in (BENCH / f"{name}.py").read_text(), name


def test_a_raw_result_belongs_to_a_promise_and_keeps_its_rounds_and_its_machine(promises: ModuleType) -> None:
    assert {path.stem for path in RESULTS} <= set(promises.benches())
    for path in RESULTS:
        result = json.loads(path.read_text())
        wanted = {promise.name for promise in promises.PROMISES if promise.bench == path.stem}
        assert {figure["name"] for figure in result["promised"] if figure["values"]} == wanted
        assert {"cores", "kernel", "python", "sqlite", "postgresql"} <= result["machine"].keys()
        assert result["load_before"]


def test_a_raw_result_names_no_host_and_no_folder() -> None:
    assert {path.name: NOT_FOR_A_RESULT.findall(path.read_text()) for path in RESULTS} == {
        path.name: [] for path in RESULTS
    }


def test_the_table_says_what_the_raw_results_say_and_what_was_not_measured(table: ModuleType) -> None:
    assert table.table() in (BENCH / "README.md").read_text()


def _imported(name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    before = set(sys.modules)
    monkeypatch.setattr(sys, "path", [str(BENCH), *sys.path])
    yield importlib.import_module(name)
    for module in {"promises", "results", "table"} - before:
        sys.modules.pop(module, None)
