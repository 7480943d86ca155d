"""Each chat offer of the catalogue, as it is loaded, answers live: whole and streamed, held, settled, on its receipt.

An offer that anybody adds is tried here without another line, where its vendor speaks a form that the simulator knows.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import pytest

import apiinone.app
from api.served_api import served_api
from apiinone.catalog.costs import TokenCost, cost_of_tokens
from apiinone.catalog.endpoints import DIRECT_ROUTES
from apiinone.catalog.load import load_catalogue
from apiinone.catalog.price_rules import Tokens
from apiinone.outbound import Outbound
from apiinone.providers.registry import CHATS, chat_remotes
from apiinone.simulators.options import SIMULATED_KEY, Options
from apiinone.simulators.serving import serving
from scenarios.offer_bodies import Served
from scenarios.test_every_offer import CATALOGUE, with_only
from scenarios.test_live_chat import PROMPT, SAID, THOUGHT, WORDS, Shop, events, text
from whole_app import Vendor

PATHS: Final[Mapping[str, str]] = {"google": "/v1beta", "kie": "/api/v1", "openai": "/v1", "openai-compatible": "/v1"}
"""Where each vendor's API stands at the simulator."""
CHAT: Final = next(entry for entry in CATALOGUE.entries if entry.endpoint_name == "chat")
CHATTING: Final = next(made_by for made_by in DIRECT_ROUTES if made_by.endpoint_name == "chat")
OFFERS: Final = [
    Served(entry, sub, offer, CHATTING)
    for entry in CATALOGUE.entries
    if entry.endpoint_name == "chat"
    for sub in entry.sub_models
    for offer in sub.offers
]


@asynccontextmanager
async def shop_with_only(one: Served, database_url: str, folder: Path) -> AsyncGenerator[Shop]:
    """The product with this offer alone, at a simulated vendor."""
    name = one.offer.provider
    async with serving("chat_vendor", Options(fast=True)) as root:
        urls = {name: f"{root}{PATHS[name]}"}
        environ = {chat_remotes(urls)[name].credential_names[0]: SIMULATED_KEY}
        with patch.object(apiinone.app, "load_catalogue", return_value=with_only([one])):
            async with served_api(database_url, folder, environ=environ, provider_base_urls=urls) as api:
                place = frozenset({root.removeprefix("http://")})
                outbound = Outbound(allowed_private=place, connections_max=4, user_agent="test")
                vendor = Vendor(name, root, outbound)
                try:
                    yield Shop(api, vendor, vendor)
                finally:
                    await outbound.aclose()


def test_every_chat_vendor_and_every_chat_offer_is_tried() -> None:
    assert PATHS.keys() == CHATS.keys()
    assert len(OFFERS) == sum(len(sub.offers) for sub in CHAT.sub_models) >= 2
    assert load_catalogue().version == CATALOGUE.version


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("one", OFFERS, ids=str)
async def test_every_chat_offer_answers_for_the_catalogues_price(
    database_url: str, tmp_path: Path, one: Served, *, streams: bool
) -> None:
    rates, cost = one.sub_model.price, one.offer.cost_micro_usd
    assert isinstance(rates, Tokens)
    assert isinstance(cost, TokenCost)
    async with shop_with_only(one, database_url, tmp_path) as shop:
        tenant = await shop.api.tenant(mode="live", balance=20)
        body: dict[str, Any] = {"model": one.sub_model.id, "messages": [{"role": "user", "content": WORDS}]}
        got = await shop.chat(tenant.key, {**body, "stream": streams})
        assert got.status == 200, got.body
        said = text(events(got)) if streams else got.json["choices"][0]["message"]["content"]
        assert said == WORDS
        spent = (rates.input_per_million * PROMPT + rates.output_per_million * (SAID + THOUGHT)) / 1_000_000
        assert await shop.money(tenant) == (20 - spent, 0)
        expected = cost_of_tokens(cost, PROMPT, SAID + THOUGHT)
        assert await shop.attempts() == [(one.offer.provider, "finished", None, expected)]
        (record,) = (await shop.api.get("/api/v1/tasks", tenant.key)).data
        receipt = (await shop.api.get(f"/api/v1/tasks/{record['task_id']}/receipt", tenant.key)).data
        (attempt,) = receipt["attempts"]
        assert (attempt["provider"], attempt["upstream_model"]) == (one.offer.provider, one.offer.upstream_model)
        assert attempt["chosen_because"] == "the only configured offer"
        assert receipt["settlement"]["kind"] == "capture"
        await shop.google.arrange({"fault": "no_balance"})
        assert (await shop.chat(tenant.key, {**body, "stream": streams})).refused[:2] == (502, "provider_error")
        assert await shop.money(tenant) == (20 - spent, 0)
        await shop.api.assert_sound()
