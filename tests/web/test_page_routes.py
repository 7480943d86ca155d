"""Every page that knows its visitor: who may open it, whose form it takes, and that others' objects are not there.

A page that is added to the table is tried here at once; one whose path names something of an account needs a maker
below, which makes such a thing and gives its id.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

import pytest

from api.served_api import Api, served_api
from apiinone.db import Sql, Tx
from apiinone.people.roles import ROLES
from apiinone.web.page_pipeline import SET_UP_CODES, SIGN_IN
from apiinone.web.page_route import Member, Operator, PageId, PageRoute, Public, SignedIn
from apiinone.web.page_routes import ROUTES
from apiinone.web.page_table import PageIncomplete, PageTable
from apiinone.web.step_up_pages import STEP_UP
from databases import sqlite_url
from web.browsing import Browser, somebody
from web.buying import own_document, own_order
from web.owning import own_delivery, own_endpoint, own_key, own_task

Maker = Callable[[Browser], Awaitable[str]]


async def a_member(browser: Browser) -> str:
    """A viewer in the account of whoever is signed in."""
    other = await somebody(browser.site, f"member{len(MADE)}@example.com")
    MADE.append(other)
    (row,) = await browser.site.app.database.rows(NEWEST)
    here = await browser.site.app.database.rows(ACCOUNT_OF, browser.session_id)
    await change(browser.site, ADD_VIEWER, here[0][0], row[0])
    return str(row[0])


ENDS_SESSION: Final = ("leave_account",)
"""Pages after which whoever asked is signed out."""
MADE: Final[list[Browser]] = []
NEWEST: Final = Sql("SELECT id FROM people ORDER BY id DESC LIMIT 1")
ACCOUNT_OF: Final = Sql("SELECT account_id FROM sessions WHERE id = $1")
ADD_VIEWER: Final = Sql("INSERT INTO members (account_id, person_id, role, created_us) VALUES ($1, $2, 'viewer', 1)")
MAKERS: Final[Mapping[str, Maker]] = {
    "own_member": a_member,
    "own_key": own_key,
    "own_task": own_task,
    "own_delivery": own_delivery,
    "own_endpoint": own_endpoint,
    "own_order": own_order,
    "own_document": own_document,
}
"""By the kind of a path's id: makes one for whoever is signed in with this browser."""
FORMS: Final[Mapping[str, Mapping[str, str]]] = {"change_role": {"role": "billing"}}
"""By a page's name: what its form has to send."""
NOT_FOUND, REFUSED, ELSEWHERE = 404, 403, 303
SHOWN: Final = 200
SHOWN_AT_ONCE: Final = ("rotate_key",)
"""Forms whose answer is the page itself, because what it shows is shown once."""
LEADS_ON: Final = ("go_and_pay",)
"""Pages that only lead to another: there is nothing to pay at a vendor for an order that is paid by transfer."""


def named(route: PageRoute) -> str:
    return f"{route.method} {route.path}"


def filled(route: PageRoute, ids: Mapping[str, str] | None = None) -> str:
    path = route.path
    for one in route.ids:
        path = path.replace(f"{{{one.name}}}", (ids or {}).get(one.name, "0" * 26))
    return path


@pytest.fixture
async def site(sqlite_path: Path, tmp_path: Path) -> AsyncGenerator[Api]:
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False) as api:
        yield api


async def ask(browser: Browser, route: PageRoute, path: str, **headers: str) -> int:
    if route.method == "GET":
        return (await browser.get(path, **headers)).status
    return (await browser.post(path, headers)).status


async def test_only_public_pages_open_for_who_is_not_signed_in(site: Api) -> None:
    for route in ROUTES:
        browser = Browser(site)
        await browser.get("/sign-in")
        seen = await (browser.get if route.method == "GET" else browser.post)(filled(route))
        if isinstance(route.authority, Public):
            assert seen.status < 500, named(route)
            assert not seen.headers.get("location", "").startswith(f"{SIGN_IN}?"), named(route)
        elif isinstance(route.authority, Operator):
            assert seen.status == NOT_FOUND, named(route)
        else:
            assert (seen.status, seen.location.partition("?")[0]) == (ELSEWHERE, SIGN_IN), named(route)


async def test_a_form_that_no_page_of_ours_sent_changes_nothing(site: Api) -> None:
    browser = await somebody(site, "ada@example.com")
    good = browser.csrf
    foreign: tuple[Mapping[str, str], ...] = (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
    )
    for route in (one for one in ROUTES if one.method == "POST" and not isinstance(one.authority, Operator)):
        for csrf in ("", "0" * 64, good[:-1]):
            browser.csrf = csrf
            assert (await browser.post(filled(route))).status == REFUSED, named(route)
        browser.csrf = good
        for headers in foreign:
            assert (await browser.post(filled(route), headers)).status == REFUSED, (named(route), headers)
    assert (await browser.get("/account")).status == 200


