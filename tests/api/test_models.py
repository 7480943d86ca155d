"""The catalogue as clients read it: figures as the reference has them, and what can be used here."""

from pathlib import Path

from jsonschema_rs import Draft202012Validator

from api.served_api import BODY, RECRAFT, Api, served_api
from apiinone.api.routes import ROUTES
from databases import sqlite_url


async def test_the_panel_of_recraft_v4_is_the_references(small_api: Api) -> None:
    page = (await small_api.get("/api/v1/models/recraft-v4")).data
    panel = page["panel"]
    assert (panel["models"], panel["makers"]) == (11, 10)
    assert (panel["lowest"], panel["highest"]) == (4, 25)
    assert (panel["webhook_models"], panel["position"]) == (5, 8)
    cheapest = panel["cheapest"]
    assert (cheapest["id"], cheapest["maker"]) == ("cogview-4", "Zhipu AI / WaveSpeed")
    assert (cheapest["base"], cheapest["base_usd"]) == (4, 0.04)
    assert len(panel["peers"]) == 6
    assert page["prices"] == {"base": 10, "low": 10, "high": 70, "text": page["prices"]["text"]}


async def test_the_api_says_what_a_price_follows_and_that_it_may_have_no_end(small_api: Api) -> None:
    models = {model["id"]: model for model in (await small_api.get("/api/v1/models")).data}
    told = {
        name: (model["charged_by"], model["prices"]["low"], model["prices"]["high"]) for name, model in models.items()
    }
    assert told["elevenlabs-v3"] == ("length", 1, 14_000)
    assert told["gemini"] == ("tokens", 5, None)
    assert {by for name, (by, _, _) in told.items() if name not in ("elevenlabs-v3", "gemini")} == {"output"}


async def test_every_name_of_a_model_leads_to_its_page_and_schema(small_api: Api) -> None:
    for name in small_api.app.catalogue.choices:
        path = f"/api/v1/models/{name.replace('/', '%2F')}"
        page = (await small_api.get(path)).data
        entry = small_api.app.catalogue.entry(name)
        assert entry is not None
        assert page["id"] == entry.id
        schema = await small_api.get(f"{path}/schema")
        assert schema.headers["Content-Type"] == "application/schema+json"
        assert Draft202012Validator(schema.json).is_valid(page["example"])
    for name in ("nothing", "recraft-v4%00", "RECRAFT-V4", "%ff"):
        assert (await small_api.get(f"/api/v1/models/{name}")).status == 404
        assert (await small_api.get(f"/api/v1/models/{name}/schema")).status == 404


async def test_the_list_keeps_its_filters_and_says_what_can_be_used_here(sqlite_path: Path, tmp_path: Path) -> None:
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False) as api:
        models = (await api.get("/api/v1/models")).data
        assert [model["id"] for model in models] == [entry.id for entry in api.app.catalogue.entries]
        usable = {model["id"] for model in models if model["availability"] == "test_only"}
        assert usable == {entry.id for entry in api.app.catalogue.entries}
        assert {model["availability"] for model in models} == {"test_only"}
        images = (await api.get("/api/v1/models?endpoint=images&output=image")).data
        assert len(images) == 13
        assert (await api.get("/api/v1/models?endpoint=images&output=video")).data == []
        tenant = await api.tenant(balance=10_000)
        for model in (model for model in models if model["id"] in usable):
            page = (await api.get(f"/api/v1/models/{model['id']}")).data
            created = await api.ask("POST", model["path"], key=tenant.key, body=page["example"])
            assert created.status == 200, created.body
            if model["endpoint"] not in ("videos", "speech", "chat"):
                assert created.data["credits"] == model["prices"]["base"]
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False, environ=RECRAFT) as api:
        live = (await api.get("/api/v1/models?availability=live")).data
        assert [model["id"] for model in live] == [
            "grok-imagine",
            "recraft-v4",
            "bg-remover",
            "image-upscale",
            "vectorize",
        ]
        assert (await api.get("/api/v1/models/flux-2")).data["panel"]["live_models"] == 2
        holder = await api.tenant(mode="live")
        assert (await api.create(holder.key, {**BODY, "model": "flux-2"})).refused[1] == "provider_not_configured"


async def test_a_models_page_lists_the_routes_that_are_here_with_their_prices(small_api: Api) -> None:
    (only,) = (await small_api.get("/api/v1/models/recraft-v4")).data["routes"]
    assert (only["method"], only["path"]) == ("POST", "/api/v1/images/generations")
    assert (only["low"], only["high"]) == (10, 70)
    routes = (await small_api.get("/api/v1/models/suno")).data["routes"]
    assert {(route["path"], route["low"], route["high"]) for route in routes} == {
        ("/api/v1/audio/music", 5, 12),
        ("/api/v1/audio/music/extend", 5, 12),
        ("/api/v1/audio/music/feed", 0, 0),
        ("/api/v1/audio/music/cover/generate", 1, 1),
        ("/api/v1/audio/music/cover/status", 0, 0),
        ("/api/v1/audio/music/upload-cover/generate", 5, 12),
        ("/api/v1/audio/music/upload-cover/status", 0, 0),
        ("/api/v1/audio/music/timestamped-lyrics", 2, 2),
    }
    here = {(route.method, route.path) for route in ROUTES}
    assert {(route["method"], route["path"]) for route in routes} <= here


async def test_what_its_maker_has_ended_runs_with_test_keys_only(sqlite_path: Path, tmp_path: Path) -> None:
    (tmp_path / "over").mkdir()
    for model, retired in (("cogview-4", "lifecycle: {state: retired, note: Over.}\n"), ("ideogram-v3", "")):
        (tmp_path / "over" / f"{model}.yaml").write_text(f"summary: Once more.\n{retired}")
    keys = {"WAVESPEED_API_KEY": "token-for-tests"}
    over = str(tmp_path / "over")
    async with served_api(
        sqlite_url(sqlite_path), tmp_path, working=False, environ=keys, catalogue_overlay=over
    ) as api:
        for model, availability in (("cogview-4", "test_only"), ("ideogram-v3", "live")):
            page = (await api.get(f"/api/v1/models/{model}")).data
            assert page["availability"] == availability, model
        body = {"model": "cogview-4", "prompt": "x"}
        live, test = await api.tenant(mode="live"), await api.tenant()
        assert (await api.create(live.key, body)).refused == (503, "provider_not_configured", None)
        assert (await api.create(live.key, {**body, "model": "ideogram-v3"})).status == 200
        assert (await api.create(test.key, body)).status == 200
