"""The simulated Model Studio, driven by the vendor's own Python SDK."""

import asyncio
from collections.abc import AsyncGenerator
from http import HTTPStatus

import dashscope
import pytest

from apiinone.core.exchange import Request
from apiinone.providers.provider import Accepted, Canceled
from apiinone.simulators import serving
from apiinone.simulators.options import SIMULATED_KEY, Options
from providers.playing import KEY, playing

CLIP = "https://example.com/a.mp4"


@pytest.fixture
async def at(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[str]:
    async with serving("dashscope", Options(seconds=0.3, fast=True)) as root:
        monkeypatch.setattr(dashscope, "base_http_api_url", f"{root}/api/v1")
        yield root


Told = tuple[int, str | None, dict[str, object]]


async def begun(model: str = "wan2.6-t2v", **fields: object) -> Told:
    """Status, code and output of an order."""
    asked = {"prompt": "a hill", "api_key": SIMULATED_KEY, **fields}
    answer = await asyncio.to_thread(dashscope.VideoSynthesis.async_call, model, **asked)  # pyright: ignore[reportArgumentType]  # the SDK's many fields
    return answer.status_code, answer.code or None, dict(answer.output or {})


async def asked_about(task: str) -> Told:
    answer = await asyncio.to_thread(dashscope.VideoSynthesis.fetch, task, SIMULATED_KEY)
    return answer.status_code, answer.code or None, dict(answer.output or {})


@pytest.mark.usefixtures("at")
async def test_the_vendors_sdk_sees_a_task_through() -> None:
    status, _, output = await begun(size="1280*720", duration=5, shot_type="multi", prompt_extend=True)
    assert (status, output["task_status"]) == (HTTPStatus.OK, "PENDING")
    seen: list[object] = []
    while "SUCCEEDED" not in seen:
        _, _, output = await asked_about(str(output["task_id"]))
        seen += [output["task_status"]] if output["task_status"] not in seen else []
    assert seen[-2:] == ["RUNNING", "SUCCEEDED"]
    assert str(output["video_url"]).endswith(".mp4")


@pytest.mark.usefixtures("at")
async def test_pictures_and_clips_are_starts_too() -> None:
    still = {"img_url": "https://example.com/a.png", "resolution": "720P", "duration": 15}
    assert (await begun("wan2.6-i2v", **still))[0] == HTTPStatus.OK
    assert (await begun("wan2.6-r2v", reference_video_urls=[CLIP], size="1280*720"))[0] == HTTPStatus.OK


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        ("wan2.6-t2v", {"prompt": ""}),
        ("wan2.6-t2v", {"prompt": "x" * 1501}),
        ("wan2.6-t2v", {"size": "1280x720"}),
        ("wan2.6-t2v", {"resolution": "720P"}),
        ("wan2.6-t2v", {"duration": 16}),
        ("wan2.6-t2v", {"shot_type": "multi", "prompt_extend": False}),
        ("wan2.6-i2v", {"resolution": "720P"}),
        ("wan2.6-i2v", {"img_url": "https://example.com/a.png", "size": "1280*720"}),
        ("wan2.6-r2v", {"reference_video_urls": [CLIP] * 4}),
        ("wan2.6-r2v", {"reference_video_urls": [CLIP], "duration": 15}),
        ("wan9-t2v", {}),
    ],
)
@pytest.mark.usefixtures("at")
async def test_what_the_vendor_does_not_take_is_refused(model: str, fields: dict[str, object]) -> None:
    status, code, _ = await begun(model, **fields)
    assert (status, code) == (HTTPStatus.BAD_REQUEST, "InvalidParameter")


@pytest.mark.usefixtures("at")
async def test_a_wrong_key_is_refused() -> None:
    assert (await begun(api_key="wrong"))[:2] == (HTTPStatus.UNAUTHORIZED, "InvalidApiKey")


@pytest.mark.usefixtures("at")
async def test_a_task_that_nobody_knows_is_unknown_and_no_error() -> None:
    status, _, output = await asked_about("00000000-0000-0000-0000-000000000000")
    assert (status, output["task_status"]) == (HTTPStatus.OK, "UNKNOWN")


async def test_without_its_header_an_order_is_refused() -> None:
    async with playing("dashscope") as play:
        url = f"{play.root}/api/v1/services/aigc/video-generation/video-synthesis"
        request = Request("POST", url, auth="bearer", json={"model": "wan2.6-t2v", "input": {"prompt": "x"}})
        answer = await play.outbound.send(request, secret=KEY, hosts=play.provider.hosts)
        assert (answer.status, (await play.seen()).submits) == (403, 0)


async def test_a_pending_task_is_canceled_unpaid() -> None:
    async with playing("dashscope", seconds=30) as play:
        reply = await play.submit()
        assert isinstance(reply, Accepted)
        request = play.provider.cancel(reply.reference)
        assert request is not None
        assert (await play.outbound.send(request, secret=KEY, hosts=play.provider.hosts)).status == 200
        assert await play.poll(reply.reference) == Canceled()
        assert (await play.outbound.send(request, secret=KEY, hosts=play.provider.hosts)).status == 400
        seen = await play.seen()
    assert (seen.submits, seen.charges) == (1, 0)


@pytest.mark.parametrize(
    ("model", "body", "micro_usd"),
    [
        ("wan2.6-t2v", {"input": {"prompt": "x"}, "parameters": {"size": "1280*720", "duration": 10}}, 1_000_000),
        ("wan2.6-t2v", {"input": {"prompt": "x"}, "parameters": {"size": "1920*1080", "duration": 5}}, 750_000),
        (
            "wan2.6-r2v",
            {"input": {"prompt": "x", "reference_video_urls": [CLIP]}, "parameters": {"size": "1280*720"}},
            1_000_000,
        ),
    ],
)
async def test_seconds_are_charged_those_that_come_in_too(model: str, body: dict[str, object], micro_usd: int) -> None:
    async with playing("dashscope") as play:
        url = f"{play.root}/api/v1/services/aigc/video-generation/video-synthesis"
        headers = {"X-DashScope-Async": "enable"}
        request = Request("POST", url, auth="bearer", json={"model": model, **body}, headers=headers)
        assert (await play.outbound.send(request, secret=KEY, hosts=play.provider.hosts)).status == 200
        assert (await play.seen()).charged_micro_usd == micro_usd
