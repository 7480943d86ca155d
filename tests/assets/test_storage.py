import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiinone.assets.storage import (
    NoSuchObject,
    Place,
    Storage,
    StorageFailed,
    StoredObject,
    check,
    checked_key,
    open_storage,
    output_index,
    output_key,
    place_prefix,
)
from assets.s3_simulator import BUCKET, S3Server, s3_server

PLACE = Place("test", "a" * 26, "b" * 26, "c" * 26)
KEY = output_key(PLACE, 0, b"\x01\x02", "png")


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


async def test_a_later_put_takes_the_place_of_an_earlier_one(storage: Storage) -> None:
    await storage.put(KEY, b"long before")
    await storage.put(KEY, b"now")
    assert await storage.read(KEY) == b"now"


async def test_what_is_missing_is_said_so_and_may_be_deleted(storage: Storage) -> None:
    other = output_key(PLACE, 1, b"\x01", "png")
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
    elsewhere = output_key(Place("test", "a" * 26, "b" * 26, "d" * 26), 0, b"\x01", "svg")
    another = output_key(Place("live", "e" * 26, "b" * 26, "c" * 26), 0, b"\x01", "svg")
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
    assert await listed(storage, "test/none") == {}


async def test_many_writes_at_once_all_arrive(storage: Storage) -> None:
    keys = [output_key(PLACE, index, bytes([index, 7]), "png") for index in range(90)]
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
    with pytest.raises(ValueError, match="storage|store"):
        open_storage(url, {})


def test_a_folder_may_be_given_as_a_file_url(tmp_path: Path) -> None:
    open_storage(f"file://{tmp_path}/with%20space", {})
    assert (tmp_path / "with space").is_dir()


def test_a_key_says_whose_it_is_and_nothing_else() -> None:
    assert KEY == f"test/{'a' * 26}/{'b' * 26}/{'c' * 26}/00-0102.png"
    assert output_index(KEY) == 0
    assert output_index(KEY + ".part") is None
    assert output_index("probe/x.txt") is None


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
        output_key(place, index, b"\x01", extension)


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
    assert not os.path.isabs(key)
    assert os.path.normpath(key) == key
    assert ".." not in key.split("/")


class TestFolder:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        return tmp_path / "outputs"

    async def test_files_are_for_this_user_only(self, root: Path) -> None:
        await open_storage(str(root), {}).put(KEY, b"x")
        assert root.stat().st_mode & 0o077 == 0
        for path in root.rglob("*"):
            assert path.stat().st_mode & 0o077 == 0

    async def test_a_symbolic_link_is_never_followed(self, root: Path, tmp_path: Path) -> None:
        storage = open_storage(str(root), {})
        await storage.put(KEY, b"x")
        file = next(path for path in root.rglob("*") if path.is_file())
        secret = tmp_path / "secret"
        secret.write_bytes(b"secret")
        file.unlink()
        file.symlink_to(secret)
        with pytest.raises(StorageFailed):
            await storage.read(KEY)
        with pytest.raises(StorageFailed):
            await collected(storage.stream(KEY))
        assert await listed(storage, "") == {}
        await storage.put(KEY, b"new")
        assert secret.read_bytes() == b"secret"
        assert await storage.read(KEY) == b"new"
        await storage.delete([KEY])

    async def test_a_folder_that_is_a_symbolic_link_is_refused(self, root: Path, tmp_path: Path) -> None:
        storage = open_storage(str(root), {})
        await storage.put(KEY, b"x")
        folder = next(path for path in root.iterdir())
        folder.rename(tmp_path / "elsewhere")
        folder.symlink_to(tmp_path / "elsewhere")
        for call in (storage.put(KEY, b""), storage.read(KEY), storage.delete([KEY]), listed(storage, "")):
            with pytest.raises(StorageFailed):
                await call
        assert len(list((tmp_path / "elsewhere").iterdir())) == 1

    async def test_what_is_no_file_is_not_read(self, root: Path) -> None:
        storage = open_storage(str(root), {})
        await storage.put(KEY, b"x")
        file = next(path for path in root.rglob("*") if path.is_file())
        file.unlink()
        os.mkfifo(file)
        with pytest.raises(StorageFailed):
            await storage.read(KEY)

    async def test_no_half_file_has_its_final_name(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        storage = open_storage(str(root), {})

        def dies(*_: object, **__: object) -> None:
            raise SystemError("the process dies here")

        monkeypatch.setattr(os, "rename", dies)
        with pytest.raises(Exception, match="stored"):
            await storage.put(KEY, b"half")
        monkeypatch.undo()
        left = await listed(storage, "")
        assert [output_index(key) for key in left] == [None]
        await storage.put(KEY, b"whole")
        assert await storage.read(KEY) == b"whole"
        assert (await listed(storage, "")).keys() == {KEY}

    async def test_a_leftover_can_be_deleted_by_its_listed_key(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        storage = open_storage(str(root), {})
        await storage.put(KEY, b"x")
        file = next(path for path in root.rglob("*") if path.is_file())
        file.rename(f"{file}.part")
        await storage.delete(list(await listed(storage, "")))
        assert await listed(storage, "") == {}

    async def test_a_full_disk_fails_its_own_write_and_leaves_nothing(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        storage = open_storage(str(root), {})
        rename = os.rename

        def full(source: str, *args: object, **options: object) -> None:
            if "/bad" in source or "bad" in source:
                raise OSError(28, "No space left on device", str(root))
            rename(source, *args, **options)  # pyright: ignore[reportArgumentType] - passed on as they came

        monkeypatch.setattr(os, "rename", full)
        results = await asyncio.gather(
            *(storage.put(key, b"x") for key in ("good/1", "bad/1", "good/2")), return_exceptions=True
        )
        assert [type(result) for result in results] == [type(None), StorageFailed, type(None)]
        assert str(root) not in str(results[1])
        assert (await listed(storage, "")).keys() == {"good/1", "good/2"}

    async def test_a_caller_that_goes_away_does_not_take_others_with_it(self, root: Path) -> None:
        storage = open_storage(str(root), {})
        first = asyncio.create_task(storage.put("a/1", b"1"))
        second = asyncio.create_task(storage.put("a/2", b"2"))
        await asyncio.sleep(0)
        first.cancel()
        await second
        assert await storage.read("a/2") == b"2"

    def test_a_root_that_is_a_file_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(StorageFailed):
            open_storage(str(tmp_path / "file"), {})
