"""The simulated WaveSpeedAI, driven by the vendor's own Python SDK; and its calls, read by our adapter."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Mapping

import pytest
import wavespeed  # pyright: ignore[reportMissingTypeStubs]  # the vendor ships none

from apiinone.core.exchange import Request
from apiinone.providers.provider import Accepted, Finished, Order, Rejected
from apiinone.simulators import serving
from apiinone.simulators.faults import FaultName
from apiinone.simulators.options import SIMULATED_KEY, SIMULATED_WEBHOOK_SECRET, Options
from outbound.loopback import Loopback
from providers.playing import KEY, Play, called, calls_made, playing

MODEL = "wavespeed-ai/flux-2-flex/text-to-image"
SEVERAL = "kwaivgi/kling-image-o1"


@pytest.fixture
async def client() -> AsyncGenerator[wavespeed.Client]:
    async with serving("wavespeed", Options(seconds=0.2, fast=True)) as root:
        yield wavespeed.Client(api_key=SIMULATED_KEY, base_url=root, max_connection_retries=0)


async def run(
    client: wavespeed.Client, fields: Mapping[str, object], *, sync: bool = False, model: str = MODEL
) -> Mapping[str, object]:
    return await asyncio.to_thread(
        client.run_no_throw, model, dict(fields), poll_interval=0.02, enable_sync_mode=sync, timeout=5
    )


@pytest.mark.parametrize("sync", [False, True])
async def test_the_vendors_sdk_runs_a_job_to_its_end(client: wavespeed.Client, *, sync: bool) -> None:
    begun_s = time.monotonic()
    result = await run(client, {"prompt": "a hill", "num_images": 2}, sync=sync, model=SEVERAL)
    assert result["status"] == "completed"
    assert isinstance(result["outputs"], list)
    assert len(result["outputs"]) == 2  # pyright: ignore[reportUnknownArgumentType]  # the SDK's own dict
    assert time.monotonic() - begun_s >= 0.2


async def test_a_job_is_created_then_processing_then_completed() -> None:
    async with serving("wavespeed", Options(seconds=2, fast=True)) as root:
        await _see_all_states(wavespeed.Client(api_key=SIMULATED_KEY, base_url=root, max_connection_retries=0))


async def _see_all_states(client: wavespeed.Client) -> None:
    job, _ = await asyncio.to_thread(client._submit, MODEL, {"prompt": "a hill"})  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    seen: list[str] = []
    while "completed" not in seen:
        state = (await asyncio.to_thread(client.get_result, str(job)))["data"]["status"]
        seen += [state] if state not in seen else []
        await asyncio.sleep(0.01)
    assert seen == ["created", "processing", "completed"]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"prompt": ""},
        {"prompt": "x", "size": "1024x1024"},
        {"prompt": "x", "size": "9*9"},
        {"prompt": "x", "num_images": 2},
        {"prompt": "x", "enable_sync_mode": "yes"},
    ],
)
async def test_what_the_vendor_does_not_take_is_refused(client: wavespeed.Client, fields: dict[str, object]) -> None:
    result = await run(client, fields)
    assert result["status"] == "failed"
    assert "HTTP 400" in str(result["error"])


@pytest.mark.parametrize(
    ("model", "fields", "begins", "micro_usd"),
    [
        ("recraft-ai/recraft-v4/text-to-vector", {"prompt": "a hill", "image_size": "4:3"}, b"<svg", 80_000),
        ("kwaivgi/kling-v3.0-std/text-to-video", {"prompt": "a hill", "sound": True}, b"ftyp", 630_000),
        ("minimax/music-2.5", {"prompt": "a song", "lyrics": "la"}, b"ID3", 75_000),
        ("wavespeed-ai/real-esrgan", {"image": "https://example.com/a.png"}, b"\x89PNG", 2_400),
    ],
)
async def test_each_kind_of_model_makes_a_file_of_its_kind(
    model: str, fields: dict[str, object], begins: bytes, micro_usd: int
) -> None:
    async with playing("wavespeed") as play:
        reply = await play.ended(await play.submit(Order("attempt", model, fields, 1)))
        assert isinstance(reply, Finished)
        assert begins in (await play.fetch(reply.outputs[0])).data[:16]
        assert (await play.seen()).charged_micro_usd == micro_usd


async def test_a_model_that_nobody_lists_is_not_there() -> None:
    async with playing("wavespeed") as play:
        reply = await play.submit(Order("attempt", "google/imagen4", {"prompt": "x"}, 1))
    assert isinstance(reply, Rejected)
    assert (reply.fault, reply.retryable) == ("provider_error", True)


async def test_a_wrong_key_is_refused(client: wavespeed.Client) -> None:
    client.api_key = "wrong"
    assert "HTTP 401" in str((await run(client, {"prompt": "x"}))["error"])


async def test_past_jobs_are_listed_newest_first() -> None:
    async with playing("wavespeed") as play:
        ids: list[str] = []
        for _ in range(3):
            reply = await play.submit()
            assert isinstance(reply, Accepted)
            ids.append(reply.reference.upstream_id)
        listed = await asked(play, "POST", "/api/v3/predictions", {"page": 1, "page_size": 2})
        rest = await asked(play, "POST", "/api/v3/predictions", {"page": 2, "page_size": 2})
    assert [job["id"] for job in listed["data"]["items"]] == [ids[2], ids[1]]
    assert [job["id"] for job in rest["data"]["items"]] == [ids[0]]


async def asked(play: Play, method: str, path: str, body: object = None) -> dict[str, dict[str, list[dict[str, str]]]]:
    request = Request("POST" if method == "POST" else "GET", f"{play.root}{path}", auth="bearer", json=body)
    return json.loads((await play.outbound.send(request, secret=KEY, hosts=play.provider.hosts)).body)


@pytest.mark.parametrize(
    ("fault", "calls", "valid"),
    [
        (None, 1, True),
        ("webhook_twice", 2, True),
        ("webhook_early", 1, True),
        ("webhook_forged", 1, False),
        ("webhook_lost", 0, True),
        ("lost_answer", 1, True),
    ],
)
async def test_a_call_tells_our_adapter_which_job_it_speaks_of(
    fault: FaultName | None,
    calls: int,
    valid: bool,  # noqa: FBT001 - a column
) -> None:
    async with Loopback() as hook, playing("wavespeed") as play:
        if fault:
            await play.arrange(fault)
        reply = await play.submit(play.order(webhook_url=f"{hook.url}/hooks?task=a%20b"))
        came_before_the_answer = len(hook.requests)
        if isinstance(reply, Accepted):
            assert isinstance(await play.ended(reply), Finished)
        assert await calls_made(play, calls) == calls
    assert len(hook.requests) == calls
    assert came_before_the_answer == (1 if fault == "webhook_early" else 0)
    for request in hook.requests:
        assert request.startswith(b"POST /hooks?task=a%20b HTTP/1.1\r\n")
        headers, body = called(request)
        named = play.provider.read_webhook(headers, body, SIMULATED_WEBHOOK_SECRET, int(time.time()))
        assert named == (json.loads(body)["id"] if valid else None)
        if isinstance(reply, Accepted) and valid:
            assert named == reply.reference.upstream_id


async def test_nobody_beyond_loopback_is_called() -> None:
    async with playing("wavespeed") as play:
        reply = await play.submit(play.order(webhook_url="https://hooks.example/a"))
        assert isinstance(await play.ended(reply), Finished)
        assert await calls_made(play, 1) == 1
