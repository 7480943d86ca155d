"""Every route and who may call it: the table is walked, each door is tried with every key that must not open it."""

import asyncio
from itertools import product

import msgspec
import pytest
from msgspec import Struct

from api.create_bodies import bodies_for
from api.served_api import BODY, Api, Got, statement
from apiinone.accounts.keys import SCOPES, KeyRules, Scope
from apiinone.api.billing_budgets import BudgetsBody
from apiinone.api.billing_wishes import AlertsBody, TopUpBody
from apiinone.api.orders import OrderBody, VoucherBody
from apiinone.api.provider_keys import ProviderKeyBody
from apiinone.api.route import ByKey, CreationBody, NoBody, PathId, Public, QuoteBody, Route, TypedBody
from apiinone.api.routes import ROUTES
from apiinone.api.table import RouteIncomplete, Table
from apiinone.api.webhook_endpoints import EndpointBody
from apiinone.core.errors import Refusal
from apiinone.db import Sql

KEYED = [route for route in ROUTES if isinstance(route.authority, ByKey)]
WITH_TASKS = [route for route in KEYED if route.ids]
TYPED_BODIES: dict[type[Struct], dict[str, object]] = {
    ProviderKeyBody: {"provider": "recraft", "key": "own-key-for-tests"},
    OrderBody: {"method": "manual", "pack": "starter"},
    VoucherBody: {"code": "nobody's code"},
    TopUpBody: {"threshold": 5, "pack": "starter", "payment_method_id": "0" * 26, "month_max_minor": 5000},
    AlertsBody: {"low_balance": 5},
    BudgetsBody: {"day": 5},
    EndpointBody: {"url": "https://hooks.example.com/in"},
}
"""For each type of body one that could be meant."""
ENDPOINT_ROW = Sql(
    "INSERT INTO webhook_endpoints (id, account_id, mode, url, host, events, name, created_us)"
    " VALUES ($1, $2, 'live', 'https://hooks.example.com/in', 'hooks.example.com:443', 'task.succeeded', '', 1)"
)
UNKNOWN_TASK = f"n78{'0' * 26}_recraft"


async def _ask(api: Api, route: Route, *, key: str | None, task_id: str = UNKNOWN_TASK, **headers: str) -> Got:
    path = route.path.replace("{task_id}", task_id).replace("{delivery_id}", delivery_of(task_id))
    path = path.replace("{provider_key_id}", provider_key_of(task_id))
    path = path.replace("{order_id}", provider_key_of(task_id))
    path = path.replace("{document_id}", provider_key_of(task_id))
    path = path.replace("{endpoint_id}", provider_key_of(task_id))
    path = path.replace("{member_id}", provider_key_of(task_id))
    path = path.replace("{payment_method_id}", provider_key_of(task_id))
    if "task_id" in route.query.__struct_fields__:
        path += f"?task_id={task_id}"
    match route.body:
        case CreationBody(made_by):
            body = bodies_for(made_by, api.app.catalogue, song=task_id)[0]
        case QuoteBody():
            body = dict(BODY)
        case TypedBody(kind):
            body = dict(TYPED_BODIES[kind])
        case _:
            body = None
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return await api.ask(route.method, path, key=key, body=body, headers=sent)


async def test_no_keyed_route_opens_without_a_good_key(small_api: Api) -> None:
    tenant = await small_api.tenant()
    other = await small_api.tenant()
    mode, key_id, secret = tenant.key.removeprefix("aio_").split("_")
    bad_keys = (
        None,
        "",
        "aio",
        tenant.key.upper(),
        f"aio_{mode}_{key_id}_{secret[:-1]}{'0' if secret[-1] != '0' else '1'}",
        f"aio_live_{key_id}_{secret}",
        f"aio_{mode}_{other.key_id}_{secret}",
        f"aio_{mode}_{small_api.app.ids.new()}_{secret}",
        f"{tenant.key}_x",
        "sk-somebody-elses",
    )
    for route, key in product(KEYED, bad_keys):
        got = await _ask(small_api, route, key=key)
        assert (got.status, got.error["type"]) == (401, "authentication_error"), (route.name, key)
        assert got.headers["WWW-Authenticate"] == "Bearer"


async def test_a_cookie_or_a_query_is_no_key(small_api: Api) -> None:
    tenant = await small_api.tenant()
    for route in KEYED:
        got = await _ask(small_api, route, key=None, Cookie=f"key={tenant.key}; Authorization=Bearer {tenant.key}")
        assert got.status == 401, route.name
    assert (await small_api.get(f"/api/v1/me?key={tenant.key}")).status == 401


