"""No page shows a text that cannot be translated: each stands in `_()`, `{% trans %}` or a table of `marked` texts."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

WEB = Path(__file__).parents[2] / "src" / "apiinone" / "web"
TEMPLATES = sorted((WEB / "templates").rglob("*.html.j2"))
SCRIPTS = sorted((WEB / "static").glob("*.js"))
NAMES = re.compile(
    r"API in One|\b(?:API|OpenAPI|llms\.txt|JSON|PDF|HTTP|GET|UTC|KiB)\b|\baio_\w*|^tiles panel$"
    r'|\b[a-z-]+="[^"]*"'
)
"""Names, which are the same in every language, classes in an expression, and attributes that a macro gives."""
SHOWN = {"alt", "aria-label", "content", "placeholder", "title"}
"""Attributes whose values are read by people."""
CODE = {"code", "pre", "svg", "script"}
BLANK = " "
"""Where an expression stands."""
WORDS = re.compile(r"[A-Za-z]{2,}")
SENTENCE = re.compile(r"^[A-Z][a-z]+$|[A-Za-z]{2,} [A-Za-z(]")
"""A string in an expression that people would read; others are names and codes."""
IN_SCRIPTS = re.compile(r'(?:textContent|placeholder|alt|title|message)\s*[:=]\s*(["`])(.+?)\1|"aria-label",\s*"(.+?)"')
STRINGS = re.compile(r'"([A-Z][a-z]+ [a-z]+[a-z ,.:?]*)"')
"""Where a script sets what people read, and strings that begin as a sentence does."""


class Reader(HTMLParser):
    """Collects what a page shows."""

    def __init__(self) -> None:
        super().__init__()
        self.inside: list[str] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in SHOWN and value and _is_shown(tag, dict(attrs))]
        if tag in CODE:
            self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self.found.append(data)


def _is_shown(tag: str, attributes: dict[str, str | None]) -> bool:
    return tag != "meta" or attributes.get("name") == "description"


def unmarked(source: str) -> list[str]:
    """The texts of a template that a translator does not get to see."""
    made = Environment(extensions=["jinja2.ext.i18n"], trim_blocks=True, lstrip_blocks=True)  # noqa: S701 - nothing is filled
    made.policies["ext.i18n.trimmed"] = True
    tree = made.parse(source)
    texts = [" ".join(text.split()) for text in read("".join(_markup(tree)))]
    spoken = [text for one in _spoken(tree) for text in read(one) if SENTENCE.search(text)]
    return [text for text in (*texts, *spoken) if is_text(text)]


def read(markup: str) -> list[str]:
    """What somebody reads of it."""
    reader = Reader()
    reader.feed(markup)
    reader.close()
    return reader.found


def is_text(text: str) -> bool:
    """Whether there are words in it, beside names."""
    return WORDS.search(NAMES.sub("", text)) is not None


def _markup(tree: nodes.Node) -> Iterator[str]:
    """The markup around expressions."""
    for output in tree.find_all(nodes.Output):
        for one in output.nodes:
            yield one.data if isinstance(one, nodes.TemplateData) else BLANK


def _spoken(node: nodes.Node) -> Iterator[str]:
    """Strings in expressions, but those that are marked, compared with something, or name a template or a field."""
    if (
        isinstance(node, nodes.Call)
        and isinstance(node.node, nodes.Name)
        and node.node.name in ("_", "gettext", "ngettext")
    ):
        return
    if isinstance(node, nodes.Compare | nodes.Extends | nodes.Import | nodes.FromImport | nodes.Include):
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value
    for child in node.iter_child_nodes():
        yield from _spoken(child)


def said_by(script: str) -> list[str]:
    """The texts that a script brings with it."""
    found = [one[2] or one[3] for one in IN_SCRIPTS.finditer(script)] + STRINGS.findall(script)
    return [text for text in found if is_text(re.sub(r"\$\{[^}]*\}", "", text))]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_text_of_a_template_can_be_translated(path: Path) -> None:
    assert unmarked(path.read_text()) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_says_only_what_its_page_gives_it(path: Path) -> None:
    assert said_by(path.read_text()) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Hello</p>", ["Hello"]),
        ("<p>{{ _('Hello') }} <b>{% trans %}there{% endtrans %}</b></p>", []),
        ("<p>{{ 'Hello' if late else _('Good morning') }}</p>", ["Hello"]),
        ('<img alt="A picture"><code>curl</code>', ["A picture"]),
        ("<p>{{ count }} of them</p>", ["of them"]),
        ("{% for name in ['Models', _('Docs')] %}{{ name }}{% endfor %}", ["Models"]),
        ('<p class="big number">API in One</p>', []),
    ],
)
def test_a_text_is_found_wherever_it_stands(source: str, found: list[str]) -> None:
    assert unmarked(source) == found


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ('button.textContent = "Copied";', ["Copied"]),
        ('element("p", {}, "Shown for this key")', ["Shown for this key"]),
        ("made.textContent = `${count} credits`;", ["${count} credits"]),
        ('box.setAttribute("aria-label", "Models")', ["Models"]),
        ('button.textContent = words.copied; place.className = "big";', []),
    ],
)
def test_a_text_of_a_script_is_found(script: str, found: list[str]) -> None:
    assert said_by(script) == found
