"""One charging path: whatever creates a task is held, settled, refused and remembered alike.

Each test walks the table of create routes; a route that is added there is tested here without another line, and one
without a body in `create_bodies` fails.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest

from api import test_chat, test_timed_lyrics
from api.create_bodies import Body, bodies_for
from api.served_api import Api, Got, Tenant
from apiinone.accounts.keys import KeyRules
from apiinone.api.key_routes import KEY_ROUTES
from apiinone.api.route import ByKey, CreationBody
from apiinone.api.routes import ROUTES
from apiinone.api.task_ids import read_task_id
from apiinone.catalog.endpoints import CREATE_ROUTES, DIRECT_ROUTES, ENDPOINTS, PAID_ROUTES, CreateRoute
from apiinone.core.clock import US_PER_S
from apiinone.core.credits import Credits
from apiinone.db import Sql
from catalog.catalogue_for_tests import CATALOGUE

SONG: Body = {"model": "suno", "prompt": "a song"}
PLENTY = 100_000
QUOTES = "/api/v1/quotes"
"""It needs the scope of what it is for, and holds nothing."""
ANSWER_AT_ONCE: Mapping[str, tuple[Callable[..., object], ...]] = {
    "/api/v1/chat/completions": (
        test_chat.test_openais_own_client_gets_an_answer_and_its_exact_cost,
        test_chat.test_a_chat_that_fails_costs_nothing_and_says_why,
        test_chat.test_the_same_key_gives_the_same_object_and_costs_once,
        test_chat.test_a_live_key_is_told_that_no_provider_is_configured_and_nothing_is_held,
    ),
    "/api/v1/audio/music/timestamped-lyrics": (
        test_timed_lyrics.test_a_songs_words_come_at_once_with_their_moments_for_two_credits,
        test_timed_lyrics.test_the_same_key_gives_the_same_words_and_costs_once_and_a_failure_costs_nothing,
        test_timed_lyrics.test_only_a_finished_song_of_ones_own_has_words,
    ),
}
"""Paid routes that make no task, and where it is tested what a success, a failure, a replay and a stranger cost."""
TOOK = Sql("SELECT finished_us - created_us FROM tasks WHERE id = $1")
Made = tuple[CreateRoute, Body, Got]


async def finished_song(api: Api, tenant: Tenant) -> str:
    made = await api.ask("POST", "/api/v1/audio/music", key=tenant.key, body=SONG)
    await api.ended(tenant.key, made.data["task_id"])
    task_id: str = made.data["task_id"]
    return task_id


async def create(
    api: Api, tenant: Tenant, made_by: CreateRoute, body: Body, headers: Mapping[str, str] | None = None
) -> Got:
    return await api.ask("POST", made_by.path, key=tenant.key, body=body, headers=headers)


async def everywhere(
    api: Api,
    tenant: Tenant,
    song: str,
    *,
    every_model: bool = False,
    headers: Mapping[str, str] | None = None,
    **more: object,
) -> list[Made]:
    """A creation on each create route: with each model of it, or with the first one."""
    return await create_each(api, tenant, bodies(api, song, every_model=every_model), headers, **more)


async def create_each(
    api: Api,
    tenant: Tenant,
    asked: Iterable[tuple[CreateRoute, Body]],
    headers: Mapping[str, str] | None = None,
    **more: object,
) -> list[Made]:
    return [(made_by, body, await create(api, tenant, made_by, {**body, **more}, headers)) for made_by, body in asked]


def bodies(
    api: Api, song: str, *, every_model: bool = False, routes: tuple[CreateRoute, ...] = CREATE_ROUTES
) -> Iterable[tuple[CreateRoute, Body]]:
    for made_by in routes:
        some = bodies_for(made_by, api.app.catalogue, song=song)
        yield from ((made_by, body) for body in (some if every_model else some[:1]))


async def ends(api: Api, tenant: Tenant, made: list[Made]) -> list[Any]:
    return list(await asyncio.gather(*(api.ended(tenant.key, got.data["task_id"]) for _, _, got in made)))


async def balance(api: Api, tenant: Tenant) -> tuple[float, float]:
    data = (await api.get("/api/v1/credits", tenant.key)).data
    return data["available"], data["held"]


def test_the_table_has_every_endpoint_that_makes_tasks_and_every_route_of_a_model_that_does() -> None:
    own = {(endpoint.path, "") for endpoint in ENDPOINTS if endpoint.asynchronous}
    further = {
        (route.path, route.operation)
        for entry in CATALOGUE.entries
        for route in entry.routes
        if route.method == "POST" and not route.direct
    }
    assert {(made_by.path, made_by.operation) for made_by in CREATE_ROUTES} == own | further
    served = {route.body.made_by: route.path for route in KEY_ROUTES if isinstance(route.body, CreationBody)}
    assert served == {made_by: made_by.path for made_by in PAID_ROUTES}


def test_every_route_that_may_spend_is_walked_here_or_answers_at_once_and_has_its_own_tests() -> None:
    spending = {
        route.path
        for route in ROUTES
        if route.method == "POST" and isinstance(route.authority, ByKey) and route.authority.scope == "generate"
    }
    assert spending == {made_by.path for made_by in CREATE_ROUTES} | set(ANSWER_AT_ONCE) | {QUOTES}
    at_once = {endpoint.path for endpoint in ENDPOINTS if not endpoint.asynchronous}
    direct = {route.path for entry in CATALOGUE.entries for route in entry.routes if route.direct}
    assert set(ANSWER_AT_ONCE) == {made_by.path for made_by in DIRECT_ROUTES} == at_once | direct


@pytest.mark.slow
async def test_what_is_made_was_held_and_is_captured_and_says_which_route_made_it(api: Api) -> None:
    tenant = await api.tenant(balance=PLENTY)
    song = await finished_song(api, tenant)
    available, _ = await balance(api, tenant)
    made = await everywhere(api, tenant, song, every_model=True)
    for (made_by, body, got), task in zip(made, await ends(api, tenant, made), strict=True):
        assert (task["status"], task["consumed_credits"]) == ("SUCCESS", got.data["credits"]), body
        assert (task["held_credits"], task["endpoint"], task["operation"]) == (
            0,
            made_by.endpoint_name,
            made_by.operation,
        )
        receipt = (await api.get(f"/api/v1/tasks/{task['task_id']}/receipt", tenant.key)).data
        assert (receipt["endpoint"], receipt["operation"]) == (made_by.endpoint_name, made_by.operation)
        assert receipt["hold"]["credits"] == got.data["credits"] == receipt["quote"]["total"]
        assert (receipt["settlement"]["kind"], receipt["settlement"]["released"]) == ("capture", 0)
        available -= got.data["credits"]
    assert await balance(api, tenant) == (available, 0)
    listed = (await api.get("/api/v1/tasks?limit=100", tenant.key)).data
    assert {task["operation"] for task in listed} == {made_by.operation for made_by in CREATE_ROUTES}
    await api.assert_sound()


async def test_a_hold_stands_while_the_task_is_open_and_goes_back_when_it_is_cancelled(api: Api) -> None:
    tenant = await api.tenant(balance=PLENTY)
    song = await finished_song(api, tenant)
    before, _ = await balance(api, tenant)
    made = await everywhere(api, tenant, song, headers={"X-Test-Scenario": "delay=50"})
    total = sum(got.data["credits"] for _, _, got in made)
    assert await balance(api, tenant) == (before - total, total)
    for made_by, _, got in made:
        canceled = await api.ask("POST", f"/api/v1/tasks/{got.data['task_id']}/cancel", key=tenant.key)
        assert (canceled.data["status"], canceled.data["consumed_credits"]) == ("CANCELED", 0), made_by.path
    assert await balance(api, tenant) == (before, 0)
    await api.assert_sound()


async def test_a_failure_gives_the_hold_back(api: Api) -> None:
    tenant = await api.tenant(balance=PLENTY)
    song = await finished_song(api, tenant)
    before = await balance(api, tenant)
    made = await everywhere(api, tenant, song, headers={"X-Test-Scenario": "fail=moderation"})
    for task in await ends(api, tenant, made):
        assert (task["status"], task["consumed_credits"], task["held_credits"]) == ("FAILED", 0, 0), task
    assert await balance(api, tenant) == before
    await api.assert_sound()


@pytest.mark.slow
async def test_a_lost_answer_and_a_late_success_are_charged_once(api: Api) -> None:
    tenant = await api.tenant(balance=PLENTY)
    song = await finished_song(api, tenant)
    before, _ = await balance(api, tenant)
    lost = await everywhere(api, tenant, song, headers={"X-Test-Scenario": "lost_answer"})
    late = await everywhere(api, tenant, song, headers={"X-Test-Scenario": "late=1"}, deadline_s=1)
    for (made_by, _, got), task in zip(lost + late, await ends(api, tenant, lost + late), strict=True):
        assert (task["status"], task["consumed_credits"]) == ("SUCCESS", got.data["credits"]), made_by.path
        receipt = (await api.get(f"/api/v1/tasks/{task['task_id']}/receipt", tenant.key)).data
        assert len(receipt["attempts"]) == 1
        assert [entry["kind"] for entry in receipt["entries"]].count("capture") == 1
        if got in [lost_one for _, _, lost_one in lost]:
            assert "scripted" in receipt["attempts"][0]["message"], "its answer was lost first"
        else:
            written = read_task_id(task["task_id"])
            assert written is not None
            [(took_us,)] = await api.app.database.rows(TOOK, written.id)
            assert took_us > 2 * US_PER_S
    assert await balance(api, tenant) == (before - sum(got.data["credits"] for _, _, got in lost + late), 0)
    await api.assert_sound()


async def test_of_several_outputs_those_delivered_are_charged(api: Api) -> None:
    tenant = await api.tenant(balance=PLENTY)
    song = await finished_song(api, tenant)
    several: dict[str, Body] = {"images": {"model": "imagen4", "prompt": "x", "num_images": 4}}
    shares: dict[str, float] = {}
    for made_by, body in bodies(api, song):
        chosen: Body = several.get(made_by.endpoint_name, body)
        chosen = SONG if made_by.path == "/api/v1/audio/music" else chosen
        got = await create(api, tenant, made_by, chosen, {"X-Test-Scenario": "partial=1"})
        task = await api.ended(tenant.key, got.data["task_id"])
        assert (task["status"], len(task["outputs"])) == ("SUCCESS", 1), made_by.path
        shares[made_by.path] = task["consumed_credits"] / got.data["credits"]
    parted = {"/api/v1/images/generations": 1 / 4, "/api/v1/audio/music": 1 / 2, "/api/v1/audio/music/extend": 1 / 2}
    parted["/api/v1/audio/music/upload-cover/generate"] = 1 / 2
    assert shares == {made_by.path: parted.get(made_by.path, 1) for made_by in CREATE_ROUTES}
    await api.assert_sound()


@pytest.mark.slow
async def test_a_request_sent_again_gives_its_task_and_the_key_counts_on_its_route_alone(api: Api) -> None:
    tenant = await api.tenant(balance=PLENTY)
    song = await finished_song(api, tenant)
    named = {"Idempotency-Key": "order 1"}
    first = await everywhere(api, tenant, song, headers=named)
    before = await balance(api, tenant)
    again = await everywhere(api, tenant, song, headers=named)
    ids = [got.data["task_id"] for _, _, got in first]
    assert [got.data["task_id"] for _, _, got in again] == ids
    assert len(set(ids)) == len(CREATE_ROUTES)
    assert all(got.headers["Idempotent-Replayed"] == "true" for _, _, got in again)
    for made_by, _, got in await everywhere(api, tenant, song, headers=named, metadata={"other": "body"}):
        assert got.refused == (422, "idempotency_mismatch", "Idempotency-Key"), made_by.path
    assert sum(await balance(api, tenant)) <= sum(before)
    assert len((await api.get("/api/v1/tasks?limit=100", tenant.key)).data) == len(CREATE_ROUTES) + 1
    await api.assert_sound()


@pytest.mark.slow
async def test_what_cannot_be_paid_is_refused_and_holds_nothing(api: Api) -> None:
    tenant = await api.tenant(balance=10)  # as much as the song costs
    song = await finished_song(api, tenant)
    assert await balance(api, tenant) == (0, 0)
    rich = await api.tenant(balance=PLENTY)
    their_song = await finished_song(api, rich)
    frugal = await api.tenant(of=rich, budget=(Credits(500_000), "total"))
    before = await balance(api, rich)
    for made_by, _, got in await create_each(api, tenant, bodies(api, song, routes=PAID_ROUTES)):
        assert got.refused == (402, "insufficient_credits", None), made_by.path
    for made_by, _, got in await create_each(api, frugal, bodies(api, their_song, routes=PAID_ROUTES)):
        assert got.refused == (402, "budget_exceeded", None), made_by.path
    for made_by, _, got in await create_each(api, rich, bodies(api, their_song, routes=PAID_ROUTES), max_credits=0.5):
        assert got.refused == (402, "price_above_max", "/max_credits"), made_by.path
    assert await balance(api, tenant) == (0, 0)
    assert await balance(api, rich) == before
    await api.assert_sound()


async def test_the_other_mode_and_other_accounts_have_no_part_in_it(api: Api) -> None:
    tenant, stranger = await api.tenant(balance=PLENTY), await api.tenant(balance=PLENTY)
    live = await api.tenant(of=tenant, mode="live")
    song = await finished_song(api, tenant)
    made = await everywhere(api, tenant, song)
    await ends(api, tenant, made)
    for made_by, _, got in made:
        task = f"/api/v1/tasks/{got.data['task_id']}"
        for other in (live, stranger):
            for method, path in (
                ("GET", task),
                ("GET", f"{task}/receipt"),
                ("POST", f"{task}/cancel"),
                ("DELETE", task),
            ):
                found = await api.ask(method, path, key=other.key)
                assert found.refused == (404, "not_found", "task_id"), (made_by.path, method)
    for made_by, body in bodies(api, song):
        works_on = next((name for name, value in body.items() if value == song), None)
        got = await create(api, live, made_by, body)
        if made_by.endpoint_name == "face-swap":
            assert got.refused == (403, "permission_denied", "/model")
        elif works_on is None:
            assert got.refused == (503, "provider_not_configured", None), made_by.path
        else:
            assert got.refused == (404, "not_found", f"/{works_on}"), made_by.path
            assert (await create(api, stranger, made_by, body)).refused == (404, "not_found", f"/{works_on}")
    assert (await api.get("/api/v1/tasks", live.key)).data == []
    assert await balance(api, stranger) == (PLENTY, 0)
    await api.assert_sound()


@pytest.mark.slow
async def test_a_key_reaches_only_the_endpoints_and_models_it_names_on_every_route(api: Api) -> None:
    tenant = await api.tenant(balance=PLENTY)
    song = await finished_song(api, tenant)
    for endpoint in {made_by.endpoint_name for made_by in PAID_ROUTES}:
        bound = await api.tenant(of=tenant, rules=KeyRules(endpoints=(endpoint,)))
        for made_by, _, got in await create_each(api, bound, bodies(api, song, routes=PAID_ROUTES)):
            assert got.status == (200 if made_by.endpoint_name == endpoint else 403), (endpoint, made_by.path)
    version = await api.tenant(of=tenant, rules=KeyRules(models=("chirp-v5",)))
    for made_by, body in bodies(api, song, routes=PAID_ROUTES):
        if made_by.operation:
            assert (await create(api, version, made_by, body)).refused == (403, "permission_denied", "/model")
            assert (await create(api, version, made_by, {**body, "model": "chirp-v5"})).status == 200


@pytest.mark.slow
async def test_a_quote_is_given_for_every_create_route_and_kept(api: Api) -> None:
    tenant = await api.tenant(balance=PLENTY)
    song = await finished_song(api, tenant)
    for made_by, body in bodies(api, song, every_model=True):
        quote = (await api.ask("POST", QUOTES, key=tenant.key, body={**body, "route": made_by.path})).data
        assert quote["route"] == made_by.path
        got = await create(api, tenant, made_by, {**body, "quote_id": quote["quote_id"]})
        assert got.data["credits"] == quote["credits"], body
        assert sum(line["total"] for line in quote["lines"]) <= quote["credits"]
        if not made_by.operation:
            plain = (await api.ask("POST", QUOTES, key=tenant.key, body=body)).data
            assert (plain["route"], plain["credits"]) == (made_by.path, quote["credits"])
    await api.assert_sound()


async def test_what_answers_at_once_keeps_its_quote_and_says_which_route_it_was(api: Api) -> None:
    tenant = await api.tenant(balance=PLENTY)
    song = await finished_song(api, tenant)
    for made_by, body in bodies(api, song, routes=DIRECT_ROUTES):
        quote = (await api.ask("POST", QUOTES, key=tenant.key, body={**body, "route": made_by.path})).data
        priced = {**body, "quote_id": quote["quote_id"]}
        assert (await create(api, tenant, made_by, priced)).status == 200, made_by.path
        assert (await create(api, tenant, made_by, priced)).refused == (409, "conflict", "/quote_id")
        (record, *_) = (await api.get("/api/v1/tasks?limit=1", tenant.key)).data
        receipt = (await api.get(f"/api/v1/tasks/{record['task_id']}/receipt", tenant.key)).data
        assert (receipt["endpoint"], receipt["operation"]) == (made_by.endpoint_name, made_by.operation)
        assert receipt["hold"]["credits"] == quote["credits"] >= record["consumed_credits"] > 0
    await api.assert_sound()
