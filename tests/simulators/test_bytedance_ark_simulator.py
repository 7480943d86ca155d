"""The simulated ModelArk: pictures by OpenAI's SDK, whose form they have; tasks by the sender."""

import json
from collections.abc import AsyncGenerator

import openai
import pytest

from apiinone.core.exchange import Request
from apiinone.providers.provider import Accepted, Canceled, Finished, Inline, Linked, Order, Rejected
from apiinone.simulators import serving
from apiinone.simulators.faults import FaultName
from apiinone.simulators.options import SIMULATED_KEY, Options
from providers.playing import KEY, Play, playing

MODEL = "seedream-4-5-251128"
TASKS = "/api/v3/contents/generations/tasks"
CLIP = {
    "model": "dreamina-seedance-2-0-fast-260128",
    "content": [{"type": "text", "text": "a hill"}],
    "ratio": "16:9",
    "duration": 5,
}


@pytest.fixture
async def client() -> AsyncGenerator[openai.AsyncOpenAI]:
    async with (
        serving("bytedance-ark", Options(fast=True)) as root,
        openai.AsyncOpenAI(api_key=SIMULATED_KEY, base_url=f"{root}/api/v3", max_retries=0) as opened,
    ):
        yield opened


async def drawn(client: openai.AsyncOpenAI, **more: object) -> openai.types.ImagesResponse:
    return await client.images.generate(model=MODEL, prompt="a hill", extra_body=more)


async def test_the_picture_comes_as_a_link_or_inline(client: openai.AsyncOpenAI) -> None:
    linked = await drawn(client, size="2848x1600", watermark=False)
    assert linked.data is not None
    assert str(linked.data[0].url).startswith("http://127.0.0.1")
    inline = await drawn(client, size="2K", response_format="b64_json", image=["https://example.com/a.png"])
    assert inline.data is not None
    assert inline.data[0].b64_json


@pytest.mark.parametrize(
    "more",
    [
        {"n": 2},
        {"size": "1024x1024"},
        {"size": "8192x8192"},
        {"size": "16384x256"},
        {"size": "1K"},
        {"image": []},
        {"image": ["https://example.com/a.png"] * 15},
        {"image": "file:///a.png"},
        {"aspect_ratio": "1:1"},
        {"quality": "high"},
    ],
)
async def test_what_the_vendor_does_not_take_is_refused(client: openai.AsyncOpenAI, more: dict[str, object]) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        await drawn(client, **more)
    assert refused.value.code == "InvalidParameter"


async def test_a_wrong_key_is_refused(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.AuthenticationError):
        await drawn(client.with_options(api_key="wrong"))


async def asked(play: Play, method: str, path: str, body: object = None) -> tuple[int, dict[str, object]]:
    named = {"POST": "POST", "DELETE": "DELETE"}
    request = Request("GET", f"{play.root}{path}", auth="bearer", json=body)
    if method in named:
        request = Request("POST" if method == "POST" else "DELETE", f"{play.root}{path}", auth="bearer", json=body)
    response = await play.outbound.send(request, secret=KEY, hosts=play.provider.hosts)
    return response.status, json.loads(response.body)


async def test_a_task_is_queued_then_running_then_succeeded_with_its_usage() -> None:
    async with playing("bytedance-ark", seconds=2) as play:
        _, begun = await asked(play, "POST", TASKS, CLIP)
        seen: list[object] = []
        told: dict[str, object] = {}
        while "succeeded" not in seen:
            _, told = await asked(play, "GET", f"{TASKS}/{begun['id']}")
            seen += [told["status"]] if told["status"] not in seen else []
        charged = (await play.seen()).charged_micro_usd
    assert seen == ["queued", "running", "succeeded"]
    assert told["usage"] == {"completion_tokens": 108_900, "total_tokens": 108_900}
    assert charged == 609_840


@pytest.mark.parametrize(
    "fields",
    [
        {"content": []},
        {"content": [{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]},
        {"content": [{"type": "text", "text": ""}]},
        {"duration": 3},
        {"duration": 16},
        {"duration": "5"},
        {"resolution": "1080p"},
        {"ratio": "5:4"},
        {"prompt": "a hill"},
        {"camera_fixed": True},
        {"model": "seedance-1-5-pro-251215"},
    ],
)
async def test_a_task_that_the_model_cannot_do_is_refused(fields: dict[str, object]) -> None:
    async with playing("bytedance-ark") as play:
        status, told = await asked(play, "POST", TASKS, {**CLIP, **fields})
        assert status in (400, 404)
        assert isinstance(told["error"], dict)
        assert (await play.seen()).submits == 0


async def test_a_queued_task_is_canceled_unpaid_and_one_that_runs_is_not() -> None:
    async with playing("bytedance-ark", seconds=30) as play:
        reply = await play.submit()
        assert isinstance(reply, Accepted)
        request = play.provider.cancel(reply.reference)
        assert request is not None
        assert (await play.outbound.send(request, secret=KEY, hosts=play.provider.hosts)).status == 200
        assert await play.poll(reply.reference) == Canceled()
        assert (await play.seen()).charges == 0
    async with playing("bytedance-ark", seconds=0) as play:
        _, begun = await asked(play, "POST", TASKS, CLIP)
        assert (await asked(play, "DELETE", f"{TASKS}/{begun['id']}"))[0] == 200
        assert (await asked(play, "GET", f"{TASKS}/{begun['id']}"))[0] == 404


@pytest.mark.parametrize(("form", "kind"), [("url", Linked), ("b64_json", Inline)])
async def test_our_adapter_gets_pictures_in_both_forms(form: str, kind: type[object]) -> None:
    fields = {"prompt": "a hill", "size": "2K", "ratio": "3:2", "response_format": form}
    async with playing("bytedance-ark") as play:
        reply = await play.submit(Order("attempt", MODEL, fields, 1))
        assert isinstance(reply, Finished)
        assert isinstance(reply.outputs[0], kind)
        assert (await play.fetch(reply.outputs[0])).data.startswith(b"\x89PNG")
        await play.arrange("moderation")
        refused = await play.submit(Order("attempt", MODEL, fields, 1))
        seen = await play.seen()
    assert isinstance(refused, Rejected)
    assert (refused.fault, seen.charges, seen.charged_micro_usd) == ("content_policy", 1, 40_000)


@pytest.mark.parametrize(("fault", "told"), [("failed", "provider_error"), ("nsfw", "content_policy")])
async def test_a_picture_that_is_not_made_is_not_charged(fault: FaultName, told: str) -> None:
    async with playing("bytedance-ark") as play:
        await play.arrange(fault)
        reply = await play.submit(Order("attempt", MODEL, {"prompt": "a hill", "size": "2K"}, 1))
        charges = (await play.seen()).charges
    assert isinstance(reply, Rejected)
    assert (reply.fault, charges) == (told, 0)
