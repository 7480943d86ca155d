"""The simulated fal, driven by the vendor's own Python SDK; and its calls, read by our adapter."""

import json
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import fal_client
import pytest
from fal_client import client as sdk

from apiinone.core.exchange import InHeader, Request
from apiinone.providers.provider import Accepted, Canceled, Finished, Reference
from apiinone.simulators import serving
from apiinone.simulators.fal_models import MODELS
from apiinone.simulators.faults import FaultName
from apiinone.simulators.options import SIMULATED_KEY, Options
from outbound.loopback import Loopback
from providers.playing import KEY, Play, called, calls_made, playing

MODEL = "fal-ai/bytedance/seedream/v4.5/text-to-image"


@pytest.fixture
async def client(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[fal_client.AsyncClient]:
    async with serving("fal", Options(seconds=0.3, fast=True)) as root:
        monkeypatch.setattr(sdk, "QUEUE_URL_FORMAT", f"{root}/")
        async with opened(SIMULATED_KEY) as opened_client:
            yield opened_client


@asynccontextmanager
async def opened(key: str) -> AsyncGenerator[fal_client.AsyncClient]:
    client = fal_client.AsyncClient(key=key)
    http = await client._client  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]  # it closes itself nowhere
    async with http:
        yield client


async def test_the_vendors_sdk_runs_a_job_to_its_end(client: fal_client.AsyncClient) -> None:
    handle = await client.submit(MODEL, {"prompt": "a hill", "num_images": 2})
    seen = [type(status).__name__ async for status in handle.iter_events(with_logs=True, interval=0.02)]
    assert list(dict.fromkeys(seen)) == ["Queued", "InProgress", "Completed"]
    result: Any = await handle.get()
    assert [image["content_type"] for image in result["images"]] == ["image/png", "image/png"]


async def test_the_sdk_finds_a_job_by_its_id_alone(client: fal_client.AsyncClient) -> None:
    handle = await client.submit(MODEL, {"prompt": "a hill"})
    again: Any = await client.result(MODEL, handle.request_id)
    assert len(again["images"]) == 1


async def test_the_sdk_cancels_what_still_waits(
    client: fal_client.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fal_client.client.MAX_ATTEMPTS", 2)  # a 409 is asked again, for half a minute in all
    handle = await client.submit(MODEL, {"prompt": "a hill"})
    await handle.cancel()
    status = await handle.status()
    assert isinstance(status, fal_client.Completed)
    assert status.error_type == "client_cancelled"
    late = await client.submit(MODEL, {"prompt": "a hill"})
    await late.get()
    with pytest.raises(fal_client.FalClientHTTPError) as refused:
        await late.cancel()
    assert refused.value.status_code == 409


@pytest.mark.parametrize(
    ("model", "fields", "status"),
    [
        (MODEL, {}, 422),
        (MODEL, {"prompt": ""}, 422),
        (MODEL, {"prompt": "x", "size": "1024x1024"}, 422),
        (MODEL, {"prompt": "x", "image_size": "1024x1024"}, 422),
        (MODEL, {"prompt": "x", "image_size": {"width": 1024}}, 422),
        ("fal-ai/flux-2-pro", {"prompt": "x", "guidance_scale": 3}, 422),
        ("fal-ai/kling-video/v3/pro/text-to-video", {"prompt": "x", "duration": 5}, 422),
        ("fal-ai/nothing", {"prompt": "x"}, 404),
    ],
)
async def test_what_the_vendor_does_not_take_is_refused(
    client: fal_client.AsyncClient, model: str, fields: dict[str, object], status: int
) -> None:
    with pytest.raises(fal_client.FalClientHTTPError) as refused:
        await client.submit(model, fields)
    assert refused.value.status_code == status


async def test_a_wrong_key_is_refused(client: fal_client.AsyncClient) -> None:
    assert client.key == SIMULATED_KEY
    async with opened("wrong") as other:
        with pytest.raises(fal_client.FalClientHTTPError) as refused:
            await other.submit(MODEL, {"prompt": "x"})
    assert refused.value.status_code == 401


async def test_a_job_is_only_found_under_its_own_models_name() -> None:
    async with playing("fal") as play:
        reply = await play.submit()
        assert isinstance(reply, Accepted)
        assert reply.reference.poll_url is not None
        assert "/fal-ai/bytedance/requests/" in reply.reference.poll_url
        elsewhere = reply.reference.poll_url.replace("/fal-ai/bytedance/", "/fal-ai/flux/")
        assert not isinstance(await play.poll(Reference("x", elsewhere)), Finished)


async def test_a_cancelled_job_is_canceled_for_our_adapter() -> None:
    async with playing("fal", seconds=5) as play:
        reply = await play.submit()
        assert isinstance(reply, Accepted)
        request = play.provider.cancel(reply.reference)
        assert request is not None
        answer = await play.outbound.send(request, secret=KEY, hosts=play.provider.hosts)
        assert answer.status == 202
        assert await play.poll(reply.reference) == Canceled()


KINDS = {
    "images": b"\x89PNG",
    "image": b"\x89PNG",
    "vectors": b"<svg",
    "vector": b"<svg",
    "video": b"ftyp",
    "audio": b"",
}


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        ("fal-ai/recraft/v4/text-to-vector", {"prompt": "x"}),
        ("fal-ai/recraft/upscale/crisp", {"image_url": "https://a.example/b.png"}),
        ("fal-ai/recraft/vectorize", {"image_url": "https://a.example/b.png"}),
        ("fal-ai/kling-video/v3/standard/text-to-video", {"prompt": "x"}),
        ("fal-ai/minimax-music/v2.5", {"prompt": "x"}),
    ],
)
async def test_each_kind_of_result_is_read_by_our_adapter(model: str, fields: dict[str, object]) -> None:
    async with playing("fal") as play:
        order = play.order()
        reply = await play.ended(await play.submit(type(order)("attempt", model, fields, 1)))
        assert isinstance(reply, Finished)
        assert KINDS[MODELS[model].output] in (await play.fetch(reply.outputs[0])).data[:16]


async def published_keys(play: Play) -> str:
    request = Request("GET", f"{play.root}/.well-known/jwks.json", auth=InHeader("Authorization", "Key "))
    response = await play.outbound.send(request, secret=KEY, hosts=play.provider.hosts)
    return ",".join(key["x"] for key in json.loads(response.body)["keys"])


@pytest.mark.parametrize(
    ("fault", "calls", "valid"),
    [
        (None, 1, True),
        ("webhook_twice", 2, True),
        ("webhook_early", 1, True),
        ("webhook_forged", 1, False),
        ("webhook_lost", 0, True),
        ("moderation", 1, True),
    ],
)
async def test_a_call_tells_our_adapter_which_job_it_speaks_of(
    fault: FaultName | None,
    calls: int,
    valid: bool,  # noqa: FBT001 - a column
) -> None:
    async with Loopback() as hook, playing("fal") as play:
        if fault:
            await play.arrange(fault)
        reply = await play.submit(play.order(webhook_url=f"{hook.url}/hooks?task=a%20b"))
        await play.ended(reply)
        assert await calls_made(play, calls) == len(hook.requests) == calls
        keys = await published_keys(play)
    for request in hook.requests:
        assert request.startswith(b"POST /hooks?task=a%20b HTTP/1.1\r\n")
        headers, body = called(request)
        named = play.provider.read_webhook(headers, body, keys, int(time.time()))
        assert named == (json.loads(body)["request_id"] if valid else None)
        assert isinstance(reply, Accepted)
        assert named in (None, reply.reference.upstream_id)
