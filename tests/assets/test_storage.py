import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from obstore.store import LocalStore

from apiinone.assets.storage import (
    NoSuchObject,
    Part,
    Place,
    Storage,
    StorageFailed,
    StoredObject,
    check,
    checked_key,
    is_whole,
    open_storage,
    output_index,
    output_key,
    place_prefix,
)
from apiinone.assets.storage_objects import ObjectStorage
from assets.s3_simulator import BUCKET, S3Server, s3_server

PLACE = Place("test", "a" * 26, "b" * 26, "c" * 26)
KEY = output_key(PLACE, 0, b"\x01\x02", 4, "png")


@pytest.fixture
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture(params=["folder", "memory", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    match request.param:
        case "folder":
            return open_storage(str(tmp_path / "outputs"), {})
        case "memory":
            return open_storage("memory://", {})
        case _:
            return open_s3(request.getfixturevalue("s3"))


def open_s3(server: S3Server) -> Storage:
    options = {
        "endpoint": server.address,
        "region": "eu-test-1",
        "access_key_id": "aio-test",
        "secret_access_key": "made-up",
    }
    return open_storage(f"s3://{BUCKET}", options)


async def collected(pieces: AsyncIterator[bytes]) -> list[bytes]:
    return [piece async for piece in pieces]


async def listed(storage: Storage, prefix: str) -> dict[str, StoredObject]:
    return {stored.key: stored async for stored in storage.list(prefix)}


@pytest.mark.parametrize("size", [0, 1, 2048, 256 * 1024, 256 * 1024 + 1, 700_000])
async def test_what_is_put_is_read_back(storage: Storage, size: int) -> None:
    data = os.urandom(size)
    await storage.put(KEY, data)
    assert await storage.read(KEY) == data
    assert b"".join(await collected(storage.stream(KEY))) == data


@pytest.mark.parametrize(
    ("start", "end"), [(0, 1), (5, 6), (0, 700_000), (262_143, 262_145), (1, 600_000), (699_999, 700_000)]
)
async def test_a_part_is_read_without_the_rest(storage: Storage, start: int, end: int) -> None:
    data = os.urandom(700_000)
    await storage.put(KEY, data)
    assert b"".join(await collected(storage.stream(KEY, Part(start, end)))) == data[start:end]


async def test_a_later_put_takes_the_place_of_an_earlier_one(storage: Storage) -> None:
    await storage.put(KEY, b"long before")
    await storage.put(KEY, b"now")
    assert await storage.read(KEY) == b"now"


async def test_what_is_missing_is_said_so_and_may_be_deleted(storage: Storage) -> None:
    other = output_key(PLACE, 1, b"\x01", 4, "png")
    with pytest.raises(NoSuchObject):
        await storage.read(KEY)
    with pytest.raises(NoSuchObject):
        await collected(storage.stream(KEY))
    await storage.put(other, b"x")
    await storage.delete([KEY, other, KEY])
    await storage.delete([])
    with pytest.raises(NoSuchObject):
        await storage.read(other)


async def test_a_listing_has_what_lies_below_whole_segments(storage: Storage) -> None:
    elsewhere = output_key(Place("test", "a" * 26, "b" * 26, "d" * 26), 0, b"\x01", 4, "svg")
    another = output_key(Place("live", "e" * 26, "b" * 26, "c" * 26), 0, b"\x01", 4, "svg")
    before_us = time.time_ns() // 1000 - 2_000_000
    for key in (KEY, elsewhere, another, "probe/x.txt"):
        await storage.put(key, b"four")
    found = await listed(storage, place_prefix(PLACE))
    assert found.keys() == {KEY}
    assert found[KEY].bytes == 4
    assert before_us < found[KEY].modified_us < before_us + 60_000_000
    assert (await listed(storage, "test/" + "a" * 26)).keys() == {KEY, elsewhere}
    assert (await listed(storage, "test/" + "a" * 26 + "/")).keys() == {KEY, elsewhere}
    assert (await listed(storage, "")).keys() == {KEY, elsewhere, another, "probe/x.txt"}
    for part_of_a_segment in ("test/aaa", "te", place_prefix(PLACE)[:-1], "test/none"):
        assert await listed(storage, part_of_a_segment) == {}


async def test_many_writes_at_once_all_arrive(storage: Storage) -> None:
    keys = [output_key(PLACE, index, bytes([index, 7]), 4, "png") for index in range(90)]
    await asyncio.gather(*(storage.put(key, key.encode() * 50) for key in keys))
    assert [await storage.read(key) for key in keys] == [key.encode() * 50 for key in keys]


async def test_the_check_leaves_nothing_behind(storage: Storage) -> None:
    await check(storage, b"\x01\x02\x03")
    assert await listed(storage, "") == {}


async def test_s3_is_asked_with_the_credential_and_its_failures_are_ours(s3: S3Server) -> None:
    storage = open_s3(s3)
    await storage.put(KEY, b"data")
    assert s3.objects == {KEY: b"data"}
    s3.fails_with = 403
    for call in (storage.put(KEY, b""), storage.read(KEY), storage.delete([KEY]), check(storage, b"\x01")):
        with pytest.raises(StorageFailed) as caught:
            await call
        assert s3.address not in str(caught.value)
        assert "aio-test" not in str(caught.value)
    with pytest.raises(StorageFailed):
        await listed(storage, "")
    assert set(s3.authorised) == {True}


async def test_what_is_missing_may_be_deleted_where_the_store_itself_minds(tmp_path: Path) -> None:
    storage = ObjectStorage(cast("Any", LocalStore(tmp_path)))  # like the stores of Google and Azure, it minds
    keys = [f"a/{number}" for number in range(50)]
    for key in keys[1::2]:
        await storage.put(key, b"x")
    await storage.delete(keys)
    await storage.delete(keys[:1])
    assert await listed(storage, "") == {}


async def test_a_storage_that_forgets_fails_the_check(s3: S3Server) -> None:
    storage = open_s3(s3)
    s3.objects = _Forgetful()
    with pytest.raises(StorageFailed):
        await check(storage, b"\x01")


class _Forgetful(dict[str, bytes]):
    def __setitem__(self, key: str, value: bytes) -> None:
        """Keep nothing."""


@pytest.mark.parametrize("url", ["ftp://host/x", "http://host/x", "s3:", "gs:///", "postgresql://x/y"])
def test_another_kind_of_storage_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"storage|store"):
        open_storage(url, {})


def test_a_folder_may_be_given_as_a_file_url(tmp_path: Path) -> None:
    open_storage(f"file://{tmp_path}/with%20space", {})
    assert (tmp_path / "with space").is_dir()


def test_a_key_says_whose_it_is_and_nothing_else() -> None:
    assert f"test/{'a' * 26}/{'b' * 26}/{'c' * 26}/00-0102-4.png" == KEY
    assert output_index(KEY) == 0
    assert output_index(KEY + ".part") is None
    assert output_index("probe/x.txt") is None


@pytest.mark.parametrize(
    ("key", "size_bytes", "whole"),
    [
        (KEY, 4, True),
        (KEY, 3, False),
        (KEY, 0, False),
        (KEY, 5, False),
        (KEY.replace("-4.", "."), 3, True),
        (KEY + ".part", 4, False),
        ("probe/x-4.txt", 4, False),
    ],
)
def test_an_output_is_whole_if_it_is_as_long_as_its_key_says(key: str, size_bytes: int, *, whole: bool) -> None:
    assert is_whole(StoredObject(key, size_bytes, 0)) is whole


@pytest.mark.parametrize(
    ("place", "index", "extension"),
    [
        (Place("test", "A" * 26, "b" * 26, "c" * 26), 0, "png"),
        (Place("test", "../../../../../../../../..", "b" * 26, "c" * 26), 0, "png"),
        (Place("test", "a" * 26, "b" * 25 + "/", "c" * 26), 0, "png"),
        (Place("test", "a" * 26, "b" * 26, ""), 0, "png"),
        (PLACE, 100, "png"),
        (PLACE, -1, "png"),
        (PLACE, 0, "../x"),
        (PLACE, 0, ""),
    ],
)
def test_a_key_is_made_of_ids_only(place: Place, index: int, extension: str) -> None:
    with pytest.raises(ValueError, match="key"):
        output_key(place, index, b"\x01", 4, extension)


@pytest.mark.parametrize(
    "key", ["", "/x", "x/", "x//y", ".", "..", "x/../y", "x/.y", "x\\y", "x~y", "x\0", "x" * 241, "é"]
)
async def test_a_key_that_could_mean_something_else_is_refused(storage: Storage, key: str) -> None:
    for call in (storage.put(key, b""), storage.read(key), storage.delete([key]), collected(storage.stream(key))):
        with pytest.raises(ValueError, match="storage key"):
            await call


@given(st.text(max_size=40))
def test_no_checked_key_leaves_the_root(text: str) -> None:
    try:
        key = checked_key(text)
    except ValueError:
        return
    root = Path("/outputs")
    assert root.joinpath(key).parts == (*root.parts, *key.split("/"))
    assert ".." not in key.split("/")
    assert "~" not in key