async def test_a_form_of_one_visitor_is_none_of_another(site: Api) -> None:
    ada, bob, stranger = await somebody(site, "ada@example.com"), await somebody(site, "bob@example.com"), Browser(site)
    await stranger.get("/sign-in")
    bob.csrf = ada.csrf
    assert (await bob.post("/account/mode", chosen="live")).status == REFUSED
    other = Browser(site)
    await other.get("/sign-in")
    other.csrf = stranger.csrf
    assert (await other.post("/sign-in", email="ada@example.com", password="x")).status == REFUSED
    bare = Browser(site)
    bare.csrf = stranger.csrf
    assert (await bare.post("/sign-in", email="ada@example.com", password="x")).status == REFUSED


async def test_a_members_page_opens_for_its_roles_alone(site: Api) -> None:
    members = [route for route in ROUTES if isinstance(route.authority, Member)]
    members.sort(key=lambda route: route.name in ENDS_SESSION)
    for role in ROLES:
        browser = await somebody(site, f"{role}@example.com", role=role)
        for route in members:
            assert isinstance(route.authority, Member)
            status = await ask(browser, route, filled(route))
            assert (status == REFUSED) == (role not in route.authority.roles), (named(route), role, status)


async def test_an_operators_page_is_not_there_for_others_and_asks_operators_for_a_code(site: Api) -> None:
    async def handle(*_: object) -> object:
        raise AssertionError

    browser = await somebody(site, "ada@example.com")
    route = PageRoute(method="GET", path="/admin/x", name="x", authority=Operator(handle), ids=())  # pyright: ignore[reportArgumentType]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PageTable, "find", _finding(route, PageTable.find))
        for one in (route, *(one for one in ROUTES if isinstance(one.authority, Operator))):
            assert await ask(browser, one, filled(one)) == NOT_FOUND, named(one)
        await change(site, Sql("UPDATE people SET operator = 1"))
        assert (await browser.get("/admin/x")).location == SET_UP_CODES
        await change(site, Sql("UPDATE people SET totp_confirmed_us = 1, totp_sealed = 'x', totp_step = 1"))
        await change(site, Sql("UPDATE sessions SET stepped_up_us = 1"))
        assert (await browser.get("/admin/x")).location == f"{STEP_UP}?next=/admin/x"
        await change(site, Sql("UPDATE sessions SET stepped_up_us = NULL"))
        assert (await browser.get("/admin/x")).location == f"{STEP_UP}?next=/admin/x"


async def test_what_belongs_to_another_account_is_not_there(site: Api) -> None:
    ada, bob = await somebody(site, "ada@example.com"), await somebody(site, "bob@example.com")
    for route in (one for one in ROUTES if any(name.kind.startswith("own_") for name in one.ids)):
        ids = {name.name: await MAKERS[name.kind](ada) for name in route.ids}
        moved = route.name in LEADS_ON or (route.method == "POST" and route.name not in SHOWN_AT_ONCE)
        for browser, expected in ((bob, NOT_FOUND), (ada, ELSEWHERE if moved else SHOWN)):
            path, form = filled(route, ids), FORMS.get(route.name, {})
            seen = await (browser.get(path) if route.method == "GET" else browser.post(path, None, **form))
            assert seen.status == expected, (named(route), seen.text)


async def test_no_page_that_knows_its_visitor_is_kept_anywhere(site: Api) -> None:
    browser = await somebody(site, "ada@example.com")
    for route in (one for one in ROUTES if one.method == "GET" and isinstance(one.authority, Public | SignedIn)):
        for visitor in (browser, Browser(site)):
            seen = await visitor.get(filled(route), Accept_Encoding="gzip")
            assert seen.headers["cache-control"] == "private, no-store", named(route)
            assert "content-encoding" not in seen.headers, named(route)
            assert "unsafe" not in seen.headers["content-security-policy"], named(route)
            assert seen.headers["x-content-type-options"] == "nosniff", named(route)


def test_a_route_without_words_for_its_ids_does_not_exist() -> None:
    async def handle(*_: object) -> object:
        raise AssertionError

    route = PageRoute(method="GET", path="/x/{id}", name="x", authority=SignedIn(handle), ids=())  # pyright: ignore[reportArgumentType]
    with pytest.raises(PageIncomplete):
        PageTable([route])
    with pytest.raises(PageIncomplete):
        PageTable([ROUTES[0], ROUTES[0]])


def test_a_page_with_names_in_its_path_is_found_and_gives_them() -> None:
    async def handle(*_: object) -> object:
        raise AssertionError

    ids = (PageId("key_id", "own_key"),)
    route = PageRoute(method="POST", path="/keys/{key_id}/revoke", name="x", authority=SignedIn(handle), ids=ids)  # pyright: ignore[reportArgumentType]
    table = PageTable([route])
    found = table.find("POST", "/keys/abc/revoke")
    assert found is not None
    assert found.ids == {"key_id": "abc"}
    for method, path in (("GET", "/keys/abc/revoke"), ("POST", "/keys//revoke"), ("POST", "/keys/abc")):
        assert table.find(method, path) is None


async def change(site: Api, sql: Sql, *values: str) -> None:
    async def work(tx: Tx) -> None:
        await tx.run(sql, *values)

    await site.app.database.transact(work)


def _finding(route: PageRoute, otherwise: Callable[..., object]) -> Callable[..., object]:
    table = PageTable([route])

    def find(self: PageTable, method: str, path: str) -> object:
        return otherwise(table, method, path) or otherwise(self, method, path)

    return find
