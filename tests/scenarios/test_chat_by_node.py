"""A gateway without a credential: a node that holds it speaks, the money stays where the client asked."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import pytest

from api.served_api import Api, Tenant, served_api, statement
from apiinone.app import App, open_app
from apiinone.cli.internal import answering_inside
from apiinone.outbound import Outbound
from apiinone.providers.chat import ChatOrder
from apiinone.settings import Settings
from apiinone.simulators.options import SIMULATED_KEY, Options
from apiinone.simulators.serving import serving
from apiinone.tasks.node_wire import CHAT_PATH, PURPOSE, Signed, sign, write_order
from scenarios.test_live_chat import BODY, EXACT, PATH, WORDS, events, text
from whole_app import Vendor

SECRET = "the-same-secret-of-both-processes-0123456789"
ATTEMPTS = statement("SELECT provider, state, fault, actual_cost_micro_usd FROM attempts ORDER BY attempt_no")


class Pair(NamedTuple):
    """A gateway, a node, and the vendor that only the node has a credential for."""

    api: Api
    node: App
    url: str
    vendor: Vendor

    async def chat(self, tenant: Tenant, **more: object) -> Any:
        return await self.api.ask("POST", PATH, key=tenant.key, body={**BODY, **more})

    async def money(self, tenant: Tenant) -> tuple[Decimal, Decimal]:
        got = await self.api.get("/api/v1/credits", tenant.key)
        data = json.loads(got.body, parse_float=Decimal, parse_int=Decimal)["data"]
        return data["available"], data["held"]


@asynccontextmanager
async def pair_on(database_url: str, folder: Path, port: int, *, seconds: float = 0.0) -> AsyncGenerator[Pair]:
    place = f"127.0.0.1:{port}"
    async with serving("chat_vendor", Options(seconds=seconds, fast=not seconds)) as root:
        settings = Settings(
            database_url=database_url,
            data_dir=str(folder / "node"),
            secret_key=SECRET,
            internal_listen=place,
            provider_base_urls={"google": f"{root}/v1beta"},
        )
        async with (
            open_app(settings, {"GEMINI_API_KEY": SIMULATED_KEY}) as node,
            answering_inside(node),
            served_api(
                database_url, folder, secret_key=SECRET, provider_node_urls={"google": f"http://{place}"}
            ) as api,
        ):
            outbound = Outbound(
                allowed_private=frozenset({root.removeprefix("http://")}), connections_max=4, user_agent="test"
            )
            try:
                yield Pair(api, node, f"http://{place}", Vendor("google", root, outbound))
            finally:
                await outbound.aclose()


@pytest.fixture
async def pair(postgres_url: str, tmp_path: Path, free_port: int) -> AsyncIterator[Pair]:
    async with pair_on(postgres_url, tmp_path, free_port) as opened:
        yield opened


@pytest.mark.parametrize("streams", [False, True])
async def test_a_chat_is_answered_by_the_node_and_settled_by_the_gateway(pair: Pair, *, streams: bool) -> None:
    tenant = await pair.api.tenant(mode="live", balance=20)
    got = await pair.chat(tenant, stream=streams)
    said = text(events(got)) if streams else got.json["choices"][0]["message"]["content"]
    assert said == WORDS
    assert await pair.money(tenant) == (20 - EXACT, 0)
    ((provider, state, fault, cost),) = await pair.api.rows(ATTEMPTS)
    assert (provider, state, fault, cost is not None) == ("google", "finished", None, True)
    assert (await pair.vendor.seen()).submits == 1
    await pair.api.assert_sound()


async def test_a_refusal_and_a_cut_cross_as_what_they_are(pair: Pair) -> None:
    tenant = await pair.api.tenant(mode="live", balance=20)
    await pair.vendor.arrange({"fault": "moderation"})
    assert (await pair.chat(tenant)).refused[:2] == (400, "content_policy")
    await pair.vendor.arrange({"fault": "cut_stream"})
    found = events(await pair.chat(tenant, stream=True))
    assert (text(found), "error" in found[-1]) == ("one", True)
    await pair.vendor.arrange({"fault": "reset"})
    assert (await pair.chat(tenant)).refused[:2] == (502, "provider_error")
    assert (await pair.money(tenant))[1] == 0
    await pair.api.assert_sound()


async def test_a_stream_crosses_word_by_word(postgres_url: str, tmp_path: Path, free_port: int) -> None:
    async with pair_on(postgres_url, tmp_path, free_port, seconds=1.6) as pair:
        tenant = await pair.api.tenant(mode="live", balance=20)
        clock = asyncio.get_running_loop().time
        headers = {"Authorization": f"Bearer {tenant.key}"}
        url = f"{pair.api.url}{PATH}"
        async with pair.api.session.post(url, json={**BODY, "stream": True}, headers=headers) as response:
            moments = [clock() async for line in response.content if b'"content"' in line]
        assert moments[-1] - moments[0] > 0.5


async def test_a_node_that_is_gone_was_not_asked(pair: Pair, new_port: Callable[[], int], tmp_path: Path) -> None:
    gone = {"google": f"http://127.0.0.1:{new_port()}"}
    url = pair.api.app.settings.database_url
    async with served_api(url, tmp_path / "other", secret_key=SECRET, provider_node_urls=gone) as api:
        tenant = await api.tenant(mode="live", balance=20)
        got = await api.ask("POST", PATH, key=tenant.key, body=BODY)
        assert got.refused[:2] == (502, "provider_error")
        ((provider, state, *_),) = await api.rows(ATTEMPTS)
        assert (provider, state) == ("google", "rejected")
        await api.assert_sound()


async def test_the_internal_address_answers_nobody_who_does_not_sign(pair: Pair) -> None:
    body = write_order(_order())
    key = pair.node.secret.key(PURPOSE)
    now_s = pair.node.clock.now_us() // 1_000_000
    good = sign(key, Signed("POST", CHAT_PATH, body), now_s, "nonce-1")
    async with aiohttp.ClientSession() as session:
        for headers, sent, status in (
            ({}, body, 401),
            ({"Authorization": "Bearer anything"}, body, 401),
            (good, body + b" ", 401),
            (sign(b"x" * 32, Signed("POST", CHAT_PATH, body), now_s, "n"), body, 401),
            (sign(key, Signed("POST", CHAT_PATH, body), now_s - 60, "n"), body, 401),
            (sign(key, Signed("POST", CHAT_PATH, b"{}"), now_s, "n2"), b"{}", 400),
            (good, body, 200),
            (good, body, 401),
        ):
            async with session.post(f"{pair.url}{CHAT_PATH}", data=sent, headers=headers) as response:
                assert response.status == status
        for path in ("/healthz", "/api/v1/models", "/", "/metrics"):
            async with session.get(f"{pair.url}{path}") as response:
                assert response.status == 404
    assert (await pair.vendor.seen()).submits == 1


async def test_clients_find_nothing_internal_where_they_come_in(pair: Pair) -> None:
    body = write_order(_order())
    key = pair.node.secret.key(PURPOSE)
    now_s = pair.node.clock.now_us() // 1_000_000
    headers = sign(key, Signed("POST", CHAT_PATH, body), now_s, "nonce-1")
    async with pair.api.session.post(f"{pair.api.url}{CHAT_PATH}", data=body, headers=headers) as response:
        assert response.status == 404


def _order(*, streams: bool = False) -> ChatOrder:
    fields = {"messages": [{"role": "user", "content": WORDS}]}
    return ChatOrder("a1", "gemini-3.8-flash", fields, 100, streams, "google")
