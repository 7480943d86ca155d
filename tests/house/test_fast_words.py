"""Ways to write Python that read alike and cost very differently, where they run for every request."""

import ast

from repository import SOURCE, named, parsed, python_files

ONCE_A_PROCESS = {
    "src/apiinone/api/context.py",
    "src/apiinone/simulators/comfyui.py",
    "src/apiinone/simulators/stability.py",
}

CONTAINERS = {"list", "dict", "set", "frozenset", "tuple", "deque", "Counter", "OrderedDict", "defaultdict"}


def _makes_by_parametrised_type(node: ast.AST) -> bool:
    """`list[str]()`, or a field's `default_factory=list[str]`."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Subscript) and ast.unparse(node.func.value) in CONTAINERS
    return isinstance(node, ast.keyword) and node.arg == "default_factory" and isinstance(node.value, ast.Subscript)


def test_no_container_is_made_by_calling_a_parametrised_type() -> None:
    """The call also tries to note the parameters on what it made, and formats the error when that fails."""
    found = {
        f"{named(path)}:{getattr(node, 'lineno', 0)}"
        for path in python_files(str(SOURCE))
        if named(path) not in ONCE_A_PROCESS
        for node in ast.walk(parsed(path))
        if _makes_by_parametrised_type(node)
    }
    assert found == set()
