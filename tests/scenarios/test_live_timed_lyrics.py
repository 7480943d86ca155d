"""Timed lyrics for live keys: the vendor that made the song is asked, from here or by the node with its credential."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from api.served_api import Api, Got, Tenant, served_api, statement
from api.test_timed_lyrics import LYRICS_PATH, SONG
from apiinone.api.task_ids import written
from apiinone.app import open_app
from apiinone.cli.internal import answering_inside
from apiinone.core.exchange import Request
from apiinone.core.secret import Secret
from apiinone.outbound import Outbound
from apiinone.providers.kie import HEADERS
from apiinone.providers.provider import Reference
from apiinone.settings import Settings
from apiinone.simulators.options import SIMULATED_KEY, Options
from apiinone.simulators.serving import serving
from apiinone.tasks.moves import Move, Moved, NewAttempt, Planned, Sending, WasAccepted, WasStored
from later import LaterDatabase
from whole_app import Vendor
from workshop import Workshop

SECRET = "the-same-secret-of-both-processes-0123456789"
KEYS: Mapping[str, str] = {"KIE_API_KEY": SIMULATED_KEY}
CREDENTIAL = "env:KIE_API_KEY"
KEYS_PATH = "/api/v1/provider-keys"
ATTEMPT = statement(
    "SELECT a.provider, a.state, a.actual_cost_micro_usd FROM attempts a JOIN tasks t ON a.id = t.attempt_id"
    " WHERE t.operation = 'music/timestamped-lyrics' ORDER BY t.id DESC"
)


class Studio(NamedTuple):
    """The product, the vendor, and where that stands."""

    api: Api
    vendor: Vendor
    root: str
    outbound: Outbound

    async def song(self, tenant: Tenant, *, own_key: bool = False, credential: str = CREDENTIAL) -> str:
        """A song that the vendor has made, as the music route leaves it."""
        order = {"prompt": "a hill", "customMode": False, "instrumental": False, "model": "V4_5"}
        made = await self.outbound.send(
            Request(
                "POST",
                f"{self.root}/api/v1/generate",
                "bearer",
                json={**order, "callBackUrl": "playground"},
                headers=HEADERS,
            ),
            secret=Secret(SIMULATED_KEY),
            hosts=(self.root.removeprefix("http://"),),
        )
        upstream_id = made.body.decode().partition('"taskId":"')[2].partition('"')[0]
        shop = Workshop(LaterDatabase(self.api.app.database))
        caller = await shop.caller_of(tenant.key_id)
        task_id = await shop.task(caller, **{**SONG, "request_json": '{"model":"chirp-v4-5","prompt":"la"}'})
        attempt_id = self.api.app.ids.new()
        reference = Reference(upstream_id, f"{self.root}/api/v1/generate/record-info?taskId={upstream_id}")
        for what in (
            Planned(NewAttempt(attempt_id, "kie", "V4_5", "a test", 60_000, own_key=own_key)),
            Sending(attempt_id, credential),
            WasAccepted(attempt_id, reference),
            WasStored(attempt_id, (shop.output(), shop.output()), 0),
        ):
            assert isinstance(await self.api.app.apply(Move(task_id, caller.owner, what)), Moved)
        return written(35, task_id, "suno")

    async def time(self, tenant: Tenant, song: str, take: int = 0) -> Got:
        body = {"task_id": song, "audio_id": f"{song}-{take}"}
        return await self.api.ask("POST", LYRICS_PATH, key=tenant.key, body=body)

    async def money(self, tenant: Tenant) -> tuple[Any, Any]:
        data = (await self.api.get("/api/v1/credits", tenant.key)).data
        return data["available"], data["held"]


@asynccontextmanager
async def _served(root: str, api: Api) -> AsyncGenerator[Studio]:
    place = root.removeprefix("http://")
    outbound = Outbound(allowed_private=frozenset({place}), connections_max=4, user_agent="test")
    try:
        yield Studio(api, Vendor("kie", root, outbound), root, outbound)
    finally:
        await outbound.aclose()


@asynccontextmanager
async def here(database_url: str, folder: Path, environ: Mapping[str, str] = KEYS) -> AsyncGenerator[Studio]:
    """One process with the credential."""
    async with (
        serving("kie", Options(seconds=0.0, fast=True)) as root,
        served_api(
            database_url, folder, working=False, environ=environ, provider_base_urls={"kie": f"{root}/api/v1"}
        ) as api,
        _served(root, api) as studio,
    ):
        yield studio


@asynccontextmanager
async def by_node(database_url: str, folder: Path, port: int) -> AsyncGenerator[Studio]:
    """A gateway without a credential, and the node that has it."""
    place = f"127.0.0.1:{port}"
    async with serving("kie", Options(seconds=0.0, fast=True)) as root:
        settings = Settings(
            database_url=database_url,
            data_dir=str(folder / "node"),
            secret_key=SECRET,
            internal_listen=place,
            provider_base_urls={"kie": f"{root}/api/v1"},
        )
        nodes = {"kie": f"http://{place}"}
        async with (
            open_app(settings, KEYS) as node,
            answering_inside(node),
            served_api(database_url, folder, working=False, secret_key=SECRET, provider_node_urls=nodes) as api,
            _served(root, api) as studio,
        ):
            yield studio


async def _is_timed_and_paid_once(studio: Studio) -> None:
    tenant = await studio.api.tenant(mode="live", balance=50)
    song = await studio.song(tenant)
    before, _ = await studio.money(tenant)
    submits = (await studio.vendor.seen()).submits
    got = (await studio.time(tenant, song, 1)).data
    assert (got["text"], got["mode"], got["waveform"]) == ("Oh", "live", [0.1, 0.5])
    assert got["lyricParams"] == [{"type": "lyric", "text": "Oh", "start": 0.1, "end": 0.4}]
    assert await studio.money(tenant) == (before - 2, 0)
    assert (await studio.vendor.seen()).submits == submits + 1
    assert (await studio.api.rows(ATTEMPT))[0] == ("kie", "finished", 2_500)
    await studio.api.assert_sound()


async def test_the_vendor_times_its_own_song_for_two_credits(database_url: str, tmp_path: Path) -> None:
    async with here(database_url, tmp_path) as studio:
        await _is_timed_and_paid_once(studio)


async def test_the_node_that_holds_the_credential_asks_for_the_gateway(
    postgres_url: str, tmp_path: Path, free_port: int
) -> None:
    async with by_node(postgres_url, tmp_path, free_port) as studio:
        await _is_timed_and_paid_once(studio)
        tenant = await studio.api.tenant(mode="live", balance=50)
        song = await studio.song(tenant)
        before = await studio.money(tenant)
        await studio.vendor.arrange({"fault": "no_balance"})
        assert (await studio.time(tenant, song)).refused[:2] == (502, "provider_error")
        assert await studio.money(tenant) == before


async def test_a_song_made_with_an_own_key_is_timed_with_that_key_for_a_share_of_the_price(
    database_url: str, tmp_path: Path
) -> None:
    async with here(database_url, tmp_path, environ={}) as studio:
        tenant = await studio.api.tenant(mode="live", balance=50)
        body = {"provider": "kie", "key": SIMULATED_KEY}
        key_id = (await studio.api.ask("POST", KEYS_PATH, key=tenant.key, body=body)).data["provider_key_id"]
        song = await studio.song(tenant, own_key=True, credential=key_id)
        before, _ = await studio.money(tenant)
        got = await studio.time(tenant, song, 1)
        assert (got.data["text"], got.data["mode"]) == ("Oh", "live")
        assert await studio.money(tenant) == (before - 1, 0), "a tenth of two credits, and at least one"
        assert (await studio.api.rows(ATTEMPT))[0] == ("kie", "finished", 0), "its vendor bills the account itself"
        (timed, *_) = (await studio.api.get("/api/v1/tasks", tenant.key)).data
        receipt = (await studio.api.get(f"/api/v1/tasks/{timed['task_id']}/receipt", tenant.key)).data
        assert (receipt["quote"]["whose_keys"], receipt["attempts"][0]["own_key"]) == ("own", True)
        await studio.api.assert_sound()


async def test_an_own_key_that_was_taken_away_times_nothing_and_no_other_key_stands_in(
    database_url: str, tmp_path: Path
) -> None:
    async with here(database_url, tmp_path) as studio:
        tenant = await studio.api.tenant(mode="live", balance=50)
        body = {"provider": "kie", "key": SIMULATED_KEY}
        key_id = (await studio.api.ask("POST", KEYS_PATH, key=tenant.key, body=body)).data["provider_key_id"]
        song = await studio.song(tenant, own_key=True, credential=key_id)
        await studio.api.ask("DELETE", f"{KEYS_PATH}/{key_id}", key=tenant.key)
        submits, before = (await studio.vendor.seen()).submits, await studio.money(tenant)
        got = await studio.time(tenant, song)
        assert got.refused[:2] == (503, "provider_not_configured")
        assert "key of your own" in got.error["message"]
        assert await studio.money(tenant) == before
        assert (await studio.vendor.seen()).submits == submits


@pytest.mark.parametrize("fault", ["no_balance", "bad_key", "throttled", "lost_answer", "reset", "html", "bad_gateway"])
async def test_what_fails_costs_nothing_and_is_not_asked_twice(database_url: str, tmp_path: Path, fault: str) -> None:
    async with here(database_url, tmp_path) as studio:
        tenant = await studio.api.tenant(mode="live", balance=50)
        song = await studio.song(tenant)
        before = await studio.money(tenant)
        submits = (await studio.vendor.seen()).submits
        await studio.vendor.arrange({"fault": fault})
        assert (await studio.time(tenant, song)).refused[:2] == (502, "provider_error")
        assert await studio.money(tenant) == before
        assert (await studio.vendor.seen()).submits - submits == (fault in {"lost_answer", "bad_gateway"})
        assert (await studio.time(tenant, song)).status == 200, "the next one is a new order"
        await studio.api.assert_sound()


async def test_only_a_vendor_that_made_the_song_with_the_houses_credential_is_asked(
    database_url: str, tmp_path: Path
) -> None:
    async with here(database_url, tmp_path) as studio:
        tenant = await studio.api.tenant(mode="live", balance=50)
        own = await studio.song(tenant, own_key=True)
        assert (await studio.time(tenant, own)).refused[:2] == (503, "provider_not_configured")
    async with here(database_url, tmp_path, environ={}) as studio:
        tenant = await studio.api.tenant(mode="live", balance=50)
        song = await studio.song(tenant)
        assert (await studio.time(tenant, song)).refused[:2] == (503, "provider_not_configured")
        assert (await studio.money(tenant))[1] == 0
        await asyncio.sleep(0)
