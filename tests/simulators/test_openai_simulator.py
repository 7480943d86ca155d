"""The simulated OpenAI, driven by the vendor's own Python SDK."""

import base64
import io
from collections.abc import AsyncGenerator, Mapping

import openai
import pytest
from PIL import Image

from apiinone.simulators import serving
from apiinone.simulators.options import SIMULATED_KEY

FILE = ("a.png", b"\x89PNG", "image/png")


@pytest.fixture
async def client() -> AsyncGenerator[openai.AsyncOpenAI]:
    async with (
        serving("openai") as root,
        openai.AsyncOpenAI(api_key=SIMULATED_KEY, base_url=f"{root}/v1", max_retries=0) as opened,
    ):
        yield opened


def opened(answer: openai.types.ImagesResponse) -> list[tuple[str | None, tuple[int, int]]]:
    found: list[tuple[str | None, tuple[int, int]]] = []
    for image in answer.data or []:
        with Image.open(io.BytesIO(base64.b64decode(image.b64_json or ""))) as picture:
            found.append((picture.format, picture.size))
    return found


async def test_the_vendors_sdk_draws_and_is_told_the_tokens(client: openai.AsyncOpenAI) -> None:
    answer = await client.images.generate(model="gpt-image-1.5", prompt="a hill", n=2, size="1536x1024")
    assert opened(answer) == [("PNG", (1536, 1024))] * 2
    assert answer.usage is not None
    assert (answer.usage.output_tokens, answer.usage.input_tokens_details.text_tokens) == (2 * 1056, 2)


@pytest.mark.parametrize(("model", "size"), [("gpt-image-2", "1536x864"), ("gpt-image-2", "auto")])
async def test_the_second_model_draws_other_sizes(client: openai.AsyncOpenAI, model: str, size: str) -> None:
    answer = await client.images.generate(model=model, prompt="a hill", size=size, output_format="webp")
    assert opened(answer)[0][0] == "WEBP"
    assert answer.size == ("1024x1024" if size == "auto" else size)


@pytest.mark.parametrize("images", [FILE, [FILE, FILE]])
async def test_the_vendors_sdk_edits_one_picture_or_several(client: openai.AsyncOpenAI, images: object) -> None:
    answer = await client.images.edit(model="gpt-image-2", prompt="a hill", image=images)  # pyright: ignore[reportArgumentType, reportUnknownMemberType, reportCallIssue, reportUnknownVariableType]
    assert opened(answer) == [("PNG", (1024, 1024))]  # pyright: ignore[reportUnknownArgumentType]


@pytest.mark.parametrize(
    "fields",
    [
        {"prompt": ""},
        {"n": 11},
        {"size": "1000x1000"},
        {"size": "1024*1024"},
        {"model": "gpt-image-2", "size": "1600x160"},
        {"quality": "hd"},
        {"response_format": "b64_json"},
        {"output_format": "gif"},
        {"style": "vivid"},
    ],
)
async def test_what_the_vendor_does_not_take_is_refused(
    client: openai.AsyncOpenAI, fields: Mapping[str, object]
) -> None:
    body: dict[str, object] = {"model": "gpt-image-1.5", "prompt": "a hill", **fields}
    with pytest.raises(openai.BadRequestError):
        await client.images.generate(prompt=str(body.pop("prompt")), extra_body=body)


@pytest.mark.parametrize("file", [("a.gif", b"GIF8", "image/gif"), ("a.png", b"x", "image/jpeg"), ("a", b"x")])
async def test_a_file_that_is_no_picture_is_refused(client: openai.AsyncOpenAI, file: tuple[str, bytes, str]) -> None:
    with pytest.raises(openai.BadRequestError):
        await client.images.edit(model="gpt-image-2", prompt="a hill", image=file)


async def test_a_model_that_ended_is_not_found(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        await client.images.generate(model="gpt-image-1", prompt="a hill")


async def test_a_wrong_key_is_refused(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.AuthenticationError):
        await client.with_options(api_key="wrong").images.generate(model="gpt-image-2", prompt="a hill")
