"""The simulated Black Forest Labs, driven by a short client written from the vendor's pages."""

import asyncio
import json
from typing import Any

import pytest

from apiinone.core.exchange import InHeader, Request
from providers.playing import KEY, Play, playing

KEYED = InHeader("x-key")


async def asked(play: Play, method: str, url: str, body: object = None) -> tuple[int, dict[str, Any]]:
    request = Request("POST" if method == "POST" else "GET", url, auth=KEYED, json=body)
    response = await play.outbound.send(request, secret=KEY, hosts=play.provider.hosts)
    return response.status, json.loads(response.body)


async def ordered(play: Play, model: str, **fields: object) -> tuple[int, dict[str, Any]]:
    return await asked(play, "POST", f"{play.root}/v1/{model}", fields)


async def test_a_job_is_asked_about_at_its_own_address_until_it_is_ready() -> None:
    async with playing("bfl", fast=False) as play:
        status, task = await ordered(play, "flux-2-pro", prompt="a hill", width=128, height=64)
        assert (status, task["cost"]) == (200, 3)
        seen: list[str] = []
        state = task
        while "Ready" not in seen:
            _, state = await asked(play, "GET", task["polling_url"])
            assert state["id"] == task["id"]
            seen += [state["status"]] if state["status"] not in seen else []
            await asyncio.sleep(0.01)
        assert seen == ["Pending", "Ready"]
        link = state["result"]["sample"]
        fetched = await play.outbound.fetch(link, hosts=(play.place,), bytes_max=10**6, timeout_s=5)
    assert fetched.data.startswith(b"\xff\xd8\xff")
    assert fetched.content_type == "image/jpeg"


@pytest.mark.parametrize(
    ("model", "fields", "cost"),
    [
        ("flux-2-pro", {}, 3),
        ("flux-2-pro", {"width": 2048, "height": 2048}, 7.5),
        ("flux-2-pro", {"input_image": "https://a.example/b.png"}, 4.5),
        ("flux-2-flex", {"steps": 20}, 5),
        ("flux-2-flex", {"width": 1040, "height": 1024}, 10),
        ("flux-2-max", {}, 7),
    ],
)
async def test_the_order_tells_what_the_price_list_says(model: str, fields: dict[str, object], cost: float) -> None:
    async with playing("bfl") as play:
        _, task = await ordered(play, model, prompt="a hill", **fields)
        assert task["cost"] == cost
        assert (await play.seen()).charged_micro_usd == cost * 10_000


@pytest.mark.parametrize(
    ("model", "fields", "status"),
    [
        ("flux-2-pro", {}, 422),
        ("flux-2-pro", {"prompt": "x", "steps": 20}, 422),
        ("flux-2-pro", {"prompt": "x", "n": 2}, 422),
        ("flux-2-pro", {"prompt": "x", "width": 32}, 422),
        ("flux-2-pro", {"prompt": "x", "width": "64"}, 422),
        ("flux-2-pro", {"prompt": "x", "output_format": "gif"}, 422),
        ("flux-2-pro", {"prompt": "x", "width": 100}, 400),
        ("flux-2-pro", {"prompt": "x", "width": 4096, "height": 2048}, 400),
        ("flux-9", {"prompt": "x"}, 404),
    ],
)
async def test_what_the_vendor_does_not_take_is_refused(model: str, fields: dict[str, object], status: int) -> None:
    async with playing("bfl") as play:
        found, body = await ordered(play, model, **fields)
        assert (found, (await play.seen()).submits) == (status, 0)
    assert "detail" in body


async def test_an_id_that_nobody_gave_is_not_found() -> None:
    async with playing("bfl") as play:
        _, state = await asked(play, "GET", f"{play.root}/v1/get_result?id=nobody")
        assert state["status"] == "Task not found"
