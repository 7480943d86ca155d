"""The simulated Stability AI, driven by a client written from the contract with another library's forms."""

import asyncio
import base64
import io
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import aiohttp
import pytest
from PIL import Image

from apiinone.simulators import serving
from apiinone.simulators.options import SIMULATED_KEY, Options

FILE = b"\x89PNG"


class Client:
    """What the contract says, and nothing of our adapter."""

    def __init__(self, root: str, session: aiohttp.ClientSession) -> None:
        self._root = f"{root}/v2beta/stable-image"
        self._session = session

    async def create(
        self, path: str, fields: Mapping[str, str], *, file: str | None = None, key: str = SIMULATED_KEY
    ) -> tuple[int, Any]:
        form = aiohttp.FormData(default_to_multipart=True)
        for name, value in fields.items():
            form.add_field(name, value)
        if file is not None:
            form.add_field("image", FILE, filename="a.png", content_type=file)
        headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
        async with self._session.post(f"{self._root}/{path}", data=form, headers=headers) as response:
            return response.status, await response.json()

    async def result(self, job: str) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {SIMULATED_KEY}", "Accept": "application/json"}
        async with self._session.get(f"{self._root}/upscale/creative/result/{job}", headers=headers) as response:
            return response.status, await response.json()


@pytest.fixture
async def client() -> AsyncGenerator[Client]:
    async with serving("stability", Options(seconds=0.1)) as root, aiohttp.ClientSession() as session:
        yield Client(root, session)


def size(answer: Mapping[str, str]) -> tuple[str | None, tuple[int, int]]:
    with Image.open(io.BytesIO(base64.b64decode(answer["image"]))) as image:
        return image.format, image.size


@pytest.mark.parametrize(
    ("path", "fields", "expected"),
    [
        ("generate/core", {"aspect_ratio": "16:9"}, ("PNG", (1344, 768))),
        ("generate/ultra", {"output_format": "webp"}, ("WEBP", (1024, 1024))),
        ("generate/sd3", {"model": "sd3.5-medium", "seed": "7"}, ("PNG", (1024, 1024))),
    ],
)
async def test_a_form_of_words_gives_a_picture(
    client: Client, path: str, fields: dict[str, str], expected: tuple[str, tuple[int, int]]
) -> None:
    status, answer = await client.create(path, {"prompt": "a hill", **fields})
    assert (status, answer["finish_reason"]) == (200, "SUCCESS")
    assert size(answer) == expected


async def test_the_creative_upscaler_queues_and_answers_202_until_it_is_done(client: Client) -> None:
    status, answer = await client.create("upscale/creative", {"prompt": "a hill"}, file="image/png")
    assert (status, answer.keys()) == (200, {"id"})
    assert (await client.result(answer["id"]))[0] == 202
    await asyncio.sleep(0.15)
    status, made = await client.result(answer["id"])
    assert (status, size(made)[0]) == (200, "PNG")
    assert (await client.result("unknown"))[0] == 404


@pytest.mark.parametrize(
    ("path", "fields", "file", "status"),
    [
        ("generate/core", {}, None, 400),
        ("generate/core", {"prompt": "x", "aspect_ratio": "4:3"}, None, 400),
        ("generate/core", {"prompt": "x", "model": "sd3.5-large"}, None, 400),
        ("generate/core", {"prompt": "x", "seed": "-1"}, None, 400),
        ("generate/core", {"prompt": "x", "width": "512"}, None, 400),
        ("generate/core", {"prompt": "x"}, "image/png", 400),
        ("upscale/fast", {"prompt": "x"}, "image/png", 400),
        ("upscale/fast", {"output_format": "png"}, None, 400),
        ("upscale/fast", {"output_format": "png"}, "image/gif", 400),
        ("generate/other", {"prompt": "x"}, None, 404),
    ],
)
async def test_what_the_vendor_does_not_take_is_refused(
    client: Client, path: str, fields: dict[str, str], file: str | None, status: int
) -> None:
    found, answer = await client.create(path, fields, file=file)
    assert (found, answer.keys()) == (status, {"id", "name", "errors"})


async def test_a_wrong_key_is_refused(client: Client) -> None:
    status, answer = await client.create("generate/core", {"prompt": "x"}, key="wrong")
    assert (status, answer["name"]) == (401, "unauthorized")
