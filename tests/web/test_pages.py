"""The public pages over a real socket: each is there, keeps its policy, and says what the catalogue says."""

import asyncio
import gzip
import re
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any
from urllib.robotparser import RobotFileParser

import pytest
from aiohttp import ClientSession
from jinja2 import Environment

from api.served_api import RECRAFT, Api, served_api
from apiinone.cli import serving
from apiinone.cli.listening import listen
from apiinone.settings import Settings
from apiinone.web import compiled_templates
from apiinone.web.compiled_templates import CompiledTemplates
from apiinone.web.docs_pages import Docs
from apiinone.web.languages import Languages
from apiinone.web.pages import FIXED
from apiinone.web.templates_of_pages import OPENED_FIRST
from catalog.catalogue_for_tests import CATALOGUE
from databases import sqlite_url

DESKS = ("/usage", "/billing/credits")
DOCS = tuple(f"/docs/{page.name}" for page in Docs("http://api.example").pages)
MODELS = tuple(f"/models/{entry.id}" for entry in CATALOGUE.entries)
TEXTS = ("/llms.txt", "/robots.txt", "/sitemap.xml", *(f"{path}.md" for path in (*MODELS, *DOCS)))
HTML = {"Accept": "text/html"}
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|\bstyle=|<style|\son[a-z]+=|javascript:", re.IGNORECASE)
LOADED = re.compile(r"<(?:script|img|link|video|audio|iframe|source)[^>]+(?:src|href)=\"([^\"]+)\"")
HERE = ("/", "data:")
READY_WITHIN_S = 20


@pytest.fixture
async def site(sqlite_path: Path, tmp_path: Path) -> AsyncGenerator[Api]:
    async with served_api(sqlite_url(sqlite_path), tmp_path, environ=RECRAFT) as api:
        yield api


