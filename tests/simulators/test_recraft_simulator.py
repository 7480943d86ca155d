"""The simulated Recraft, driven by an OpenAI client (the vendor documents that one works)."""

import base64
import io
from collections.abc import AsyncGenerator
from urllib.parse import urlsplit

import openai
import pytest
from PIL import Image

from apiinone.outbound import Outbound
from apiinone.simulators import serving
from apiinone.simulators.options import SIMULATED_KEY, Options


@pytest.fixture
async def client() -> AsyncGenerator[openai.AsyncOpenAI]:
    async with (
        serving("recraft") as root,
        openai.AsyncOpenAI(api_key=SIMULATED_KEY, base_url=f"{root}/v1", max_retries=0) as opened,
    ):
        yield opened


async def generate(client: openai.AsyncOpenAI, **fields: object) -> list[bytes]:
    body: dict[str, object] = {"model": "recraftv4", "prompt": "a hill", "response_format": "b64_json", **fields}
    answer = await client.images.generate(prompt=str(body.pop("prompt")), extra_body=body)
    return [base64.b64decode(image.b64_json or "") for image in answer.data or []]


@pytest.mark.parametrize(
    ("model", "size", "pixels"),
    [
        ("recraftv4", "1024x1024", (1024, 1024)),
        ("recraftv4", "16:9", (1344, 768)),
        ("recraftv4_1_flash", "768x1344", (768, 1344)),
        ("recraftv4_pro", "3072x1536", (3072, 1536)),
    ],
)
async def test_a_raster_model_gives_a_png_of_the_size_asked(
    client: openai.AsyncOpenAI, model: str, size: str, pixels: tuple[int, int]
) -> None:
    (data,) = await generate(client, model=model, size=size)
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.size) == ("PNG", pixels)
        assert len(image.getcolors(100) or ()) >= 4


async def test_a_vector_model_gives_svg(client: openai.AsyncOpenAI) -> None:
    (data,) = await generate(client, model="recraftv4_vector", size="1:1")
    assert data.startswith(b'<svg xmlns="http://www.w3.org/2000/svg" width="1024"')


async def test_the_same_prompt_gives_the_same_pictures_and_another_gives_others(client: openai.AsyncOpenAI) -> None:
    once, again, other = [await generate(client, prompt=prompt, n=2) for prompt in ("a hill", "a hill", "a lake")]
    assert once == again
    assert once[0] != once[1]
    assert not set(once) & set(other)


async def test_links_are_the_default_and_are_public(client: openai.AsyncOpenAI) -> None:
    answer = await client.images.generate(model="recraftv4", prompt="a hill")
    url = (answer.data or [])[0].url or ""
    place = urlsplit(url).netloc
    outbound = Outbound(allowed_private=frozenset({place}), connections_max=1, user_agent="apiinone-tests/1")
    fetched = await outbound.fetch(url, hosts=(place,), bytes_max=1_000_000, timeout_s=5)
    await outbound.aclose()
    assert fetched.content_type == "image/png"
    assert fetched.data.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "fields",
    [
        {"prompt": ""},
        {"prompt": "x" * 10_001},
        {"model": "dall-e-3"},
        {"n": 0},
        {"n": 7},
        {"n": "1"},
        {"size": "1000x1000"},
        {"size": "2048x2048"},
        {"size": "1024*1024"},
        {"response_format": "gif"},
        {"image_format": "jpeg"},
        {"random_seed": -1},
        {"controls": {"colors": [{"rgb": [1, 2]}]}},
        {"style": "any"},
    ],
)
async def test_what_the_vendor_does_not_take_is_refused(client: openai.AsyncOpenAI, fields: dict[str, object]) -> None:
    with pytest.raises(openai.BadRequestError):
        await generate(client, **fields)


async def test_a_wrong_key_is_refused_in_plain_text(client: openai.AsyncOpenAI) -> None:
    wrong = client.with_options(api_key="wrong")
    with pytest.raises(openai.AuthenticationError) as refused:
        await generate(wrong)
    assert refused.value.response.text == "request unauthorized"
    assert refused.value.response.headers["content-type"].startswith("text/plain")


async def test_the_fast_mode_gives_a_tiny_constant() -> None:
    async with (
        serving("recraft", Options(fast=True)) as root,
        openai.AsyncOpenAI(api_key=SIMULATED_KEY, base_url=f"{root}/v1", max_retries=0) as client,
    ):
        first, second = await generate(client, n=2)
        assert first == second
        with Image.open(io.BytesIO(first)) as image:
            image.load()
            assert image.size == (1, 1)
