"""A public page in another language is in that language but for names, code, and what says that it is English.

The language of this test writes every text in Cyrillic letters, so that Latin words are those that nobody translated.
"""

import io
import re
from collections.abc import AsyncGenerator, Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

import apiinone.gateway
from api.served_api import Api, served_api
from apiinone.web.docs_pages import Docs
from apiinone.web.languages import Languages
from apiinone.web.page_routes import ROUTES
from catalog.catalogue_for_tests import CATALOGUE
from databases import sqlite_url
from house.test_languages import texts
from web.browsing import Browser
from web.operating import operator

PAGES = (
    *("/", "/models", "/models?search=nothing-is-like-this", "/pricing", "/docs", "/docs/chat", "/docs/reference"),
    *("/playground", "/usage", "/billing/credits", "/status", "/sign-in", "/sign-up", "/forgotten", "/nothing"),
    *("/models/recraft-v4", "/models/gemini", "/models/kling-3", "/models/suno-v5", "/models/elevenlabs-v3"),
)
KEPT = re.compile(r"%\(\w+\)[sd]|<[^>]+>|`[^`]+`|&\w+;|%%|[A-Za-z]")
ALLOWED = re.compile(
    r"API in One|OpenAPI|llms\.txt|\b(?:API|JSON|GET|POST|DELETE|URL|curl|Python|JavaScript|Go|English|de|s)\b"
    r"|\baio_\w*|/api/\S+|https?://\S+|\bnode\d+|\b\w+_\w+|\b(?:true|false)\b|^\w+(?: · \w+)+$"
    r"|^(?:string|integer|number|boolean|array|object)$"
)
"""Names, codes, and JSON's own names of types."""
OTHERS = re.compile(r"ada@example\.com|\bada\b|\S*/\S+ aiohttp/\S+|\bUTC\b|^(?:open|stability)$|: open\.$")
"""The person of this test, what a setting says, and a provider without offers."""
VOID = {"br", "hr", "img", "input", "link", "meta"}
SILENT = {"code", "pre", "svg", "script", "style", "option"}
"""Code, and choices, many of which are codes or names of time zones."""
READ = {"alt", "aria-label", "placeholder", "title"}


class Shown(HTMLParser):
    """What a page shows outside code and outside what is marked as English."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[bool] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        silent = self.silent or tag in SILENT or told.get("lang") == "en"
        if not silent:
            self.found += [value for name, value in attrs if name in READ and value]
        if tag not in VOID:
            self.open.append(silent)

    @property
    def silent(self) -> bool:
        return bool(self.open) and self.open[-1]

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and self.open:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.found.append(data)


def in_cyrillic(text: str) -> str:
    return KEPT.sub(lambda found: found[0] if len(found[0]) > 1 else "ж", text)


@pytest.fixture
async def site(sqlite_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Api]:
    folder = tmp_path / "languages" / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    catalog = Catalog(locale="de", fuzzy=False)
    for one in texts():
        if one.id:
            ids = (one.id,) if isinstance(one.id, str) else one.id
            said = tuple(in_cyrillic(text) for text in ids)
            catalog.add(one.id, said[0] if isinstance(one.id, str) else said)
    with (folder / "pages.mo").open("wb") as file:
        into = io.BytesIO()
        write_mo(into, catalog)
        file.write(into.getvalue())
    languages = Languages(tmp_path / "languages")
    monkeypatch.setattr(apiinone.gateway, "Languages", lambda: languages)
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False) as api:
        yield api


OWN = tuple(route.path for route in ROUTES if route.method == "GET" and not route.ids)
"""Pages that know their visitor; those with an id are of the same templates and code."""


async def test_what_a_page_says_is_in_the_readers_language(site: Api) -> None:
    assert await left_in_english(Browser(site), PAGES) == ""


async def test_what_a_page_says_to_who_is_signed_in_is_in_their_language(site: Api) -> None:
    assert await left_in_english(await operator(site, "ada@example.com"), OWN) == ""


async def left_in_english(browser: Browser, paths: Sequence[str]) -> str:
    """Texts of these pages that are in no language but English, each with its page."""
    entries = CATALOGUE.entries
    names = {name for one in entries for name in (one.id, one.title, *one.maker.split(" / "))}
    names |= {offer.provider for one in entries for sub in one.sub_models for offer in sub.offers}
    titles = "|".join(re.escape(page.title) for page in Docs("").pages)
    longest_first = sorted(names, key=len, reverse=True)
    own = re.compile("|".join([rf"^(?:{titles}) · ", *(re.escape(name) for name in longest_first)]))
    left: set[tuple[str, str]] = set()
    for path in paths:
        seen = await browser.get(f"{path}{'&' if '?' in path else '?'}lang=de")
        if not seen.headers.get("content-type", "").startswith("text/html"):
            continue
        assert '<html lang="de">' in seen.text, path
        reader = Shown()
        reader.feed(seen.text)
        for text in reader.found:
            if re.search(r"[A-Za-z]{2,}", OTHERS.sub("", ALLOWED.sub("", own.sub("", text)))):
                left.add((path, " ".join(text.split())))
    return "\n".join(f"{path}: {text}" for path, text in sorted(left))


async def test_what_machines_read_is_english_whoever_asks(site: Api) -> None:
    for path in ("/models/recraft-v4.md", "/docs/chat.md", "/llms.txt"):
        in_german = (await Browser(site).get(path, Accept_Language="de")).text
        assert in_german == (await Browser(site).get(path)).text
        assert "ж" not in in_german