async def test_a_key_opens_only_what_its_scopes_name(small_api: Api) -> None:
    for scope in SCOPES:
        without: tuple[Scope, ...] = tuple(other for other in SCOPES if other != scope)
        lacking = await small_api.tenant(rules=KeyRules(scopes=without))
        having = await small_api.tenant(rules=KeyRules(scopes=(scope,)))
        for route in KEYED:
            assert isinstance(route.authority, ByKey)
            if route.authority.scope == scope:
                got = await _ask(small_api, route, key=lacking.key)
                assert got.refused == (403, "permission_denied", None), route.name
                assert (await _ask(small_api, route, key=having.key)).status in (200, 404), route.name


async def test_what_belongs_to_another_account_or_mode_is_not_found(idle_api: Api) -> None:
    everything = KeyRules(scopes=SCOPES)
    owner = await idle_api.tenant(mode="live", rules=everything)
    strangers = (
        await idle_api.tenant(of=owner, mode="test", rules=everything),
        await idle_api.tenant(mode="live", rules=everything),
        await idle_api.tenant(mode="test", rules=everything),
    )
    task_id = await idle_api.task(owner.key)
    node, opaque = task_id[1:3], task_id[3:29]
    await idle_api.change(ENDPOINT_ROW, opaque, owner.account_id)
    await idle_api.store_own_key(owner, opaque)
    disguises = (
        f"n{int(node) + 1}{opaque}_recraft",
        f"n{node}{opaque}_flux2",
        f"n0{node}{opaque}_recraft",
        f"n{node}{opaque.upper()}_recraft",
        f"n{node}{opaque}",
        opaque,
        f"{task_id}x",
        "%00",
        "..",
        "a" * 500,
    )
    assert len(WITH_TASKS) >= 4
    for route in WITH_TASKS:
        for stranger in strangers:
            got = await _ask(idle_api, route, key=stranger.key, task_id=task_id)
            assert got.refused[:2] == (404, "not_found"), route.name
            unknown = await _ask(idle_api, route, key=stranger.key)
            assert _without_ids(unknown) == _without_ids(got)
        for disguise in disguises:
            if route.name in ("delete_provider_key", "delete_webhook_endpoint") and disguise == opaque:
                continue  # which is its very name
            assert (await _ask(idle_api, route, key=owner.key, task_id=disguise)).status == 404, (route.name, disguise)
    assert len((await idle_api.get("/api/v1/provider-keys", owner.key)).data) == 1
    assert len((await idle_api.get("/api/v1/webhooks/endpoints", owner.key)).data) == 1
    for stranger in strangers:
        assert (await idle_api.get("/api/v1/provider-keys", stranger.key)).data == []
    for stranger in strangers:
        assert (await idle_api.get("/api/v1/tasks", stranger.key)).data == []
    assert (await idle_api.get(f"/api/v1/tasks/{task_id}", owner.key)).data["status"] == "IN_PROGRESS"
    await idle_api.assert_sound()


def provider_key_of(task_id: str) -> str:
    """The provider key whose id is the task's: its owner has one in the test below."""
    whole = task_id.startswith("n78") and task_id.endswith("_recraft") and len(task_id) == 37
    return task_id[3:29] if whole else task_id


def delivery_of(task_id: str) -> str:
    """The delivery that a task has, if it has any; a disguise of a task's id is one of a delivery's too."""
    return f"evt_{task_id[3:29]}" if task_id.endswith("_recraft") and len(task_id) == 37 else task_id


def _without_ids(got: Got) -> dict[str, object]:
    return {name: value for name, value in got.error.items() if name != "request_id"}


async def test_every_id_that_a_keyed_route_takes_is_one_that_the_tests_above_try() -> None:
    kinds = {path_id.kind for route in KEYED for path_id in route.ids}
    assert kinds == {
        "own_task",
        "own_delivery",
        "own_provider_key",
        "own_order",
        "own_endpoint",
        "own_document",
        "own_member",
        "own_saved_method",
    }


async def test_a_revoked_key_and_a_suspended_account_open_nothing(small_api: Api) -> None:
    tenant = await small_api.tenant()
    assert (await small_api.get("/api/v1/me", tenant.key)).status == 200
    await small_api.change(statement("UPDATE keys SET revoked_us = 1 WHERE id = $1"), tenant.key_id)
    assert (await small_api.create(tenant.key)).status == 401, "a hold asks again, under the lock"
    await asyncio.sleep(1.05)
    assert (await small_api.get("/api/v1/me", tenant.key)).status == 401
    suspended = await small_api.tenant()
    suspend = statement("UPDATE accounts SET state = 'suspended' WHERE id = $1")
    await small_api.change(suspend, suspended.account_id)
    assert (await small_api.get("/api/v1/me", suspended.key)).status == 403


