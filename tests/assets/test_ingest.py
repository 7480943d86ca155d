import asyncio
import base64
import itertools
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Iterable
from pathlib import Path
from typing import TypeVar

import pytest
from msgspec import Struct

from apiinone.assets.ingest import (
    SVG_TARGET,
    THREAD_BYTES,
    Child,
    Fetcher,
    Ingest,
    IngestLimits,
    OutputUnavailable,
)
from apiinone.assets.media import Expected
from apiinone.assets.storage import Part, Place, Storage, StorageFailed, StoredObject, open_storage, place_prefix
from apiinone.assets.svg import sanitise
from apiinone.assets.svg_tree import BYTES_MAX as SVG_BYTES_MAX
from apiinone.core.errors import Overloaded
from apiinone.outbound import Fetched, FetchFailed, FetchFault, Outbound
from apiinone.providers.provider import Inline, Linked, Output
from apiinone.sandbox import Sandbox, SandboxFailed
from assets.hostile_svgs import CLEANED, REFUSED, drawing
from assets.pictures import noise_png, picture, png_bomb, webp

T = TypeVar("T")
PLACE = Place("live", "a" * 26, "b" * 26, "c" * 26)
OTHER_PLACE = Place("live", "a" * 26, "b" * 26, "d" * 26)
PNG = picture("PNG")
JPEG = picture("JPEG")


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

    async def call(
        self,
        target: str,  # noqa: ARG002 - the protocol's
        payload: Struct,  # noqa: ARG002 - the protocol's
        result: type[T],  # noqa: ARG002 - the protocol's
        *,
        timeout_s: float,  # noqa: ARG002 - the protocol's
    ) -> T:
        raise self.error


class Busy(Failing):
    """A child that notes how many calls it has at a time, and fails each a moment later."""

    at_once = at_once_max = 0

    async def call(self, target: str, payload: Struct, result: type[T], *, timeout_s: float) -> T:
        self.at_once += 1
        self.at_once_max = max(self.at_once, self.at_once_max)
        await asyncio.sleep(0.001)
        self.at_once -= 1
        return await super().call(target, payload, result, timeout_s=timeout_s)


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

    def stream(self, key: str, part: Part | None = None) -> AsyncGenerator[bytes]:
        return self.storage.stream(key, part)

    async def delete(self, keys: Iterable[str]) -> None:
        if not self.deletes:
            raise StorageFailed("read-only")
        await self.storage.delete(keys)

    def list(self, prefix: str) -> AsyncGenerator[StoredObject]:
        return self.storage.list(prefix)


class Broken(Flaky):
    def list(self, prefix: str) -> AsyncGenerator[StoredObject]:
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


async def test_a_large_picture_is_stored_like_a_small_one(storage: Storage) -> None:
    large = noise_png()
    (stored,) = await ingest(storage).store([Inline(large)], PLACE, "raster")
    assert stored.bytes == len(large) > THREAD_BYTES
    assert await storage.read(stored.key) == large


async def test_a_link_may_hold_the_output_itself(storage: Storage) -> None:
    url = "data:image/png;base64," + base64.b64encode(PNG).decode()
    (stored,) = await ingest(storage).store([Linked(url)], PLACE, "raster")
    assert await storage.read(stored.key) == PNG


async def test_a_drawing_is_made_safe_before_it_is_stored(storage: Storage, sandbox: Sandbox) -> None:
    hostile = CLEANED["onload on the root"]
    world = World({"https://cdn.example/x": hostile})
    outputs = [Inline(hostile), Linked("https://cdn.example/x")]
    stored = await ingest(storage, world, sandbox).store(outputs, PLACE, "vector")
    for output in stored:
        assert await storage.read(output.key) == sanitise(hostile)
        assert (output.content_type, output.width, output.height) == ("image/svg+xml", 10, 10)
        assert output.bytes == len(sanitise(hostile))
    assert world.asked[0][2] == SVG_BYTES_MAX


async def test_a_drawing_that_cannot_be_made_safe_is_not_stored(storage: Storage, sandbox: Sandbox) -> None:
    output = Inline(REFUSED["undeclared entity"])
    assert await refusal(ingest(storage, child=sandbox).store([output], PLACE, "vector")) == ("broken", False)
    assert await keys(storage) == []


