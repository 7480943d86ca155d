"""Languages: one more file is one more language, and each reader gets theirs."""

import io
import re
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

import apiinone.gateway
from api.served_api import Api, served_api, statement
from apiinone.db import Tx
from apiinone.web.languages import Languages
from databases import sqlite_url
from web.browsing import PASSWORD, Browser, letters, somebody

SAID = {"Sign in": "Anmelden", "Hello %(name)s,": "Hallo %(name)s,", "Your account": "Dein Konto", "Start": "Los"}
GERMAN = {"Accept_Language": "fr;q=0.9, de-AT;q=0.8, en;q=0.1"}


@pytest.fixture
def german(tmp_path: Path) -> Languages:
    folder = tmp_path / "languages"
    (folder / "de" / "LC_MESSAGES").mkdir(parents=True)
    catalog = Catalog(locale="de", fuzzy=False)
    for text, said in SAID.items():
        catalog.add(text, said)
    with (folder / "de" / "LC_MESSAGES" / "pages.mo").open("wb") as file:
        into = io.BytesIO()
        write_mo(into, catalog)
        file.write(into.getvalue())
    return Languages(folder)


@pytest.fixture
async def site(
    sqlite_path: Path, tmp_path: Path, german: Languages, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[Api]:
    monkeypatch.setattr(apiinone.gateway, "Languages", lambda: german)
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False) as api:
        yield api


def language_of(text: str) -> str:
    found = re.search(r'<html lang="(\w+)">', text)
    assert found is not None
    return found[1]


async def test_a_page_is_in_the_language_that_the_browser_asks_for(site: Api) -> None:
    for path in ("/sign-in", "/"):
        browser = Browser(site)
        seen = await browser.get(path, **GERMAN)
        assert (language_of(seen.text), "Anmelden" in seen.text) == ("de", True), path
        seen = await browser.get(path)
        assert (language_of(seen.text), "Anmelden" in seen.text) == ("en", False), path
        assert {"accept-language", "cookie"} <= set(seen.headers.get("vary", "accept-language, cookie").split(", "))


async def test_a_language_that_was_chosen_stays_in_the_browser(site: Api) -> None:
    for path in ("/pricing", "/sign-in"):
        browser = Browser(site)
        assert language_of((await browser.get(f"{path}?lang=de")).text) == "de"
        assert language_of((await browser.get("/docs")).text) == "de"
        assert language_of((await browser.get("/docs?lang=xx")).text) == "de"
        assert language_of((await browser.get("/docs?lang=en", **GERMAN)).text) == "en"
        assert language_of((await browser.get("/docs", **GERMAN)).text) == "en"


async def test_a_public_page_has_an_address_in_each_language(site: Api) -> None:
    seen = await Browser(site).get("/pricing?lang=de")
    assert f'<link rel="canonical" href="{site.url}/pricing?lang=de">' in seen.text
    for name, address in (("x-default", "/pricing"), ("en", "/pricing?lang=en"), ("de", "/pricing?lang=de")):
        assert f'<link rel="alternate" hreflang="{name}" href="{site.url}{address}">' in seen.text
    assert f'<link rel="canonical" href="{site.url}/pricing">' in (await Browser(site).get("/pricing")).text
    assert 'rel="alternate"' not in (await Browser(site).get("/sign-in")).text


async def test_a_persons_own_language_comes_first_and_is_that_of_their_letters(site: Api) -> None:
    browser = await somebody(site, "ada@example.com")

    async def choose(tx: Tx) -> None:
        await tx.run(statement("UPDATE people SET language = 'de'"))

    await site.app.database.transact(choose)
    assert language_of((await browser.get("/account")).text) == "de"
    other = Browser(site)
    await other.get("/forgotten")
    await other.post("/forgotten", email="ada@example.com")
    (letter,) = await letters(site)
    assert "Hallo ada," in letter.text
    await other.get("/sign-in")
    await other.post("/sign-in", email="ada@example.com", password=PASSWORD)
    assert language_of((await other.get("/pricing")).text) == "de"


async def test_every_language_is_offered_under_its_own_name(site: Api) -> None:
    seen = await Browser(site).get("/sign-in")
    assert 'href="?lang=de" hreflang="de" lang="de"' in seen.text


async def test_the_same_page_in_another_language_shows_the_same(site: Api) -> None:
    browser = await somebody(site, "ada@example.com")
    for path, kept in (
        ("/models", ""),
        ("/models?search=a%26b+c&live=yes&lang=en&webhook=no", "search=a%26b+c&live=yes&"),
        ("/usage?mode=test&lang=en&state=%22%3E%3Cb%3E", "mode=test&state=%22%3E%3Cb%3E&"),
    ):
        seen = await browser.get(path)
        assert f'href="?{kept}lang=de" hreflang="de" lang="de"' in seen.text, path


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("DE-at", "de"),
        ("fr, de;q=0.5", "de"),
        ("en, de;q=0.5", "en"),
        ("de;q=0, en", "en"),
        ("de;q=x", "en"),
        ("*", "en"),
        ("," * 500 + "de", "en"),
    ],
)
def test_what_a_browser_asks_for_is_read_as_it_is_written(german: Languages, accepted: str, language: str) -> None:
    assert german.choose((), accepted) == language
    assert german.choose(("de",), accepted) == "de"
