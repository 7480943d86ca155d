"""Every language of the pages is whole: each text is translated, keeps its blanks, and is compiled as it stands.

Run as a script, this file puts new texts into each language's file, takes those away that are no more, and compiles;
with a name it begins a language: `.venv/bin/python tests/house/test_languages.py fr`.
"""

import io
import re
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

WEB = Path(__file__).parents[2] / "src" / "apiinone" / "web"
FOLDER = WEB / "languages"
METHODS = [("templates/**.j2", "jinja2.ext:babel_extract"), ("**.py", "python")]
OPTIONS = {"templates/**.j2": {"trimmed": "true", "newstyle_gettext": "true"}}
KEYWORDS: Mapping[str, tuple[int, ...] | None] = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "say": None,
    "marked": None,
}
BLANK = re.compile(r"%\(\w+\)[sd]")
FILES = sorted(FOLDER.glob("*/LC_MESSAGES/pages.po"))


@cache
def texts() -> Catalog:
    """Everything that pages and letters say, gathered from templates and code."""
    found = Catalog(fuzzy=False)
    for path, line, message, comments, _ in extract_from_dir(
        WEB, method_map=METHODS, options_map=OPTIONS, keywords=KEYWORDS
    ):
        found.add(message, None, [(path, line)], auto_comments=comments)
    return found


def read(path: Path) -> Catalog:
    return read_po(io.BytesIO(path.read_bytes()), locale=path.parts[-3], abort_invalid=True)


def compiled(catalog: Catalog) -> bytes:
    into = io.BytesIO()
    write_mo(into, catalog)
    return into.getvalue()


def put_in_order(path: Path) -> None:
    """Bring a language's file to what the pages say now, and compile it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    catalog = read(path) if path.exists() else Catalog(locale=path.parts[-3], fuzzy=False)
    catalog.update(texts(), no_fuzzy_matching=True, update_creation_date=False)
    catalog.header_comment = "# What pages and letters say, in this language."
    catalog.project, catalog.version = "API in One", ""
    catalog.last_translator = catalog.language_team = catalog.msgid_bugs_address = ""
    catalog.obsolete.clear()
    into = io.BytesIO()
    write_po(into, catalog, width=120, no_location=True, omit_header=False, sort_output=True)
    path.write_bytes(into.getvalue())
    path.with_suffix(".mo").write_bytes(compiled(read(path)))


def test_texts_are_found_in_pages_in_letters_and_in_code() -> None:
    found = {message.id for message in texts() if isinstance(message.id, str)}
    assert {"Sign in", "Hello %(name)s,", "You are signed out.", "Owner", "This is not an e-mail address."} <= found


def test_each_language_says_everything_with_the_same_blanks_and_is_compiled() -> None:
    wanted = {str(message.id) for message in texts() if message.id}
    for path in FILES:
        language = read(path)
        assert {str(message.id) for message in language if message.id} == wanted, path
        assert path.with_suffix(".mo").read_bytes() == compiled(language), path
        for message in (one for one in language if one.id):
            said = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
            asked = message.id if isinstance(message.id, str) else message.id[-1]
            assert said, (path, message.id)
            assert all(said), (path, message.id)
            assert all(set(BLANK.findall(one)) == set(BLANK.findall(asked)) for one in said), (path, message.id)


if __name__ == "__main__":
    for name in {*sys.argv[1:], *(path.parts[-3] for path in FILES)}:
        put_in_order(FOLDER / name / "LC_MESSAGES" / "pages.po")
