"""docs/settings.md lists every setting with its default and its sentence, as the code states them.

Run as a script, this file writes the page: `.venv/bin/python tests/house/test_settings_page.py`.
"""

import ast
import itertools
import json
from pathlib import Path

import msgspec

from apiinone.providers.registry import REMOTES
from apiinone.settings import CONFIG_FILE, PAIR_MARK, PREFIX, PROVIDER_TABLES, Settings

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "settings.md"
HEAD = f"""# Settings

Every setting is an environment variable, or a field of the same name without the prefix in a TOML file named by
`{CONFIG_FILE}`. A variable wins over the file, the file over the default. `apiinone doctor` says what is in force,
what is missing and how to fix it. An unknown `{PREFIX}…` variable is an error, so that a typing mistake is not a
silent default.

| variable | default | what it is for |
|---|---|---|
"""
CREDENTIALS = """
## Credentials of vendors

They keep the vendors' own names. Further ones of the same vendor end in `_2` to `_9`; others are stored by
`apiinone credentials add`. Signed callbacks also need an https `APIINONE_PUBLIC_URL`. Servers of your own are there
once their address is set, with a credential or without.

| provider | credential | secret of its callbacks |
|---|---|---|
"""


def written() -> str:
    """The page as the code would have it."""
    sentences = _sentences()
    rows: list[str] = []
    for field in msgspec.structs.fields(Settings):
        default = json.dumps(field.default if field.default is not msgspec.NODEFAULT else field.default_factory())
        endings = [ending for ending, table in PROVIDER_TABLES.items() if table == field.name]
        name = f"{PREFIX}<PROVIDER>{endings[0]}" if endings else f"{PREFIX}{field.name.upper()}"
        shown = "" if default in ('""', "[]", "{}") else f"`{default}`"
        rows.append(f"| `{name}` | {shown} | {sentences[field.name]} |")
    return HEAD + "\n".join([*rows, CREDENTIALS]) + "\n".join(map(_vendor, REMOTES)) + "\n"


def _vendor(name: str) -> str:
    remote = REMOTES[name][0]("https://vendor.example")
    names = " or ".join(f"`{' and '.join(one.split(PAIR_MARK))}`" for one in remote.credential_names)
    hook = f"`{remote.webhook_secret_name}`" if remote.webhook_secret_name else ""
    return f"| {name} | {names}{' (optional)' if remote.credential_optional else ''} | {hook} |"


def _sentences() -> dict[str, str]:
    tree = ast.parse((ROOT / "src" / "apiinone" / "settings.py").read_text())
    body = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Settings").body
    found: dict[str, str] = {}
    for field, after in itertools.pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            assert isinstance(after, ast.Expr)
            assert isinstance(after.value, ast.Constant)
            found[field.target.id] = " ".join(str(after.value.value).split())
    return found


def test_the_settings_page_says_what_the_code_does() -> None:
    assert PAGE.read_text() == written()


if __name__ == "__main__":
    PAGE.write_text(written())