async def page(site: Api, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    async with site.session.get(f"{site.url}{path}", headers={**HTML, **headers}, allow_redirects=False) as answer:
        body = await answer.read()
        told = {name.lower(): value for name, value in answer.headers.items()}
        return answer.status, told, gzip.decompress(body) if told.get("content-encoding") == "gzip" else body


async def test_every_page_is_there_and_loads_nothing_from_elsewhere(site: Api) -> None:
    for path in (*FIXED, *DESKS, *MODELS, *DOCS):
        status, headers, body = await page(site, path)
        text = body.decode()
        assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8"), path
        assert INLINE.findall(text) == [], path
        assert [one for one in LOADED.findall(text) if not one.startswith((*HERE, site.url))] == [], path
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


async def test_nobody_waits_for_the_templates_of_the_first_pages(
    tmp_path: Path, sqlite_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled_templates, "CompiledTemplates", CompiledTemplates)  # none that others left
    compiled: list[str | None] = []
    whole: Callable[..., Any] = Environment.compile

    def noted(self: Environment, source: str, name: str | None = None, *more: Any, **named: Any) -> Any:
        compiled.append(name)
        return whole(self, source, name, *more, **named)

    monkeypatch.setattr(Environment, "compile", noted)
    monkeypatch.setattr(serving, "freeze_memory", lambda: None)  # what it does lasts, and here other tests follow
    settings = Settings(database_url=sqlite_url(sqlite_path), data_dir=str(tmp_path / "data"))
    with listen("127.0.0.1", 0) as listener:
        async with serving.serving(settings, listener) as served, ClientSession() as session:
            async with asyncio.timeout(READY_WITHIN_S):
                while len(compiled) < len(OPENED_FIRST):  # noqa: ASYNC110 - a thread is silent
                    await asyncio.sleep(0.01)
            for path in ("/", "/models", MODELS[0], "/pricing", DOCS[0], "/playground"):
                for language in Languages().names:
                    async with session.get(f"{served.url}{path}", params={"lang": language}) as answer:
                        assert answer.status == 200
    assert sorted(map(str, compiled)) == sorted(OPENED_FIRST)  # once for all languages


async def test_a_page_follows_who_can_be_reached(site: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    badge = b">Live</span>"
    before = (await page(site, "/models/recraft-v4"))[2]
    monkeypatch.setattr(site.app.keyring, "providers", frozenset[str])
    after = (await page(site, "/models/recraft-v4"))[2]
    assert (badge in before, badge in after) == (True, False)


async def test_every_text_for_machines_is_there(site: Api) -> None:
    for path in TEXTS:
        status, headers, body = await page(site, path)
        assert status == 200, path
        assert not headers["content-type"].startswith("text/html"), path
        assert body, path


async def test_robots_may_read_every_address_that_they_are_given(site: Api) -> None:
    (_, _, told), (_, _, given) = await page(site, "/robots.txt"), await page(site, "/sitemap.xml")
    robots = RobotFileParser()
    robots.parse(told.decode().splitlines())
    addresses = re.findall(r"<loc>(.*?)</loc>", given.decode())
    assert len(addresses) > len(CATALOGUE.entries)
    assert [address for address in addresses if not robots.can_fetch("*", address)] == []
    kept_out = ("/usage", "/billing/credits", "/console", "/account/members", "/admin/tasks", "/api/v1/models")
    assert [path for path in kept_out if robots.can_fetch("*", site.url + path)] == []


async def test_every_link_between_pages_leads_somewhere(site: Api) -> None:
    found: set[str] = set()
    for path in (*FIXED, *DESKS, *MODELS, *DOCS):
        _, _, body = await page(site, path)
        found |= set(re.findall(r"href=\"(/[^\"#]*)", body.decode()))
    for target in sorted(found):
        status, _, _ = await page(site, target)
        assert status == 200, target


async def test_a_page_is_sent_compressed_and_not_twice(site: Api) -> None:
    async with site.session.get(f"{site.url}/models", headers=HTML) as answer:
        packed, tag = await answer.read(), answer.headers["etag"]
        assert answer.headers["content-encoding"] == "gzip"
    assert b"Recraft V4" in gzip.decompress(packed)
    status, _, body = await page(site, "/models", **{"If-None-Match": tag})
    assert (status, body) == (304, b"")


async def test_a_first_visit_weighs_less_than_150_kb_without_its_pictures(site: Api) -> None:
    for path in ("/", "/models", "/models/recraft-v4"):
        _, _, body = await page(site, path)
        parts = [path, *(one for one in LOADED.findall(body.decode()) if one.startswith("/static/"))]
        weight = 0
        for part in set(parts):
            async with site.session.get(f"{site.url}{part}", headers=HTML) as answer:
                weight += len(await answer.read())
        assert weight < 150_000, (path, weight)


async def test_every_name_of_a_model_leads_to_its_page(site: Api) -> None:
    for name, choice in CATALOGUE.choices.items():
        status, headers, _ = await page(site, f"/models/{name}")
        if name != choice.entry.id:
            assert (status, headers["location"]) == (308, f"/models/{choice.entry.id}"), name
        assert (await page(site, f"/model/{name}"))[0] == 200, name


async def test_amounts_of_thousands_are_written_alike_on_every_page_about_prices(site: Api) -> None:
    for path in ("/pricing", "/models/kling-3", "/models/kling-3.md", "/llms.txt"):
        text = (await page(site, path))[2].decode()
        assert (path, "1,200" in text, re.findall(r"(?:–|to )1200", text)) == (path, True, [])  # noqa: RUF001 - a dash
    assert "1,200 credits" in (await site.get("/api/v1/models/kling-3")).data["prices"]["text"]


async def test_a_figure_that_is_only_the_least_or_only_held_does_not_look_like_the_whole_price(site: Api) -> None:
    for model, figure, column in (("elevenlabs-v3", "from 1 credit", "from 1"), ("gemini", "5 credits held", "5 held")):
        text = (await page(site, f"/models/{model}"))[2].decode()
        assert all(
            part in text for part in (f'<dd><span class="number">{figure}</span>', f">{figure}<br>", f">{column}</td>")
        ), model
        assert f"· {figure} · $0.0" in text, model  # the panel's cheapest
        plain = (await page(site, f"/models/{model}.md"))[2].decode()
        assert plain.count(f": {figure}.") == 3, model  # the base, the variant, the route
        assert f">{column}</td>" in (await page(site, "/pricing"))[2].decode(), model
        assert f">{figure}</span>" in (await page(site, f"/models?search={model}"))[2].decode(), model


async def test_what_is_not_there_is_a_page_for_people_and_an_error_for_programs(site: Api) -> None:
    status, headers, body = await page(site, "/models/nothing")
    assert (status, headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert b"There is nothing here" in body
    status, headers, _ = await page(site, "/models/nothing", Accept="application/json")
    assert (status, headers["content-type"]) == (404, "application/json")
    status, headers, _ = await page(site, "/api/v1/nothing")
    assert (status, headers["content-type"]) == (404, "application/json")


async def test_a_page_takes_no_body(site: Api) -> None:
    async with site.session.post(f"{site.url}/models", headers=HTML) as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    ("query", "there", "missing"),
    [
        ("search=recraft+design", "recraft-v4", "kling-3"),
        ("endpoint=videos", "kling-3", "recraft-v4"),
        ("output=audio", "suno", "recraft-v4"),
        ("webhook=yes", "flux-2", "recraft-v4"),
        ("nonsense=1&search=%00", None, "recraft-v4"),
    ],
)
async def test_the_catalogue_is_filtered_without_a_script(
    site: Api, query: str, there: str | None, missing: str
) -> None:
    _, _, body = await page(site, f"/models?{query}")
    text = body.decode()
    if there is not None:
        assert f'href="/models/{there}"' in text
    assert f'href="/models/{missing}"' not in text


async def test_what_a_reader_types_is_escaped(site: Api) -> None:
    _, _, body = await page(site, "/models?search=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert b"<script>alert" not in body


async def test_the_seeds_own_page_has_the_figures_of_the_running_catalogue(site: Api) -> None:
    _, _, body = await page(site, "/models/recraft-v4")
    text = re.sub(r"<[^>]+>", " ", body.decode())
    text = re.sub(r"\s+", " ", text)
    for figure in (
        "Endpoint models 11",
        "Providers 10",
        "Cost range 4–25 credits $0.04–$0.25",  # noqa: RUF001 - as shown
        "Webhook coverage 5/11",
        "This model&#39;s position 8/11",
        "Lowest-cost route cogview-4 Zhipu AI / WaveSpeed · 4 credits · $0.04",
        "Base cost 10 credits $0.10 · 3–8 s",  # noqa: RUF001 - as shown
        "Endpoint family Image API /api/v1/images/generations",
        "10–70 credits per image ($0.10–$0.70)",  # noqa: RUF001 - as shown
    ):
        assert figure in text, figure


async def test_a_models_page_says_how_many_models_are_compared_out_of_all_and_gives_no_place_twice(site: Api) -> None:
    places: list[tuple[str, ...]] = []
    for entry in site.app.catalogue.entries:
        text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", (await page(site, f"/models/{entry.id}"))[2].decode()))
        others = len(site.app.catalogue.on(entry.endpoint_name))
        compared = len([one for one in site.app.catalogue.on(entry.endpoint_name) if one.listed_on_panel])
        all_of_them = f"Endpoint models {compared} Models that share {entry.endpoint.path}."
        some = f"Endpoint models {compared} Models compared here, out of {others} on {entry.endpoint.path}."
        assert text.count(all_of_them if others == compared else some) == 2, entry.id
        found = re.findall(r"position (\d+/\d+)", text)
        assert len(found) == entry.listed_on_panel, entry.id
        assert ("It is not part of the comparison." in text) == (not found), entry.id
        places += [(entry.endpoint_name, place) for place in found]
    assert len(places) == len(set(places))


async def test_a_peer_that_its_maker_has_ended_is_marked_wherever_it_is_named(site: Api) -> None:
    text = (await page(site, "/models/recraft-v4"))[2].decode()
    named = [part for part in re.findall(r"<(?:li|tr)\b.*?</(?:li|tr)>", text, re.DOTALL) if "/models/imagen-4" in part]
    assert len(named) == 2
    assert all('class="badge off">Retired<' in part for part in named)
    assert 'class="badge off">Ending<' in next(
        part for part in re.findall(r"<tr>.*?</tr>", text) if "gpt-image" in part
    )


async def test_no_page_shows_an_inner_address_or_a_secret(site: Api) -> None:
    for path in (*FIXED, *DESKS, *MODELS):
        _, _, body = await page(site, path)
        text = body.decode()
        assert "token-for-tests" not in text, path
        assert "RECRAFT_API_TOKEN" not in text, path
        assert "external.api.recraft.ai" not in text, path
