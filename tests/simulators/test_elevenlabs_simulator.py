"""The simulated ElevenLabs, driven by the vendor's own Python SDK."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import httpx
import pytest
from elevenlabs import AsyncElevenLabs, DialogueInput, ToDialogueSettingsResponseModel
from elevenlabs.core.api_error import ApiError

from apiinone.simulators import serving
from apiinone.simulators.options import SIMULATED_KEY, Options

VOICE = "JBFqnCBsd6RMkjVDRZzb"
LINES = [DialogueInput(text="Hello.", voice_id=VOICE), DialogueInput(text="Hi!", voice_id="EXAVITQu4vr4xnSDxMaL")]


@asynccontextmanager
async def opened(key: str) -> AsyncGenerator[AsyncElevenLabs]:
    async with serving("elevenlabs", Options(fast=True)) as root, httpx.AsyncClient(trust_env=False) as http:
        yield AsyncElevenLabs(api_key=key, base_url=root, httpx_client=http)


@pytest.fixture
async def client() -> AsyncGenerator[AsyncElevenLabs]:
    async with opened(SIMULATED_KEY) as found:
        yield found


async def spoken(
    client: AsyncElevenLabs, lines: Sequence[DialogueInput] = LINES, *, stability: float = 0.5, model: str = "eleven_v3"
) -> bytes:
    settings = ToDialogueSettingsResponseModel(stability=stability)
    sound = client.text_to_dialogue.convert(
        inputs=lines, model_id=model, settings=settings, output_format="mp3_44100_128"
    )
    return b"".join([chunk async for chunk in sound])


async def test_a_dialogue_comes_back_as_mp3(client: AsyncElevenLabs) -> None:
    assert (await spoken(client)).startswith(b"ID3")


@pytest.mark.parametrize(
    ("lines", "stability", "model", "status"),
    [
        ([], 0.5, "eleven_v3", 422),
        ([DialogueInput(text="", voice_id=VOICE)], 0.5, "eleven_v3", 422),
        (LINES, 0.5, "eleven_v9", 422),
        (LINES, 0.3, "eleven_v3", 400),
        ([DialogueInput(text="Hi", voice_id="my narrator")], 0.5, "eleven_v3", 400),
        ([DialogueInput(text="Hi", voice_id=f"voice{n}") for n in range(11)], 0.5, "eleven_v3", 400),
    ],
)
async def test_what_the_vendor_does_not_take_is_refused(
    client: AsyncElevenLabs, lines: list[DialogueInput], stability: float, model: str, status: int
) -> None:
    with pytest.raises(ApiError) as refused:
        await spoken(client, lines, stability=stability, model=model)
    assert refused.value.status_code == status


async def test_a_wrong_key_is_refused_with_the_vendors_word() -> None:
    async with opened("wrong") as client:
        with pytest.raises(ApiError) as refused:
            await spoken(client)
    assert refused.value.status_code == 401
    assert refused.value.body["detail"]["status"] == "invalid_api_key"
