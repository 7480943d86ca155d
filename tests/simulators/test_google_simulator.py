"""The simulated Gemini API, driven by the vendor's own Python SDK."""

import asyncio
import io
from collections.abc import AsyncGenerator

import pytest
from google import genai
from google.genai import errors, types
from PIL import Image

from apiinone.core.exchange import Request
from apiinone.simulators import serving
from apiinone.simulators.options import SIMULATED_KEY
from providers.playing import KEY, playing

MODEL = "gemini-3.1-flash-image"


@pytest.fixture
async def root() -> AsyncGenerator[str]:
    async with serving("google") as url:
        yield url


def client(root: str, key: str, version: str) -> genai.Client:
    options = types.HttpOptions(base_url=root, api_version=version, retry_options=types.HttpRetryOptions(attempts=1))
    return genai.Client(api_key=key, http_options=options)


async def drawn(
    root: str,
    *pictures_given: types.Part,
    model: str = MODEL,
    key: str = SIMULATED_KEY,
    version: str = "v1beta",
    image: types.ImageConfig | None = None,
) -> types.GenerateContentResponse:
    """In a thread: the SDK's asynchronous client inherits from one that warns against it."""
    config = types.GenerateContentConfig(response_modalities=["IMAGE"], image_config=image)
    contents = types.Content(role="user", parts=[types.Part.from_text(text="a hill"), *pictures_given])

    def ask() -> types.GenerateContentResponse:
        with client(root, key, version) as opened:
            return opened.models.generate_content(model=model, contents=contents, config=config)  # pyright: ignore[reportUnknownMemberType]

    return await asyncio.to_thread(ask)


def pictures(answer: types.GenerateContentResponse) -> list[tuple[int, int]]:
    sizes: list[tuple[int, int]] = []
    for part in answer.parts or []:
        if part.inline_data is not None and not part.thought:
            with Image.open(io.BytesIO(part.inline_data.data or b"")) as image:
                sizes.append(image.size)
    return sizes


@pytest.mark.parametrize(
    ("ratio", "image_size", "size", "tokens"),
    [
        (None, None, (1024, 1024), 1120),
        ("16:9", None, (1360, 768), 1120),
        ("2:3", "2K", (1680, 2528), 1680),
    ],
)
async def test_the_vendors_sdk_draws(
    root: str, ratio: str | None, image_size: str | None, size: tuple[int, int], tokens: int
) -> None:
    answer = await drawn(root, image=types.ImageConfig(aspect_ratio=ratio, image_size=image_size))
    assert pictures(answer) == [size]
    assert answer.model_version == MODEL
    assert answer.usage_metadata is not None
    assert answer.usage_metadata.candidates_token_count == tokens


async def test_both_versions_of_the_api_are_there(root: str) -> None:
    assert pictures(await drawn(root, version="v1")) == pictures(await drawn(root, version="v1beta"))


GIVEN = types.Part.from_bytes(data=b"\x89PNG", mime_type="image/png")


async def test_the_vendors_sdk_gives_pictures_along(root: str) -> None:
    answer = await drawn(root, GIVEN, GIVEN)
    assert pictures(answer) == [(1024, 1024)]
    assert answer.usage_metadata is not None
    assert (answer.usage_metadata.prompt_token_count or 0) > 2 * 1120


@pytest.mark.parametrize("image", [types.ImageConfig(aspect_ratio="7:5"), types.ImageConfig(image_size="1k")])
async def test_what_the_vendor_does_not_take_is_refused(root: str, image: types.ImageConfig) -> None:
    with pytest.raises(errors.ClientError) as refused:
        await drawn(root, image=image)
    assert (refused.value.code, refused.value.status) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize(
    "given", [[GIVEN] * 15, [types.Part.from_bytes(data=b"GIF8", mime_type="image/gif")]], ids=["many", "gif"]
)
async def test_pictures_that_it_does_not_take_are_refused(root: str, given: list[types.Part]) -> None:
    with pytest.raises(errors.ClientError):
        await drawn(root, *given)


async def test_a_model_that_ended_is_not_found(root: str) -> None:
    with pytest.raises(errors.ClientError) as refused:
        await drawn(root, model="imagen-4.0-generate-001")
    assert refused.value.code == 404


async def test_a_wrong_key_is_refused(root: str) -> None:
    with pytest.raises(errors.ClientError) as refused:
        await drawn(root, key="wrong")
    assert (refused.value.code, "API key not valid" in str(refused.value)) == (400, True)


async def test_a_key_in_another_header_opens_nothing() -> None:
    async with playing("google") as play:
        request = play.provider.submit(play.order())
        bearer = Request("POST", request.url, "bearer", json=request.json)
        response = await play.outbound.send(bearer, secret=KEY, hosts=play.provider.hosts)
    assert response.status == 400
