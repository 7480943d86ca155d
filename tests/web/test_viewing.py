"""An operator looks at an account's pages: in time, known to its members, without its content, changing nothing."""

import json
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from api.served_api import Api, served_api
from apiinone.db import Sql, Tx
from apiinone.schema import metadata
from apiinone.web.page_route import Operator, PageRoute
from apiinone.web.page_routes import ROUTES
from apiinone.web.pages import FIXED
from databases import sqlite_url
from web.browsing import Browser, somebody
from web.operating import OperatorsBrowser, operator
from web.owning import own_endpoint, own_key, run
from web.test_page_routes import MAKERS, filled, named

CANARY: Final = "canary-of-a-prompt"
BODY: Final = {"model": "recraft-v4", "prompt": CANARY, "metadata": {"note": f"{CANARY}-metadata"}}
OWN_SESSION: Final = {"/sign-out", "/sign-out/everywhere", "/account/mode", "/account/viewing/end"}
"""Forms that an operator may send meanwhile: they end or turn what is theirs."""
SHOWN: Final = {"/console", "/usage", "/usage/export.csv", "/console/tasks/{task_id}", "/billing/credits"}
"""Pages of the account that are open meanwhile."""
OF_OPERATORS: Final = ("sessions", "viewings", "operator_actions", "people")
REASON: Final = "they wrote that a task hangs"
EXPIRE: Final = Sql("UPDATE viewings SET ends_us = began_us")
ADMIN_LOG: Final = Sql("SELECT action, subject, actor, reason FROM operator_actions WHERE actor = $1 ORDER BY id")


@pytest.fixture
async def site(sqlite_path: Path, tmp_path: Path) -> AsyncGenerator[Api]:
    async with served_api(sqlite_url(sqlite_path), tmp_path) as api:
        yield api


async def account_of(browser: Browser) -> str:
    (row,) = await browser.site.app.database.rows(
        Sql("SELECT account_id FROM sessions WHERE id = $1"), browser.session_id
    )
    return str(row[0])


async def made_task(browser: Browser, **headers: str) -> Mapping[str, Any]:
    status, text = await run(browser, await own_key(browser), BODY, Prefer="wait=20", **headers)
    assert status == 200, text
    task: Mapping[str, Any] = json.loads(text)["data"]
    return task


async def looking(site: Api, account_id: str) -> OperatorsBrowser:
    """An operator who looks at the account."""
    grace = await operator(site, "grace@example.com")
    await grace.get(f"/admin/accounts/{account_id}")
    seen = await grace.post(f"/admin/accounts/{account_id}/view", reason=REASON)
    assert (seen.status, seen.location) == (303, "/console")
    await grace.get("/console")
    return grace


async def ids_of(browser: Browser, route: PageRoute, task_id: str) -> Mapping[str, str]:
    """Something of the account for each name in a path."""
    return {one.name: task_id if one.kind == "own_task" else await MAKERS[one.kind](browser) for one in route.ids}


async def everything(site: Api) -> Mapping[str, list[tuple[object, ...]]]:
    """All rows but the operator's own."""

    async def look(tx: Tx) -> dict[str, list[tuple[object, ...]]]:
        names = (name for name in sorted(metadata.tables) if name not in OF_OPERATORS)
        return {name: sorted(map(tuple, await tx.rows(Sql(f"SELECT * FROM {name}"))), key=repr) for name in names}  # pyright: ignore[reportArgumentType] # noqa: S608 - names of our own tables

    return await site.app.database.read(look)


async def test_an_operator_sees_an_account_as_a_viewer_does_and_its_members_read_of_it(site: Api) -> None:
    ada = await somebody(site, "ada@example.com")
    await made_task(ada)
    account_id = await account_of(ada)
    grace = await looking(site, account_id)
    seen = await grace.get("/console")
    assert "You look at ada as its viewers see it" in seen.text
    assert "/console/keys/new" not in seen.text
    told = (await ada.get("/console")).text
    assert "Looked at by an operator" in told
    assert REASON in told
    assert "You look at" not in told
    assert "grace" not in told
    seen = await grace.post("/account/viewing/end")
    assert seen.location == f"/admin/accounts/{account_id}"
    assert "You look at" not in (await grace.get("/console")).text
    done = [tuple(row) for row in await site.app.database.rows(ADMIN_LOG, grace.id)]
    assert done == [
        ("accounts.view", account_id, grace.id, REASON),
        ("accounts.view_end", account_id, grace.id, REASON),
    ]


