"""The operator's rules refuse a request before anything is held and before any vendor sees it."""

import base64
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest
from aiohttp import web

from api.served_api import BODY, RECRAFT, Api, Tenant, served_api
from apiinone.assets.media import Expected
from apiinone.open_policy import open_policy, with_models_kept_back
from apiinone.outbound import Outbound
from apiinone.settings import Settings, SettingsError
from apiinone.tasks.policy import PIECES_MAX, START_CHARACTERS, TEXT_CHARACTERS_MAX, texts_of
from catalog.catalogue_for_tests import CATALOGUE
from tiny_files import TINY

TERM: Final = "forbidden thing"
BAD: Final = {**BODY, "prompt": "A Forbidden  Thing on a hill"}
PARTS: Final = [{"role": "user", "content": [{"type": "text", "text": TERM}]}]


@pytest.fixture
def terms_file(tmp_path: Path) -> str:
    file = tmp_path / "terms.txt"
    file.write_text(f"# ours\n{TERM}\n")
    return str(file)


@pytest.fixture
async def strict(database_url: str, tmp_path: Path, terms_file: str) -> AsyncIterator[Api]:
    async with served_api(database_url, tmp_path, environ=RECRAFT, blocked_terms_file=terms_file) as api:
        yield api


class Endpoint:
    """A moderation endpoint on loopback that answers as told."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.keys: list[str | None] = []
        self.status = 200
        self.flags: list[bool] | None = None
        self.body: bytes | None = None

    async def answer(self, request: web.Request) -> web.Response:
        asked = await request.json()
        self.asked.append(asked)
        self.keys.append(request.headers.get("Authorization"))
        flags = [False] * len(asked["input"]) if self.flags is None else self.flags
        body = json.dumps({"results": [{"flagged": flag} for flag in flags]}).encode()
        return web.Response(status=self.status, body=self.body or body, content_type="application/json")


@asynccontextmanager
async def moderated(database_url: str, folder: Path, **settings: Any) -> AsyncGenerator[tuple[Api, Endpoint]]:
    endpoint = Endpoint()
    app = web.Application(client_max_size=10_000_000)
    app.router.add_post("/v1/moderations", endpoint.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    place = f"127.0.0.1:{runner.addresses[0][1]}"
    url = f"http://{place}/v1/moderations"
    environ = {**RECRAFT, "MODERATION_API_KEY": "a-key-for-moderation"}
    allowed = {"allowed_private_hosts": (place,), "moderation_url": url, **settings}
    try:
        async with served_api(database_url, folder, environ=environ, working=False, **allowed) as api:
            yield api, endpoint
    finally:
        await runner.cleanup()


async def test_a_blocked_term_is_refused_in_both_modes_and_nothing_is_held(strict: Api) -> None:
    for mode in ("live", "test"):
        tenant = await strict.tenant(mode=mode)  # pyright: ignore[reportArgumentType] - one of the two
        before = (await strict.get("/api/v1/credits", tenant.key)).data
        refused = await strict.create(tenant.key, BAD)
        assert refused.refused[:2] == (400, "content_policy")
        assert refused.error["retryable"] is False
        assert TERM not in refused.body.decode().lower()
        assert (await strict.get("/api/v1/credits", tenant.key)).data == before
        assert (await strict.get("/api/v1/tasks", tenant.key)).data == []
    await strict.assert_sound()


async def test_a_blocked_term_is_found_in_any_text_of_the_request_a_chats_included(strict: Api) -> None:
    tenant = await strict.tenant()
    (chat, *_) = strict.app.catalogue.on("chat")
    body = {**chat.example, "messages": PARTS}
    refused = await strict.ask("POST", "/api/v1/chat/completions", key=tenant.key, body=body)
    assert refused.refused[:2] == (400, "content_policy")
    song = {"model": "suno", "prompt": "a song", "style": "pop", "title": "The forbidden thing"}
    assert (await strict.ask("POST", "/api/v1/audio/music", key=tenant.key, body=song)).status == 400
    assert (await strict.create(tenant.key)).status == 200


async def test_in_test_mode_the_terms_hold_only_where_the_operator_wants_that(
    database_url: str, tmp_path: Path, terms_file: str
) -> None:
    settings: dict[str, Any] = {"blocked_terms_file": terms_file, "policy_in_test_mode": False}
    async with served_api(database_url, tmp_path, environ=RECRAFT, working=False, **settings) as api:
        assert (await api.create((await api.tenant()).key, BAD)).status == 200
        assert (await api.create((await api.tenant(mode="live")).key, BAD)).status == 400


@pytest.mark.parametrize("keeps", [False, True])
async def test_the_log_has_the_prompt_only_where_the_operator_keeps_prompts(
    database_url: str, tmp_path: Path, terms_file: str, caplog: pytest.LogCaptureFixture, *, keeps: bool
) -> None:
    settings: dict[str, Any] = {"blocked_terms_file": terms_file, "keep_refused_prompts": keeps}
    async with served_api(database_url, tmp_path, working=False, **settings) as api:
        tenant = await api.tenant()
        with caplog.at_level(logging.INFO, "apiinone.policy"):
            await api.create(tenant.key, BAD)
    (record,) = [one for one in caplog.records if one.name == "apiinone.policy"]
    assert (record.__dict__["rule"], record.__dict__["account_id"]) == ("blocked_term", tenant.account_id)
    assert (str(BAD["prompt"]) in str(record.__dict__)) == keeps


async def test_the_moderation_endpoint_sees_live_requests_first_and_its_word_counts(
    database_url: str, tmp_path: Path
) -> None:
    async with moderated(database_url, tmp_path) as (api, endpoint):
        live, test = await api.tenant(mode="live"), await api.tenant()
        assert (await api.create(live.key)).status == 200
        assert (endpoint.asked[0]["model"], endpoint.keys[0]) == (
            "omni-moderation-latest",
            "Bearer a-key-for-moderation",
        )
        assert str(BODY["prompt"]) in endpoint.asked[0]["input"][0]
        endpoint.flags = [True]
        assert (await api.create(live.key)).refused[:2] == (400, "content_policy")
        asked = len(endpoint.asked)
        assert (await api.create(test.key)).status == 200
        assert len(endpoint.asked) == asked, "test keys call no vendor"
        await api.assert_sound()


@pytest.mark.parametrize(
    "broken", [{"status": 500}, {"status": 401}, {"body": b"<html>"}, {"flags": []}, {"body": b'{"results": [{}]}'}]
)
@pytest.mark.parametrize(("failure", "status"), [("refuse", 503), ("pass", 200)])
async def test_while_moderation_fails_a_request_is_refused_or_passes_as_the_operator_says(
    sqlite_path: Path, tmp_path: Path, broken: dict[str, Any], failure: str, status: int
) -> None:
    url = f"sqlite:///{sqlite_path}"
    async with moderated(url, tmp_path, moderation_failure=failure) as (api, endpoint):
        for name, value in broken.items():
            setattr(endpoint, name, value)
        tenant: Tenant = await api.tenant(mode="live")
        got = await api.create(tenant.key)
        assert got.status == status
        if status == 503:
            assert got.refused[:2] == (503, "overloaded")
            assert (await api.get("/api/v1/credits", tenant.key)).data["held"] == 0


async def test_a_model_that_is_kept_back_is_off_for_live_keys_alone(database_url: str, tmp_path: Path) -> None:
    off = ("recraft-v4-text-to-image",)
    async with served_api(database_url, tmp_path, environ=RECRAFT, working=False, live_models_off=off) as api:
        live, test = await api.tenant(mode="live"), await api.tenant()
        assert (await api.create(live.key)).refused[:2] == (503, "provider_not_configured")
        assert (await api.create(test.key)).status == 200
        other = {**BODY, "model": "recraft-v4-text-to-vector"}
        assert (await api.create(live.key, other)).status == 200


def test_keeping_a_model_back_changes_no_price_and_no_name() -> None:
    kept = with_models_kept_back(CATALOGUE, ("recraft-v4",))
    assert (kept.version, kept.choices.keys()) == (CATALOGUE.version, CATALOGUE.choices.keys())
    entry = kept.entry("recraft-v4")
    assert entry is not None
    assert [sub.offers for sub in entry.sub_models] == [()] * len(entry.sub_models)
    assert with_models_kept_back(CATALOGUE, ()) is CATALOGUE


async def test_rules_that_cannot_be_used_are_told_by_the_setting(tmp_path: Path) -> None:
    outbound = Outbound(allowed_private=frozenset(), connections_max=1, user_agent="test")
    empty = tmp_path / "dots.txt"
    empty.write_text("...\n")
    for settings, name in (
        (Settings(blocked_terms_file=str(tmp_path / "none.txt")), "BLOCKED_TERMS_FILE"),
        (Settings(blocked_terms_file=str(empty)), "BLOCKED_TERMS_FILE"),
        (Settings(moderation_url="ftp://example.com"), "MODERATION_URL"),
    ):
        with pytest.raises(SettingsError, match=name):
            open_policy(settings, {}, outbound)
    with pytest.raises(SettingsError, match="LIVE_MODELS_OFF"):
        with_models_kept_back(CATALOGUE, ("no-such-model",))
    await outbound.aclose()


@pytest.mark.parametrize("failure", ["refuse", "pass"])
async def test_texts_beyond_what_moderation_is_shown_never_pass(
    sqlite_path: Path, tmp_path: Path, failure: str
) -> None:
    async with moderated(f"sqlite:///{sqlite_path}", tmp_path, moderation_failure=failure) as (api, endpoint):
        policy = api.app.policy
        from apiinone.tasks.policy import Asked  # noqa: PLC0415 - of this test alone

        asked = Asked("live", "account", "request", "model", {"prompt": "x" * (TEXT_CHARACTERS_MAX * PIECES_MAX)})
        assert await policy.verdict(asked) == "allowed"
        assert len(endpoint.asked[0]["input"]) == PIECES_MAX
        more = Asked("live", "account", "request", "model", {"prompt": "x" * (TEXT_CHARACTERS_MAX * PIECES_MAX + 1)})
        assert await policy.verdict(more) == "unchecked"


def test_files_are_no_texts_and_nothing_else_passes_for_a_file() -> None:
    file = f"data:image/png;base64,{base64.b64encode(TINY['raster']).decode()}"
    fields = {"a": file, "b": [{"c": f"data: x;base64, {TERM}"}], "d": 5, "e": "data:text,hello"}
    assert list(texts_of(fields)) == [f"data: x;base64, {TERM}", "data:text,hello"]


@pytest.mark.parametrize("kind", list(TINY))
def test_a_file_of_every_kind_is_no_text(kind: Expected) -> None:
    written = base64.b64encode(TINY[kind]).decode()
    assert list(texts_of([f"data:;base64,{written}", f"data:x/y;base64,{quote(written, safe='')}"])) == []


def test_words_in_the_letters_of_base64_are_a_text() -> None:
    for text in ("data:;base64,makeabomb", f"data:image/png;base64,{TERM.replace(' ', '')}", "data:;base64,"):
        assert list(texts_of(text)) == [text]


@pytest.mark.parametrize("between", [" ", "\u00a0", "\u2003", "_", ",", "-", "."])
def test_words_behind_the_head_of_a_file_are_a_text(between: str) -> None:
    head = base64.b64encode(TINY["raster"] + bytes(START_CHARACTERS)).decode().rstrip("=")
    text = f"data:;base64,{head}{between}words"
    assert list(texts_of({"prompt": text})) == [text]
