"""Each outside library has one door; each effect has one place."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from repository import belongs_to, module_name, named, parsed, python_files

EVERYWHERE = ("",)
DOORS = {
    "PIL": ("providers.local", "simulators"),
    "aiosmtplib": ("mail.smtp",),
    "alembic": ("migrate", "migrations"),
    "apsw": ("cli.copying", "db_sqlite", "db_sqlite_connection", "migrate"),
    "argon2": ("people.passwords",),
    "asyncpg": ("db_postgresql",),
    "authlib": ("people.openid_protocol",),
    "av": ("providers.local",),
    "click": ("__main__", "cli"),
    "cryptography": ("providers.signatures", "sealing", "simulators.fal"),
    "defusedxml": ("assets.svg", "assets.svg_tree"),
    "email_validator": ("people.email_address",),
    "fpdf": ("payments.document_drawing",),
    "httptools": ("cli.http_limits", "cli.http_protocol", "outbound.wire"),
    "joserfc": ("people.openid_protocol",),
    "jinja2": ("web.compiled_templates", "web.templates_of_pages"),
    "jsonschema_rs": ("catalog.check_fields", "catalog.explain", "catalog.schema"),
    "markdown_it": ("web.markdown",),
    "markupsafe": ("web.qr_code", "web.templates_of_pages"),
    "msgspec": EVERYWHERE,
    "obstore": ("assets.storage_objects",),
    "prometheus_client": ("api", "app"),
    "resvg": ("providers.local",),
    "rich": ("cli", "demo"),
    "segno": ("web.qr_code",),
    "sqlalchemy": (
        "accounts.tables",
        "assets.tables",
        "credentials.tables",
        "ledger.tables",
        "mail.tables",
        "migrate",
        "migrations",
        "people.tables",
        "payments.tables",
        "switchboard.tables",
        "tables",
        "tasks.tables",
        "webhooks.tables",
    ),
    "starlette": ("api", "app", "cli.http_protocol", "cli.listening", "gateway", "simulators", "web"),
    "stripe": (
        "payments.stripe_events",
        "payments.stripe_objects",
        "payments.stripe_requests",
        "payments.stripe_sdk",
    ),
    "uvicorn": ("app", "cli", "simulators"),
    "uvloop": ("app", "cli"),
    "vtracer": ("providers.local",),
}
"""Outside library → the modules of the product that may import it. What is not listed is imported nowhere."""

STANDARD_DOORS = {
    "http.client": ("simulators",),
    "pickle": (),
    "random": ("db_postgresql", "db_sqlite", "outbound", "providers.local", "tasks"),
    "subprocess": ("demo", "sandbox"),
    "urllib.request": (),
}
"""Modules of the standard library that only some may import."""

ENVIRONMENT_READERS = ("settings",)
COMMITTERS = ("db", "db_postgresql", "db_sqlite", "migrate")
EDGES = (
    "catalog.load",
    "catalog.load_offers",
    "catalog.read_yaml",
    "catalog.spread",
    "migrate",
    "settings",
    "web.reference_view",
)
"""Where data files and foreign configuration are read; what they give to the rest has types."""


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _door(imported: str) -> tuple[str, ...]:
    top = imported.partition(".")[0]
    if top == "apiinone":
        return EVERYWHERE
    if top in sys.stdlib_module_names:
        return STANDARD_DOORS.get(imported, STANDARD_DOORS.get(top, EVERYWHERE))
    return DOORS.get(top, ())


def test_each_outside_library_has_one_door() -> None:
    strangers = {
        f"{module_name(path)} imports {imported}"
        for path in python_files("src")
        for imported in _imports(path)
        if (door := _door(imported)) != EVERYWHERE and not belongs_to(module_name(path), door)
    }
    assert strangers == set()


def test_no_door_leads_nowhere() -> None:
    imported = {imported.partition(".")[0] for path in python_files("src") for imported in _imports(path)}
    assert DOORS.keys() - imported == set()


def test_only_settings_read_the_environment() -> None:
    readers = {
        module_name(path)
        for path in python_files("src")
        for node in ast.walk(parsed(path))
        if (isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.environ", "os.environb", "os.getenv"})
        or (isinstance(node, ast.ImportFrom) and node.module == "os")
    }
    assert {module for module in readers if not belongs_to(module, ENVIRONMENT_READERS)} == set()


def test_only_the_database_commits() -> None:
    committers = {
        module_name(path)
        for path in python_files("src")
        for node in ast.walk(parsed(path))
        if (isinstance(node, ast.Attribute) and node.attr in {"commit", "rollback"})
        or (isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.upper().startswith("COMMIT"))
    }
    assert {module for module in committers if not belongs_to(module, COMMITTERS)} == set()


def test_statements_are_literals_and_only_the_database_runs_them() -> None:
    pasted = [
        f"{named(path)}:{node.lineno}"
        for path in python_files("src")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "Sql"
        and not all(map(_is_literal, _arguments(node)))
    ]
    assert pasted == []
    runners = {
        module_name(path)
        for path in python_files("src")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute)
        and node.attr in {"execute", "executemany", "executescript", "exec_driver_sql"}
    }
    others = ("db_sqlite_connection", "migrations")
    assert {module for module in runners if not belongs_to(module, (*COMMITTERS, *others))} == set()


def _arguments(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def _is_literal(value: ast.expr) -> bool:
    match value:
        case ast.Constant():
            return isinstance(value.value, str)
        case ast.BinOp(op=ast.Add()):
            return _is_literal(value.left) and _is_literal(value.right)
        case ast.Name():
            return value.id.isupper()  # a text named once and used in several statements; its type is LiteralString
        case _:
            return False


def test_inside_nothing_is_a_bare_dict_or_an_open_set_of_arguments() -> None:
    bare = [
        f"{named(path)}:{node.lineno}"
        for path in python_files("src")
        if not belongs_to(module_name(path), EDGES)
        for node in ast.walk(parsed(path))
        if (isinstance(node, ast.Subscript) and ast.unparse(node) in {"dict[str, Any]", "Mapping[str, Any]"})
        or (isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.args.kwarg is not None)
    ]
    assert bare == []
