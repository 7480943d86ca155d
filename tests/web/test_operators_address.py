"""Operators' pages at an address of their own: there alone, and nothing else there."""

from pathlib import Path
from urllib.parse import urlsplit

from api.served_api import served_api
from apiinone.web.admin.admin_routes import ADMIN
from apiinone.web.pages import FIXED
from databases import sqlite_url
from web.operating import operator
from web.test_page_routes import filled, named

URL = "http://ops.localhost:9000"
OPS = {"Host": urlsplit(URL).netloc}
NOT_FOUND, ADMIN_PAGE = 404, "/admin"
API = ("/api/v1/models", "/v1/models", "/api/v1/me", "/openapi.json", "/metrics", "/console/with/x/api/v1/me")


async def test_operators_pages_answer_at_their_own_address_alone(sqlite_path: Path, tmp_path: Path) -> None:
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False, admin_url=URL) as site:
        ada = await operator(site, "ada@example.com")
        for route in (one for one in ADMIN if one.method == "GET"):
            assert (await ada.get(filled(route))).status == NOT_FOUND, named(route)
        for route in (one for one in ADMIN if one.method == "POST"):
            assert (await ada.post(filled(route), reason="x")).status == NOT_FOUND, named(route)
        for path in (ADMIN_PAGE, "/admin/accounts", "/admin/log", "/console", "/account/security", "/sign-in"):
            assert (await ada.get(path, **OPS)).status in (200, 303), path
        for path in (*FIXED, "/docs/errors", "/models/recraft-v4", *API):
            assert (await ada.get(path, **OPS)).status == NOT_FOUND, path
        assert (await ada.get("/readyz", **OPS)).status == 200
        assert f'href="{URL}/admin"' in (await ada.get("/console")).text
        await ada.get("/admin/accounts", **OPS)
        seen = await ada.post("/account/mode", {**OPS, "Origin": URL}, chosen="live", next="/console")
        assert seen.location == "/console"  # a form of a page that stood there
        for path in ("/", "/api/v1/models", "/sign-in", "/console"):
            assert (await ada.get(path)).status in (200, 303), path


async def test_without_one_they_stand_at_the_sites_address(sqlite_path: Path, tmp_path: Path) -> None:
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False) as site:
        ada = await operator(site, "ada@example.com")
        assert (await ada.get(ADMIN_PAGE)).status == 200
        assert (await ada.get(ADMIN_PAGE, **OPS)).status == 200