@pytest.mark.parametrize(
    ("output", "expected", "reason"),
    [
        (Inline(b""), "raster", "empty"),
        (Inline(b""), "vector", "empty"),
        (Inline(b"<html>expired</html>"), "raster", "unknown_type"),
        (Inline(PNG[:-1]), "raster", "broken"),
        (Inline(PNG), "vector", "wrong_type"),
        (Inline(drawing("")), "raster", "wrong_type"),
        (Inline(picture("GIF")), "raster", "wrong_type"),
        (Inline(png_bomb(8193)), "raster", "too_many_pixels"),
        (Inline(drawing("<!--" + "x" * SVG_BYTES_MAX + "-->")), "vector", "too_large"),
        (Linked("data:image/png;base64,*"), "raster", "broken"),
    ],
)
async def test_an_output_that_is_not_what_was_ordered_is_unavailable(
    storage: Storage, output: Output, expected: Expected, reason: str
) -> None:
    assert (await refusal(ingest(storage).store([output], PLACE, expected)))[0] == reason
    assert await keys(storage) == []


async def test_the_limit_in_bytes_is_the_one_given(storage: Storage) -> None:
    limits = IngestLimits(bytes_max=len(PNG) - 1)
    assert await refusal(ingest(storage, limits=limits).store([Inline(PNG)], PLACE, "raster")) == ("too_large", False)


@pytest.mark.parametrize("count", [0, 17])
async def test_the_number_of_outputs_is_bounded(storage: Storage, count: int) -> None:
    call = ingest(storage).store([Inline(PNG)] * count, PLACE, "raster")
    assert await refusal(call) == ("number_of_outputs", False)
    assert len(await ingest(storage).store([Inline(PNG)] * 16, PLACE, "raster")) == 16


@pytest.mark.parametrize(
    ("file", "outcome"),
    [
        ("timeout", ("timeout", True)),
        ("expired", ("expired", False)),
        ("too_large", ("too_large", False)),
        (b"", ("empty", True)),
        (b"<html>soon</html>", ("unknown_type", True)),
        (PNG[:-5], ("broken", True)),
        (picture("GIF"), ("wrong_type", False)),
    ],
)
async def test_what_a_link_gives_may_be_better_the_next_time(
    storage: Storage, file: bytes | FetchFault, outcome: tuple[str, bool]
) -> None:
    world = World({"https://x/": file})
    assert await refusal(ingest(storage, world).store([Linked("https://x/")], PLACE, "raster")) == outcome


async def test_bytes_that_came_with_the_answer_stay_as_they_are(storage: Storage) -> None:
    assert await refusal(ingest(storage).store([Inline(PNG[:-5])], PLACE, "raster")) == ("broken", False)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (SandboxFailed("timed_out"), ("sandbox_failed", False)),
        (SandboxFailed("memory_spent"), ("sandbox_failed", False)),
        (SandboxFailed("crashed"), ("sandbox_failed", True)),
        (SandboxFailed("closed"), ("sandbox_failed", True)),
        (Overloaded("busy"), ("overloaded", True)),
    ],
)
async def test_a_child_that_fails_makes_the_output_unavailable(
    storage: Storage, error: Exception, outcome: tuple[str, bool]
) -> None:
    call = ingest(storage, child=Failing(error)).store([Inline(drawing(""))], PLACE, "vector")
    assert await refusal(call) == outcome


async def test_when_one_output_fails_none_is_kept(storage: Storage) -> None:
    before = await ingest(storage).store([Inline(PNG)], OTHER_PLACE, "raster")
    world = World({"https://x/slow": PNG, "https://x/gone": "expired"})
    outputs = [Inline(PNG), Linked("https://x/slow"), Linked("https://x/gone"), Inline(JPEG)]
    assert await refusal(ingest(storage, world).store(outputs, PLACE, "raster")) == ("expired", False)
    assert await keys(storage) == [before[0].key]


async def test_when_the_storage_fails_none_is_kept_and_another_try_may_help(storage: Storage) -> None:
    flaky = Flaky(storage, fails_at=2)
    call = ingest(flaky).store([Inline(PNG)] * 3, PLACE, "raster")
    assert await refusal(call) == ("storage_failed", True)
    assert await keys(storage) == []


async def test_what_cannot_be_removed_does_not_hide_the_reason(storage: Storage) -> None:
    flaky = Flaky(storage, fails_at=2, deletes=False)
    assert await refusal(ingest(flaky).store([Inline(PNG)] * 2, PLACE, "raster")) == ("storage_failed", True)


async def test_of_several_failures_the_hopeless_one_decides(storage: Storage) -> None:
    world = World({"https://x/1": "timeout", "https://x/2": "expired", "https://x/3": "timeout"})
    outputs = [Linked(url) for url in world.files]
    assert await refusal(ingest(storage, world).store(outputs, PLACE, "raster")) == ("expired", False)