async def test_a_key_may_be_bound_to_addresses(small_api: Api) -> None:
    here = await small_api.tenant(rules=KeyRules(ip_ranges=("127.0.0.0/8",)))
    elsewhere = await small_api.tenant(rules=KeyRules(ip_ranges=("203.0.113.0/24",)))
    assert (await small_api.get("/api/v1/me", here.key)).status == 200
    spoofed = {"X-Forwarded-For": "203.0.113.9"}
    assert (await small_api.ask("GET", "/api/v1/me", key=elsewhere.key, headers=spoofed)).status == 403


async def test_a_path_nobody_knows_is_404_and_a_method_nobody_takes_is_405(small_api: Api) -> None:
    tenant = await small_api.tenant()
    for path in (
        "/nowhere",
        "/api/v1",
        "/api/v1/",
        "/api/v1/task",
        "/api/v1/tasks/",
        "/api/v1/models/x/y",
        "/v1/models",
        "//",
    ):
        got = await small_api.get(path, tenant.key)
        assert got.refused[:2] == (404, "not_found"), path
    for route in ROUTES:
        path = route.path.replace("{", "").replace("}", "")
        known = {other.method for other in ROUTES if other.path == route.path}
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "PROPFIND"} - known:
            got = await small_api.ask(method, path, key=tenant.key)
            assert got.refused[:2] == (405, "method_not_allowed"), (method, path)
            assert known <= set(got.headers["Allow"].split(", "))


async def test_any_origin_may_call_and_never_with_cookies(small_api: Api) -> None:
    tenant = await small_api.tenant()
    asked = {
        "Origin": "https://shop.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    for route in ROUTES:
        path = route.path.replace("{", "").replace("}", "")
        preflight = await small_api.ask("OPTIONS", path, headers=asked)
        assert preflight.status == 204, path
        assert route.method in preflight.headers["Access-Control-Allow-Methods"]
        assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
        assert "Access-Control-Allow-Credentials" not in preflight.headers
        assert ("Access-Control-Allow-Origin" in preflight.headers) == path.startswith("/api/v1/")
    got = await small_api.get("/api/v1/me", tenant.key, Origin="https://shop.example")
    assert got.headers["Access-Control-Allow-Origin"] == "*"
    assert "X-Request-Id" in got.headers["Access-Control-Expose-Headers"]
    refused = await small_api.get("/api/v1/me", Origin="https://shop.example")
    assert refused.headers["Access-Control-Allow-Origin"] == "*"


async def test_head_is_get_without_the_body(small_api: Api) -> None:
    got = await small_api.ask("HEAD", "/api/v1/models")
    assert (got.status, got.body) == (200, b"")
    assert int(got.headers["Content-Length"]) > 1_000


def test_a_route_that_leaves_something_open_cannot_be_made() -> None:
    whole = msgspec.structs.asdict(ROUTES[0])
    for name in whole:
        with pytest.raises(TypeError):
            Route(**{field: value for field, value in whole.items() if field != name})


def test_the_application_does_not_start_with_routes_that_contradict_each_other() -> None:
    first = ROUTES[0]
    bad: list[dict[str, object]] = [
        {"path": "/api/v1/things/{thing_id}"},
        {"ids": (PathId("task_id", "own_task"),)},
        {"about": ""},
        {"path": "nowhere"},
        {"name": ROUTES[1].name},
        {"name": "another"},
    ]
    for changes in bad:
        with pytest.raises(RouteIncomplete):
            Table([*ROUTES, msgspec.structs.replace(first, **{"name": "new", **changes})])
    assert Table(ROUTES)


def test_only_the_catalogue_the_document_and_health_are_public() -> None:
    public = {route.name for route in ROUTES if isinstance(route.authority, Public)}
    assert public == {"list_models", "show_model", "show_schema", "show_health", "show_readiness", "show_document"}
    assert all(isinstance(route.body, NoBody) for route in ROUTES if isinstance(route.authority, Public))


def test_every_refusal_a_route_names_is_one_of_the_errors() -> None:
    assert all(issubclass(kind, Refusal) for route in ROUTES for kind in route.refusals)
