"""The simulated Zhipu, driven by the vendor's own Python SDK."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
from zai import ZaiClient
from zai.core import APIAuthenticationError, APIReachLimitError, APIRequestFailedError

from apiinone.simulators import serving
from apiinone.simulators.options import SIMULATED_KEY, Options
from providers.playing import playing

MODEL = "cogview-4-250304"


def opened(root: str, key: str = SIMULATED_KEY) -> ZaiClient:
    """A client that sends the key as it is."""
    return ZaiClient(api_key=key, base_url=f"{root}/api/paas/v4", max_retries=0, disable_token_cache=True)


@pytest.fixture
async def root() -> AsyncGenerator[str]:
    async with serving("zhipu", Options(fast=True)) as root:
        yield root


async def drawn(client: ZaiClient, prompt: str = "a hill", model: str = MODEL, **fields: str | int) -> str | None:
    try:
        answer = await asyncio.to_thread(client.images.generations, prompt=prompt, model=model, **fields)  # pyright: ignore[reportArgumentType]  # the SDK's many fields
    finally:
        client.close()
    return answer.data[0].url


async def test_the_vendors_sdk_gets_a_picture(root: str) -> None:
    assert str(await drawn(opened(root), size="768x1344", quality="hd")).startswith(root)


@pytest.mark.parametrize(
    "fields",
    [
        {"prompt": ""},
        {"size": "1024*1024"},
        {"size": "2048x2048"},
        {"size": "500x500"},
        {"size": "1000x1024"},
        {"quality": "best"},
        {"n": 2},
        {"response_format": "b64_json"},
        {"model": "cogview-9"},
    ],
)
async def test_what_the_vendor_does_not_take_is_refused(root: str, fields: dict[str, str | int]) -> None:
    with pytest.raises(APIRequestFailedError):
        await drawn(opened(root), **fields)  # pyright: ignore[reportArgumentType]  # a column


async def test_a_wrong_key_is_refused(root: str) -> None:
    with pytest.raises(APIAuthenticationError):
        await drawn(opened(root, "wrong"))


async def test_an_empty_balance_looks_to_the_sdk_like_an_order_too_many() -> None:
    async with playing("zhipu") as play:
        for fault, code in (("no_balance", "1113"), ("throttled", "1302")):
            await play.arrange(fault)  # pyright: ignore[reportArgumentType]  # a column
            with pytest.raises(APIReachLimitError, match=code):
                await drawn(opened(play.root))
        assert (await play.seen()).submits == 0