async def test_a_defect_of_ours_is_not_dressed_up_as_the_vendors(storage: Storage) -> None:
    with pytest.raises(KeyError):
        await ingest(storage, World({})).store([Linked("https://unknown/"), Inline(PNG)], PLACE, "raster")
    assert await keys(storage) == []


async def test_fetches_at_once_are_bounded_over_all_tasks(storage: Storage) -> None:
    world = World({f"https://x/{number}": PNG for number in range(16)})
    outputs = [Linked(url) for url in world.files]
    busy = ingest(storage, world, limits=IngestLimits(fetches_max=3))
    await asyncio.gather(busy.store(outputs, PLACE, "raster"), busy.store(outputs, OTHER_PLACE, "raster"))
    assert world.at_once_max == 3


async def test_drawings_made_safe_at_once_are_bounded_over_all_tasks(storage: Storage) -> None:
    child = Busy(SandboxFailed("crashed"))
    busy = ingest(storage, child=child, limits=IngestLimits(fetches_max=3))
    outputs = [Inline(drawing(""))] * 16
    stores = (busy.store(outputs, place, "vector") for place in (PLACE, OTHER_PLACE))
    assert [type(one) for one in await asyncio.gather(*stores, return_exceptions=True)] == [OutputUnavailable] * 2
    assert child.at_once_max == 3


async def test_what_a_worker_stored_before_it_died_is_found_again(storage: Storage, sandbox: Sandbox) -> None:
    raster = await ingest(storage).store([Inline(PNG), Inline(JPEG)], PLACE, "raster")
    vector = await ingest(storage, child=sandbox).store([Inline(drawing(""))], OTHER_PLACE, "vector")
    assert await ingest(storage).recover(PLACE, outputs=2) == raster
    assert await ingest(storage).recover(OTHER_PLACE, outputs=1) == vector


@pytest.mark.parametrize("outputs", [0, 1, 3])
async def test_only_all_of_it_is_recovered(storage: Storage, outputs: int) -> None:
    await ingest(storage).store([Inline(PNG), Inline(JPEG)], PLACE, "raster")
    assert await ingest(storage).recover(PLACE, outputs=outputs) is None
    assert await ingest(storage).recover(OTHER_PLACE, outputs=outputs) is None


async def test_what_is_left_of_an_earlier_try_does_not_count_twice(storage: Storage) -> None:
    await ingest(storage).store([Inline(PNG)], PLACE, "raster")
    (second,) = await Ingest(storage, World({}), Failing(KeyError()), lambda size: b"\xff" * size).store(
        [Inline(JPEG)], PLACE, "raster"
    )
    recovered = await ingest(storage).recover(PLACE, outputs=1)
    assert recovered is not None
    assert len(recovered) == 1
    await storage.put(f"{place_prefix(PLACE)}/01-zz.part", b"half")
    assert await ingest(storage).recover(PLACE, outputs=1) == recovered
    await storage.delete([recovered[0].key])
    assert await ingest(storage).recover(PLACE, outputs=1) == (second,)


async def test_half_an_output_is_not_recovered_even_where_it_looks_like_a_whole_one(storage: Storage) -> None:
    (stored,) = await ingest(storage).store([Inline(PNG)], PLACE, "raster")
    await storage.put(stored.key, JPEG)
    assert await ingest(storage).recover(PLACE, outputs=1) is None


async def test_what_was_damaged_since_is_not_recovered(storage: Storage) -> None:
    (stored,) = await ingest(storage).store([Inline(PNG)], PLACE, "raster")
    await storage.put(stored.key, b"?" + PNG[1:])
    assert await ingest(storage).recover(PLACE, outputs=1) is None


async def test_a_storage_that_does_not_answer_is_not_taken_for_an_empty_one(storage: Storage) -> None:
    broken = Broken(storage, fails_at=0)
    assert await refusal(ingest(broken).recover(PLACE, outputs=1)) == ("storage_failed", True)


async def test_nothing_is_stored_for_what_is_no_place_of_ours(storage: Storage) -> None:
    for place in (Place("live", "../" * 9, "b" * 26, "c" * 26), Place("live", "", "b" * 26, "c" * 26)):
        with pytest.raises(ValueError, match="storage key"):
            await ingest(storage).store([Inline(PNG)], place, "raster")
        with pytest.raises(ValueError, match="storage key"):
            await ingest(storage).recover(place, outputs=1)
    assert await keys(storage) == []
