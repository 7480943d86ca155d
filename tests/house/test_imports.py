"""Importing is free: no file written, no socket, no process; and what is heavy waits until it is used."""

import subprocess
import sys

from repository import module_name, python_files

RUN_BY_ALEMBIC = ("migrations.env",)
HEAVY = (
    "PIL",
    "aiosmtplib",
    "alembic",
    "apsw",
    "argon2",
    "asyncpg",
    "authlib",
    "av",
    "email_validator",
    "jinja2",
    "joserfc",
    "markdown_it",
    "multiprocessing",
    "obstore",
    "resvg",
    "rich",
    "segno",
    "sqlalchemy",
    "stripe",
    "vtracer",
)

WATCHED_IMPORT = """
import importlib, sys

def watch(event, details):
    written = event == "open" and isinstance(details[1], str) and set(details[1]) & set("wax+")
    if written or event in {"socket.connect", "socket.bind", "subprocess.Popen", "os.mkdir", "os.remove", "os.rename"}:
        raise RuntimeError(f"{event} {details}")

names = sys.argv[1:]
sys.addaudithook(watch)
for name in names:
    try:
        importlib.import_module(name)
    except Exception as effect:
        print(name, "while imported:", repr(effect))
"""


def _output(program: str, *arguments: str) -> str:
    command = [sys.executable, "-B", "-c", program, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - our own program


def test_importing_any_module_has_no_effect() -> None:
    modules = [module_name(path) for path in python_files("src")]
    names = [f"apiinone.{module}".rstrip(".") for module in modules if module not in RUN_BY_ALEMBIC]
    assert _output(WATCHED_IMPORT, *names) == ""


def test_a_server_starts_without_what_it_may_never_need() -> None:
    loaded = _output("import sys, apiinone.app; print(*sys.modules)").split()
    assert [module for module in loaded if module in HEAVY] == []
