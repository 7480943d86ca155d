import asyncio
import base64
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path
from typing import TypeVar

import pytest
from msgspec import Struct

from apiinone.assets.ingest import (
    SVG_TARGET,
    Child,
    Fetcher,
    Ingest,
    IngestLimits,
    OutputUnavailable,
    StoredOutput,
)
from apiinone.assets.storage import Place, Storage, StorageFailed, StoredObject, open_storage, place_prefix
from apiinone.assets.svg import sanitise
from apiinone.core.errors import Overloaded
from apiinone.outbound import Fetched, FetchFailed, FetchFault, Outbound
from apiinone.providers.provider import Inline, Linked, Output
from apiinone.sandbox import Sandbox, SandboxFailed
from apiinone.sandbox import Reason as SandboxReason
from assets.hostile_svgs import CLEANED, REFUSED, drawing
from assets.pictures import picture, png_bomb, webp

T = TypeVar("T")
PLACE = Place("live", "a" * 26, "b" * 26, "c" * 26)
OTHER_PLACE = Place("live", "a" * 26, "b" * 26, "d" * 26)
PNG = picture("PNG")
JPEG = picture("JPEG")
LARGE = picture("PNG", (1200, 900), "RGB") + b""


class World:
    """The addresses there are, and what was asked of them."""

    def __init__(self, files: dict[str, bytes | FetchFault]) -> None:
        self.files = files
        self.asked: list[tuple[str, tuple[str, ...], int]] = []
        self.at_once = 0
        self.at_once_max = 0

    async def fetch(self, url: str, *, hosts: tuple[str, ...], bytes_max: int, timeout_s: float) -> Fetched:
        assert timeout_s > 0
        self.asked.append((url, hosts, bytes_max))
        self.at_once += 1
        self.at_once_max = max(self.at_once, self.at_once_max)
        await asyncio.sleep(0.001)
        self.at_once -= 1
        file = self.files[url]
        if isinstance(file, str):
            raise FetchFailed(file)
        return Fetched(file, "image/lies")


class Failing:
    """A child that fails in an ordered way."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def call(self, target: str, payload: Struct, result: type[T], *, timeout_s: float) -> T:
        raise self.error


class Flaky:
    """A storage that fails its n-th put, and deletes only while `deletes` holds."""

    def __init__(self, storage: Storage, fails_at: int, *, deletes: bool = True) -> None:
        self.storage = storage
        self.puts = itertools.count(1)
        self.fails_at = fails_at
        self.deletes = deletes

    async def put(self, key: str, data: bytes) -> None:
        if next(self.puts) == self.fails_at:
            raise StorageFailed("full")
        await self.storage.put(key, data)

    async def read(self, key: str) -> bytes:
        return await self.storage.read(key)

    def stream(self, key: str) -> AsyncIterator[bytes]:
        return self.storage.stream(key)

    async def delete(self, keys: Iterable[str]) -> None:
        if not self.deletes:
            raise StorageFailed("read-only")
        await self.storage.delete(keys)

    def list(self, prefix: str) -> AsyncIterator[StoredObject]:
        return self.storage.list(prefix)


class Broken(Flaky):
    def list(self, prefix: str) -> AsyncIterator[StoredObject]:
        raise StorageFailed(f"no answer about {prefix}")


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return open_storage(str(tmp_path), {})


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    sandbox = Sandbox([SVG_TARGET])
    yield sandbox
    await sandbox.aclose()


def ingest(
    storage: Storage, world: Fetcher | None = None, child: Child | None = None, limits: IngestLimits | None = None
) -> Ingest:
    counter = itertools.count()
    unused = Failing(AssertionError("no drawing here"))
    return Ingest(storage, world or World({}), child or unused, lambda size: next(counter).to_bytes(size), limits)


async def keys(storage: Storage) -> list[str]:
    return sorted([stored.key async for stored in storage.list("")])


async def refusal(call: Awaitable[object]) -> tuple[str, bool]:
    with pytest.raises(OutputUnavailable) as caught:
        await call
    return caught.value.reason, caught.value.retryable


def protocols(outbound: Outbound, sandbox: Sandbox) -> tuple[Fetcher, Child]:
    """The product's own sender and sandbox are what an ingest takes: a matter for the type checker."""
    return outbound, sandbox


async def test_outputs_are_stored_in_order_under_the_place_of_their_attempt(storage: Storage) -> None:
    world = World({"https://cdn.example/1": JPEG})
    outputs = [Inline(PNG), Linked("https://cdn.example/1"), Inline(webp(lossless=True))]
    stored = await ingest(storage, world).store(outputs, PLACE, "raster", hosts=("cdn.example",))
    assert [output.content_type for output in stored] == ["image/png", "image/jpeg", "image/webp"]
    assert [output.key.rpartition("/")[0] for output in stored] == [place_prefix(PLACE)] * 3
    assert [output.key.rpartition("/")[2][:3] for output in stored] == ["00-", "01-", "02-"]
    assert [output.key.rpartition(".")[2] for output in stored] == ["png", "jpg", "webp"]
    assert all((output.width, output.height) == (40, 30) for output in stored)
    assert [await storage.read(output.key) for output in stored] == [PNG, JPEG, webp(lossless=True)]
    assert world.asked == [("https://cdn.example/1", ("cdn.example",), IngestLimits().bytes_max)]


async def test_no_key_can_be_guessed_from_another(storage: Storage) -> None:
    first = await ingest(storage).store([Inline(PNG), Inline(PNG)], PLACE, "raster")
    assert len({output.key[-24:] for output in first}) == 2
    assert first[0].sha256 not in first[0].key


async def test_a_large_picture_is_the_same_to_us(storage: Storage) -> None:
    large = picture("PNG", (900, 900)) if len(picture("PNG", (900, 900))) > 128 * 1024 else png_of_noise()
    (stored,) = await ingest(storage).store([Inline(large)], PLACE, "raster")
    assert stored.bytes == len(large) > 128 * 1024
    assert await storage.read(stored.key) == large


def png_of_noise() -> bytes:
    from PIL import Image  # noqa: PLC0415 - only here

    import io  # noqa: PLC0415 - only here

    out = io.BytesIO()
    Image.effect_noise((700, 700), 90).save(out, "PNG")
    return out.getvalue()
