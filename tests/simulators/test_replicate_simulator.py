"""The simulated Replicate, driven by the vendor's own Python SDK; and its calls, read by our adapter and by the SDK."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from typing import Final

import pytest
from replicate.client import Client
from replicate.exceptions import ReplicateError
from replicate.helpers import FileOutput
from replicate.prediction import Prediction
from replicate.webhook import Webhooks

from apiinone.core.exchange import Request
from apiinone.core.secret import Secret
from apiinone.outbound import Fetched
from apiinone.providers.provider import Accepted, Canceled, Finished, Linked
from apiinone.simulators import serving
from apiinone.simulators.faults import FaultName
from apiinone.simulators.options import SIMULATED_KEY, Options
from outbound.loopback import Loopback
from providers.playing import KEY, called, calls_made, playing

MODEL: Final = "bytedance/seedream-4.5"


@pytest.fixture
async def client() -> AsyncGenerator[Client]:
    async with serving("replicate", Options(seconds=0.2, fast=True)) as root:
        with sdk(root) as client:
            yield client


@contextmanager
def sdk(root: str, key: str = SIMULATED_KEY) -> Generator[Client]:
    """The SDK leaves its connections open; here they are closed."""
    client = Client(api_token=key, base_url=root)
    try:
        yield client
    finally:
        client._client.close()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]


async def created(client: Client, fields: dict[str, object], model: str = MODEL) -> Prediction:
    return await asyncio.to_thread(client.models.predictions.create, model, fields)


async def test_the_vendors_sdk_runs_a_prediction_to_its_end(client: Client) -> None:
    prediction = await created(client, {"prompt": "a hill"})
    assert prediction.status == "starting"
    await asyncio.to_thread(prediction.wait)
    assert prediction.status == "succeeded"
    assert isinstance(prediction.output, list)


async def test_the_vendors_sdk_waits_and_reads_the_file_with_its_token(client: Client) -> None:
    output = await asyncio.to_thread(client.run, MODEL, {"prompt": "a hill"})
    [url] = list(output)
    data = await asyncio.to_thread(FileOutput(str(url), client).read)  # it takes https alone for files by itself
    assert data.startswith(b"\x89PNG")


async def test_the_vendors_sdk_stops_a_prediction(client: Client) -> None:
    prediction = await created(client, {"prompt": "a hill"})
    await asyncio.to_thread(prediction.cancel)
    await asyncio.to_thread(prediction.reload)
    assert prediction.status == "canceled"


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (MODEL, {}),
        (MODEL, {"prompt": "x", "size": "1K"}),
        (MODEL, {"prompt": "x", "quality": "high"}),
        ("minimax/hailuo-2.3", {"prompt": "x", "duration": "6"}),
        ("minimax/hailuo-2.3", {"prompt": "x", "duration": 10, "resolution": "1080p"}),
        ("ideogram-ai/ideogram-v3-turbo", {"prompt": "x", "image": "https://example.com/a.png"}),
        ("kwaivgi/kling-v3-video", {"prompt": "x", "multi_prompt": []}),
        ("black-forest-labs/flux-2-pro", {"prompt": "x", "resolution": "1K"}),
    ],
)
async def test_what_the_page_of_a_model_does_not_name_is_refused(
    client: Client, model: str, fields: dict[str, object]
) -> None:
    with pytest.raises(ReplicateError) as refused:
        await created(client, fields, model)
    assert refused.value.status == 422


async def test_an_unknown_model_and_a_wrong_key_are_refused(client: Client) -> None:
    with pytest.raises(ReplicateError) as unknown:
        await created(client, {"prompt": "x"}, "no/such")
    assert unknown.value.status == 404
    async with serving("replicate", Options()) as root:
        with pytest.raises(ReplicateError) as wrong, sdk(root, "wrong") as stranger:
            await created(stranger, {"prompt": "x"})
    assert wrong.value.status == 401


async def test_our_adapter_stops_a_job() -> None:
    async with playing("replicate", seconds=5) as play:
        accepted = await play.submit()
        assert isinstance(accepted, Accepted)
        request = play.provider.cancel(accepted.reference)
        assert request is not None
        response = await play.outbound.send(request, secret=KEY, hosts=play.provider.hosts)
        assert response.status == 200
        assert await play.poll(accepted.reference) == Canceled()


async def test_a_file_is_given_to_the_accounts_key_alone() -> None:
    async with playing("replicate") as play:
        done = await play.ended(await play.submit())
        assert isinstance(done, Finished)
        [output] = done.outputs
        assert isinstance(output, Linked)
        assert output.authorized
        assert isinstance(await play.fetch(output), Fetched)
        request = Request("GET", output.url, output.auth)
        refused = await play.outbound.send(request, secret=Secret("wrong"), hosts=play.provider.hosts)
        assert refused.status == 401


@pytest.mark.parametrize(
    ("fault", "calls", "valid"),
    [
        (None, 1, True),
        ("webhook_twice", 2, True),
        ("webhook_early", 1, True),
        ("webhook_forged", 1, False),
        ("webhook_lost", 0, True),
    ],
)
async def test_a_call_tells_our_adapter_and_the_vendors_sdk_which_job_it_speaks_of(
    fault: FaultName | None,
    calls: int,
    valid: bool,  # noqa: FBT001 - a column
) -> None:
    async with Loopback() as hook, playing("replicate") as play:
        with sdk(play.root) as client:
            secret = await asyncio.to_thread(client.webhooks.default.secret)
        if fault:
            await play.arrange(fault)
        reply = await play.submit(play.order(webhook_url=f"{hook.url}/hooks"))
        if isinstance(reply, Accepted):
            reply = await play.ended(reply)
        assert isinstance(reply, Finished)
        assert await calls_made(play, calls) == calls
    assert len(hook.requests) == calls
    for request in hook.requests:
        headers, body = called(request)
        named = play.provider.read_webhook(headers, body, secret.key, int(time.time()))
        assert named == (json.loads(body)["id"] if valid else None)
        if valid:
            Webhooks.validate(headers=headers, body=body.decode(), secret=secret, tolerance=300)