async def test_a_look_ends_by_itself_and_needs_a_reason(site: Api) -> None:
    ada = await somebody(site, "ada@example.com")
    grace = await operator(site, "grace@example.com")
    path = f"/admin/accounts/{await account_of(ada)}"
    await grace.get(path)
    seen = await grace.post(f"{path}/view", reason=" ")
    assert seen.status == 422
    assert "You look at" not in (await grace.get("/console")).text
    assert (await grace.post("/admin/accounts/0/view", reason="x")).status == 404
    await grace.get(path)
    await grace.post(f"{path}/view", reason=REASON)
    (row,) = await site.app.database.rows(Sql("SELECT ends_us - began_us FROM viewings"))
    assert row[0] == 15 * 60 * 1_000_000
    assert "You look at" in (await grace.get("/console")).text

    async def expire(tx: Tx) -> None:
        await tx.run(EXPIRE)

    await site.app.database.transact(expire)
    assert "You look at" not in (await grace.get("/console")).text


async def test_who_is_no_operator_any_more_looks_at_nothing(site: Api) -> None:
    ada = await somebody(site, "ada@example.com")
    grace = await looking(site, await account_of(ada))

    async def dismiss(tx: Tx) -> None:
        await tx.run(Sql("UPDATE people SET operator = 0"))

    await site.app.database.transact(dismiss)
    assert "You look at" not in (await grace.get("/console")).text


async def test_while_looking_no_page_shows_what_was_asked_for_or_made_and_only_few_are_open(site: Api) -> None:
    ada = await somebody(site, "ada@example.com")
    made = await made_task(ada)
    failed = await made_task(ada, **{"X-Test-Scenario": "fail=moderation"})
    await own_endpoint(ada)
    own = (await ada.get(f"/console/tasks/{made['task_id']}")).text
    assert CANARY in own
    assert "/outputs/" in own
    routes = [route for route in ROUTES if route.method == "GET"]
    paths = {
        filled(route, await ids_of(ada, route, task_id)): route
        for task_id in (made["task_id"], failed["task_id"])
        for route in routes
        if not isinstance(route.authority, Operator)
    }
    grace = await looking(site, await account_of(ada))
    opened: set[str] = set()
    for path, route in paths.items():
        seen = await grace.get(path)
        assert seen.status in (200, 403), (named(route), seen.status)
        opened |= {route.path} if seen.status == 200 else set()
        for secret in (CANARY, "/outputs/", "hooks.example.com"):
            assert secret not in seen.text, named(route)
    assert opened == SHOWN
    for path in FIXED:
        assert CANARY not in (await grace.get(path)).text, path
    for mode in ("live", "test"):
        assert (await grace.post("/account/mode", chosen=mode)).status == 303
    assert made["task_id"] in (await grace.get("/usage")).text


async def test_while_looking_nothing_is_changed(sqlite_path: Path, tmp_path: Path) -> None:
    url = sqlite_url(sqlite_path)
    routes = [route for route in ROUTES if route.method == "POST" and route.path not in OWN_SESSION]
    async with served_api(url, tmp_path) as site:
        ada = await somebody(site, "ada@example.com")
        made, account_id, key_id = await made_task(ada), await account_of(ada), await own_key(ada)
        own = [route for route in routes if not isinstance(route.authority, Operator)]
        paths = {route: filled(route, await ids_of(ada, route, made["task_id"])) for route in own}
    paths |= {route: filled(route) for route in routes if route not in paths}
    async with served_api(url, tmp_path, working=False) as site:  # so that no duty changes a row meanwhile
        grace = await looking(site, account_id)
        before = await everything(site)
        for route, path in paths.items():
            assert (await grace.post(path)).status == 403, named(route)
        assert (await run(grace, key_id))[0] == 403
        seen = await grace.ask("GET", f"/console/with/{key_id}/api/v1/tasks/{made['task_id']}")
        assert seen.status == 403
        assert CANARY not in seen.text
        assert await everything(site) == before
    assert {route.path for route in ROUTES if route.method == "POST" and route.open_to_viewing} == OWN_SESSION
