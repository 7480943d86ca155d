"""Suno's further routes: what they work on, what they cost, and the views in that product's own form."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from api.served_api import BODY, Api, Tenant, served_api
from apiinone.api.routes import ROUTES
from catalog.catalogue_for_tests import CATALOGUE
from databases import sqlite_url

MUSIC = "/api/v1/audio/music"
EXTEND, COVER, UPLOAD = f"{MUSIC}/extend", f"{MUSIC}/cover/generate", f"{MUSIC}/upload-cover/generate"
FEED, COVER_STATUS, UPLOAD_STATUS = f"{MUSIC}/feed", f"{MUSIC}/cover/status", f"{MUSIC}/upload-cover/status"
SONG = {"model": "chirp-v5", "prompt": "rain on a roof", "title": "Rain"}
AUDIO = "https://example.com/hum.mp3"


async def made(api: Api, tenant: Tenant, path: str, body: Mapping[str, object], **headers: str) -> str:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    got = await api.ask("POST", path, key=tenant.key, body=body, headers=sent)
    task_id: str = got.data["task_id"]
    if "delay" not in headers.get("X_Test_Scenario", ""):
        await api.ended(tenant.key, task_id)
    return task_id


async def test_the_feed_shows_a_song_as_suno_does(api: Api) -> None:
    tenant = await api.tenant()
    song = await made(api, tenant, MUSIC, SONG)
    for name in ("task_id", "workId"):
        got = await api.get(f"{FEED}?{name}={song}", tenant.key)
        assert list(got.data) == ["type", "request_body", "response_data", "created_at"]
        assert got.data["type"] == "SUCCESS"
        assert got.data["request_body"] == {"make_instrumental": False, **SONG}
        first, second = got.data["response_data"]
        assert list(first) == [
            "id",
            "audio_url",
            "image_url",
            "status",
            "title",
            "duration",
            "model_name",
            "extra_message",
            "fail_message",
            "error_message",
        ]
        assert (first["id"], second["id"]) == (f"{song}-0", f"{song}-1")
        assert (first["status"], first["title"], first["model_name"]) == ("complete", "Rain", "chirp-v5")
        assert (first["extra_message"], first["fail_message"]) == ("All generated successfully.", "")
        assert first["audio_url"] != second["audio_url"]
        assert (await api.get(first["audio_url"].removeprefix(api.url))).status == 200
    task = (await api.get(f"/api/v1/tasks/{song}", tenant.key)).data
    assert (task["status"], len(task["response"])) == ("SUCCESS", 2)


async def test_the_feed_of_a_song_under_way_and_of_one_that_failed(api: Api) -> None:
    tenant = await api.tenant()
    waiting = await made(api, tenant, MUSIC, SONG, X_Test_Scenario="delay=50")
    got = await api.get(f"{FEED}?task_id={waiting}", tenant.key)
    assert got.headers["Retry-After"] == "1"
    assert got.data["type"] == "IN_PROGRESS"
    assert [(take["status"], take["audio_url"]) for take in got.data["response_data"]] == [("text", "")] * 2
    failed = await made(api, tenant, MUSIC, SONG, X_Test_Scenario="fail=moderation")
    data = (await api.get(f"{FEED}?task_id={failed}", tenant.key)).data
    assert data["type"] == "FAILED"
    assert [take["status"] for take in data["response_data"]] == ["error"] * 2
    assert "moderation" in data["response_data"][0]["fail_message"]


@pytest.mark.slow
async def test_each_view_shows_its_own_kind_of_task_and_only_to_its_owner(api: Api) -> None:
    tenant, stranger = await api.tenant(), await api.tenant()
    song = await made(api, tenant, MUSIC, SONG)
    extended = await made(api, tenant, EXTEND, {"origin_task_id": song, "extend_audio_index": 0})
    cover = await made(api, tenant, COVER, {"task_id": song})
    uploaded = await made(api, tenant, UPLOAD, {"audio_id": AUDIO})
    picture = await api.task(tenant.key)
    other = await made(api, tenant, MUSIC, {"model": "minimax-music", "prompt": "x"})
    shown = {
        FEED: {song, extended, uploaded},
        COVER_STATUS: {cover},
        UPLOAD_STATUS: {uploaded},
    }
    views = {route.path for route in ROUTES if "task_id" in route.query.__struct_fields__ and MUSIC in route.path}
    assert set(shown) == views
    for view, own in shown.items():
        for task_id in (song, extended, cover, uploaded, picture, other, "n35abc_suno"):
            got = await api.get(f"{view}?task_id={task_id}", tenant.key)
            assert got.status == (200 if task_id in own else 404), (view, task_id)
            foreign = await api.get(f"{view}?task_id={task_id}", stranger.key)
            assert foreign.refused == (404, "not_found", "task_id")
    drawn = (await api.get(f"{COVER_STATUS}?task_id={cover}", tenant.key)).data
    assert list(drawn) == ["task_id", "status", "request_body", "response_data", "created_at"]
    (take,) = drawn["response_data"]
    assert (drawn["task_id"], drawn["status"], take["audio_url"]) == (cover, "SUCCESS", "")
    assert take["image_url"].startswith(f"{api.url}/api/v1/outputs/{cover}/0?")
    sung = (await api.get(f"{UPLOAD_STATUS}?task_id={uploaded}", tenant.key)).data
    assert len(sung["response_data"]) == 2
    assert all(take["audio_url"] for take in sung["response_data"])


@pytest.mark.parametrize("query", ["", "?task_id=", "?task_id=a&workId=a", "?work=a", "?task_id=a&task_id=b"])
async def test_a_view_asked_in_another_way_is_refused(small_api: Api, query: str) -> None:
    tenant = await small_api.tenant()
    for view in (FEED, COVER_STATUS, UPLOAD_STATUS):
        assert (await small_api.get(f"{view}{query}", tenant.key)).status == 400, view
    assert (await small_api.get(f"{COVER_STATUS}?workId=a", tenant.key)).status == 400


async def test_a_song_is_carried_on_at_the_price_of_the_version_that_made_it(api: Api) -> None:
    tenant = await api.tenant()
    song = await made(api, tenant, MUSIC, SONG)
    body = {"origin_task_id": song, "extend_audio_index": 1, "extensionStartTime": 20}
    got = await api.ask("POST", EXTEND, key=tenant.key, body=body)
    assert (got.data["model"], got.data["credits"]) == ("chirp-v5", 12)
    named = await api.ask("POST", EXTEND, key=tenant.key, body={**body, "model": "chirp-v4-0"})
    assert (named.data["model"], named.data["credits"]) == ("chirp-v4-0", 8)
    fresh = await api.ask("POST", UPLOAD, key=tenant.key, body={"audio_id": AUDIO})
    assert (fresh.data["model"], fresh.data["credits"]) == ("chirp-v4-5", 10)
    cover = await api.ask("POST", COVER, key=tenant.key, body={"task_id": song})
    assert (cover.data["model"], cover.data["credits"]) == ("chirp-v5", 1)
    task = await api.ended(tenant.key, named.data["task_id"])
    assert task["request"] == {**body, "custom_mode": False, "model": "chirp-v4-0"}


async def test_what_is_worked_on_is_a_finished_song_of_suno_with_that_take(api: Api) -> None:
    tenant = await api.tenant()
    song = await made(api, tenant, MUSIC, SONG)
    half = await made(api, tenant, MUSIC, SONG, X_Test_Scenario="partial=1")
    failed = await made(api, tenant, MUSIC, SONG, X_Test_Scenario="fail=moderation")
    waiting = await made(api, tenant, MUSIC, SONG, X_Test_Scenario="delay=50")
    cover = await made(api, tenant, COVER, {"task_id": song})
    other = await made(api, tenant, MUSIC, {"model": "minimax-music", "prompt": "x"})
    picture = await api.task(tenant.key)
    await api.ended(tenant.key, picture)
    before = (await api.get("/api/v1/credits", tenant.key)).data["available"]
    for unfit in (failed, waiting, cover, other, picture):
        for path, field, more in ((EXTEND, "origin_task_id", {"extend_audio_index": 0}), (COVER, "task_id", {})):
            got = await api.ask("POST", path, key=tenant.key, body={field: unfit, **more})
            assert got.refused == (400, "bad_request", f"/{field}"), (path, unfit)
        got = await api.ask("POST", UPLOAD, key=tenant.key, body={"audio_id": f"{unfit}-0"})
        assert got.refused == (400, "bad_request", "/audio_id"), unfit
    missing = await api.ask("POST", EXTEND, key=tenant.key, body={"origin_task_id": half, "extend_audio_index": 1})
    assert missing.refused == (400, "bad_request", "/extend_audio_index")
    assert (await api.get("/api/v1/credits", tenant.key)).data["available"] == before


async def test_given_audio_is_a_url_or_a_take_of_the_callers_own(api: Api) -> None:
    tenant, stranger = await api.tenant(), await api.tenant()
    song = await made(api, tenant, MUSIC, SONG)
    for audio in (AUDIO, f"{song}-0", f"{song}-1"):
        assert (await api.ask("POST", UPLOAD, key=tenant.key, body={"audio_id": audio})).status == 200, audio
    for audio in (f"{song}-0", f"{song}-7"):
        got = await api.ask("POST", UPLOAD, key=stranger.key, body={"audio_id": audio})
        assert got.refused == (404, "not_found", "/audio_id")
    for audio in (f"{song}-2", "n35" + "0" * 26 + "_suno-0"):
        got = await api.ask("POST", UPLOAD, key=tenant.key, body={"audio_id": audio})
        assert got.refused == (404, "not_found", "/audio_id"), audio
    for audio in (
        "a",
        song,
        f"{song}-",
        "http://example.com/a.mp3",
        "https://user:word@example.com/a",
        "file:///etc/x",
    ):
        got = await api.ask("POST", UPLOAD, key=tenant.key, body={"audio_id": audio})
        assert got.refused == (400, "bad_request", "/audio_id"), audio


async def test_a_picture_is_made_larger_and_no_song_is(api: Api) -> None:
    tenant = await api.tenant()
    song = await made(api, tenant, MUSIC, SONG)
    upscale = {"model": "grok-imagine/upscale", "task_id": song}
    assert (await api.create(tenant.key, upscale)).refused == (400, "bad_request", "/task_id")
    cover = await made(api, tenant, COVER, {"task_id": song})
    assert (await api.create(tenant.key, {**upscale, "task_id": cover})).status == 200


async def test_quotes_of_one_route_are_no_use_on_another(small_api: Api) -> None:
    api, tenant = small_api, await small_api.tenant()
    song = await made(api, tenant, MUSIC, SONG)
    body: dict[str, object] = {"origin_task_id": song, "extend_audio_index": 0}
    quote = await api.ask("POST", "/api/v1/quotes", key=tenant.key, body={"route": EXTEND, **body})
    assert quote.data["lines"] == [{"label": "chirp-v5", "units": 1, "unit": 12, "total": 12}]
    other = {"audio_id": AUDIO, "quote_id": quote.data["quote_id"]}
    assert (await api.ask("POST", UPLOAD, key=tenant.key, body=other)).refused == (409, "conflict", "/quote_id")
    kept = await api.ask("POST", EXTEND, key=tenant.key, body={**body, "quote_id": quote.data["quote_id"]})
    assert kept.data["credits"] == 12
    for wrong in ("music/extend", "/api/v1/tasks", None, 5, [EXTEND]):
        refused = await api.ask("POST", "/api/v1/quotes", key=tenant.key, body={**body, "route": wrong})
        assert refused.refused == (400, "bad_request", "/route"), wrong
    chat = {"model": "gemini", "messages": [{"role": "user", "content": "Hi"}]}
    quoted = (await api.ask("POST", "/api/v1/quotes", key=tenant.key, body=chat)).data
    assert (quoted["route"], quoted["credits"]) == ("/api/v1/chat/completions", 5)
    assert (await api.create(tenant.key, {**BODY, "route": "/api/v1/images/generations"})).refused[2] == "/route"


async def test_a_route_of_a_model_that_is_switched_off_serves_nobody(sqlite_path: Path, tmp_path: Path) -> None:
    (tmp_path / "over").mkdir()
    (tmp_path / "over" / "suno.yaml").write_text("enabled: false\n")
    over = str(tmp_path / "over")
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False, catalogue_overlay=over) as api:
        tenant = await api.tenant()
        got = await api.ask("POST", UPLOAD, key=tenant.key, body={"audio_id": AUDIO})
        assert got.refused == (503, "provider_not_configured", None)
        assert (await api.get("/openapi.json")).status == 200


def test_the_views_are_the_catalogues_and_take_what_it_says() -> None:
    entry = CATALOGUE.entry("suno")
    assert entry is not None
    described = {
        route.path: [field.name for field in route.parameters] for route in entry.routes if route.method == "GET"
    }
    views = {route.path: route for route in ROUTES if route.method == "GET" and route.path in described}
    assert views.keys() == described.keys()
    for path, names in described.items():
        assert set(names) <= set(views[path].query.__struct_fields__)
    assert {route.about for route in views.values()} == {route.about for route in entry.routes if route.method == "GET"}
