"""The repository as tests read it: its files, its modules, the tests it has."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "apiinone"
_NOT_OURS = {"build", "dist", "__pycache__"}
_NOT_OURS_AT_ROOT = {"data"}
_TEXT = {".py", ".md", ".toml", ".txt", ".in", ".yaml", ".json", ".sql", ".mako", ".sh", ".html", ".css", ".js"}
_TEXT_WITHOUT_SUFFIX = {"Makefile", "LICENSE", "Dockerfile", ".gitignore", "run", "choose-python"}


@cache
def text_files() -> tuple[Path, ...]:
    """Every text file of the repository; caches, build results and data folders left out."""
    return tuple(sorted(_walk(ROOT)))


def python_files(folder: str) -> list[Path]:
    """The Python files below a folder of the repository."""
    return [path for path in text_files() if path.suffix == ".py" and path.is_relative_to(ROOT / folder)]


def named(path: Path) -> str:
    """A file as people name it: from the root of the repository."""
    return path.relative_to(ROOT).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(path.read_text(), named(path))


def module_name(path: Path) -> str:
    """The module below `apiinone` that a source file is, `""` for the package itself: `ledger.audit`."""
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def belongs_to(module: str, packages: tuple[str, ...]) -> bool:
    """Whether a module is one of these or lies in one of them."""
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def cases_in(path: Path) -> list[str]:
    """The names of the tests in a file, those of its classes included (hypothesis machines' `TestCase`s too)."""
    names: list[str] = []
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name.lower().startswith(
            "test"
        ):
            names.append(node.name)
        elif isinstance(node, ast.Assign):
            targets = [target.id for target in node.targets if isinstance(target, ast.Name)]
            names.extend(name for name in targets if name.startswith("Test"))
    return names


def has_test(node_id: str) -> bool:
    """Whether a folder, a file or a pytest node id, such as `tests/x/test_y.py::test_z[case]`, names something."""
    file, _, rest = node_id.partition("::")
    path = ROOT / file
    if not rest:
        return path.exists()
    wanted = [part.partition("[")[0] for part in rest.split("::")]
    return path.is_file() and all(name in cases_in(path) for name in wanted)


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        hidden = path.name.startswith(".") and path.name not in {".ci", ".gitignore"}
        foreign = path.name in _NOT_OURS or (folder == ROOT and path.name in _NOT_OURS_AT_ROOT)
        if hidden or foreign or path.name.endswith(".egg-info"):
            continue
        if path.is_dir():
            yield from _walk(path)
        elif path.suffix in _TEXT or path.name in _TEXT_WITHOUT_SUFFIX:
            yield path
