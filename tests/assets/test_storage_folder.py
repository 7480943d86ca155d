import asyncio
import gc
import os
import threading
import time
from pathlib import Path

import pytest

from apiinone.assets import storage_folder
from apiinone.assets.storage import Place, Storage, StorageFailed, is_whole, open_storage, output_key
from apiinone.core.ids import Ids
from clocks import ClockForTests


def key_of(task_id: str, index: int = 0) -> str:
    return output_key(Place("test", "a" * 26, task_id, "c" * 26), index, b"\x01\x02", 5, "png")


KEY = key_of("b" * 26)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "outputs"


@pytest.fixture
def storage(root: Path) -> Storage:
    return open_storage(str(root), {})


async def keys(storage: Storage) -> list[str]:
    return [stored.key async for stored in storage.list("")]


def below(root: Path) -> list[Path]:
    return list(root.rglob("*"))


def opened_below(root: Path) -> list[Path]:
    """What this process has open there; what else it has open comes and goes with other tests."""
    opened = (descriptor.resolve() for descriptor in Path("/proc/self/fd").iterdir())
    return [path for path in opened if path.is_relative_to(root)]


def only_file(root: Path) -> Path:
    (file,) = (path for path in below(root) if path.is_file())
    return file


def only_folder(root: Path) -> Path:
    (folder,) = root.iterdir()
    return folder


async def test_files_are_for_this_user_only(storage: Storage, root: Path) -> None:
    await storage.put(KEY, b"x")
    assert [path.stat().st_mode & 0o077 for path in (root, only_folder(root), only_file(root))] == [0, 0, 0]


async def test_a_symbolic_link_is_never_followed(storage: Storage, root: Path, tmp_path: Path) -> None:
    await storage.put(KEY, b"x")
    file, secret = only_file(root), tmp_path / "secret"
    secret.write_bytes(b"secret")
    file.unlink()
    file.symlink_to(secret)
    with pytest.raises(StorageFailed):
        await storage.read(KEY)
    with pytest.raises(StorageFailed):
        await anext(storage.stream(KEY))
    assert await keys(storage) == []
    await storage.put(KEY, b"new")
    assert secret.read_bytes() == b"secret"
    assert await storage.read(KEY) == b"new"


async def test_deleting_a_symbolic_link_leaves_what_it_points_to(storage: Storage, root: Path, tmp_path: Path) -> None:
    await storage.put(KEY, b"x")
    file = only_file(root)
    file.rename(tmp_path / "kept")
    file.symlink_to(tmp_path / "kept")
    await storage.delete([KEY])
    assert (tmp_path / "kept").read_bytes() == b"x"


async def test_a_folder_that_is_a_symbolic_link_is_refused(
    storage: Storage, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_folder, "KEPT_S", 0.0)
    await storage.put(KEY, b"x")
    folder, elsewhere = only_folder(root), tmp_path / "elsewhere"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)
    for call in (storage.put(KEY, b""), storage.read(KEY), storage.delete([KEY]), keys(storage)):
        with pytest.raises(StorageFailed):
            await call
    assert only_file(elsewhere).read_bytes() == b"x"


async def test_what_is_no_file_is_not_read(storage: Storage, root: Path) -> None:
    await storage.put(KEY, b"x")
    file = only_file(root)
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(StorageFailed):
        await storage.read(KEY)


@pytest.mark.parametrize("written_bytes", [0, 3])
async def test_no_half_file_is_ever_taken_for_a_whole_one(
    storage: Storage, monkeypatch: pytest.MonkeyPatch, written_bytes: int
) -> None:
    write = os.write

    def dies(descriptor: int, data: memoryview) -> int:
        write(descriptor, data[:written_bytes])
        raise SystemError("the process dies here")

    monkeypatch.setattr(os, "write", dies)
    with pytest.raises(SystemError):
        await storage.put(KEY, b"whole")
    monkeypatch.undo()
    assert [is_whole(stored) async for stored in storage.list("")] == [False]
    await storage.put(KEY, b"whole")
    assert await storage.read(KEY) == b"whole"
    assert [(stored.key, is_whole(stored)) async for stored in storage.list("")] == [(KEY, True)]


async def test_what_is_written_by_and_by_is_whole_in_the_end(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write

    def little(descriptor: int, data: memoryview) -> int:
        return write(descriptor, data[:2])

    monkeypatch.setattr(os, "write", little)
    await storage.put(KEY, b"whole")
    assert await storage.read(KEY) == b"whole"


@pytest.mark.parametrize("suffix", ["", ".part"])
async def test_a_leftover_can_be_deleted_by_the_key_it_is_listed_with(
    storage: Storage, root: Path, suffix: str
) -> None:
    await storage.put(KEY, b"hal")
    file = only_file(root)
    file.rename(f"{file}{suffix}")
    await storage.delete(await keys(storage))
    assert await keys(storage) == []


async def test_a_write_that_fails_leaves_nothing_and_its_neighbours_alone(
    storage: Storage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write

    def full(descriptor: int, data: memoryview) -> int:
        if bytes(data) == b"bad":
            raise OSError(28, "No space left on device", str(root))
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", full)
    writes = (storage.put(f"{name}/1", name.encode()) for name in ("good", "bad", "fine"))
    results = await asyncio.gather(*writes, return_exceptions=True)
    assert [type(result) for result in results] == [type(None), StorageFailed, type(None)]
    assert str(root) not in str(results[1])
    assert sorted(await keys(storage)) == ["fine/1", "good/1"]


async def test_a_caller_that_goes_away_does_not_take_others_with_it(storage: Storage) -> None:
    first = asyncio.create_task(storage.put("a/1", b"1"))
    second = asyncio.create_task(storage.put("a/2", b"2"))
    await asyncio.sleep(0)
    first.cancel()
    await second
    assert await storage.read("a/2") == b"2"


async def test_a_stream_that_is_left_early_leaves_nothing_open(storage: Storage) -> None:
    await storage.put(KEY, bytes(700_000))
    gc.collect()  # what tests before this one left open is closed first
    before = len(os.listdir("/dev/fd"))  # noqa: PTH208 - no path of ours
    stream = storage.stream(KEY)
    assert len(await anext(stream)) == 256 * 1024
    await stream.aclose()
    assert len(os.listdir("/dev/fd")) == before  # noqa: PTH208 - as above


def test_a_root_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageFailed):
        open_storage(str(tmp_path / "file"), {})


async def test_outputs_of_the_same_minutes_share_a_folder_and_an_empty_folder_goes(
    storage: Storage, root: Path
) -> None:
    ids = Ids(clock := ClockForTests())
    first, second = key_of(ids.new()), key_of(ids.new())
    clock.pass_s(600)
    later = key_of(ids.new())
    for key in (first, second, later):
        await storage.put(key, b"x")
    assert len({file.parent for file in below(root) if file.is_file()}) == 2
    await storage.delete([first])
    assert sorted(await keys(storage)) == sorted([second, later])
    await storage.delete([second])
    assert only_folder(root) == only_file(root).parent
    await storage.put(first, b"x")
    assert sorted(await keys(storage)) == sorted([first, later])


async def test_a_write_survives_that_its_folder_is_removed_as_empty_just_then(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await storage.put(KEY, b"x")
    await storage.delete([KEY])
    mkdir, removed = os.mkdir, 0

    def made_and_gone(name: str, mode: int, *, dir_fd: int) -> None:
        nonlocal removed
        mkdir(name, mode, dir_fd=dir_fd)
        if not removed:
            removed = 1
            os.rmdir(name, dir_fd=dir_fd)

    monkeypatch.setattr(os, "mkdir", made_and_gone)
    await storage.put(KEY, b"again")
    assert removed
    assert await storage.read(KEY) == b"again"


async def test_folders_that_are_written_to_no_more_are_closed(storage: Storage, root: Path) -> None:
    ids = Ids(clock := ClockForTests())
    for _ in range(5):
        await asyncio.gather(storage.put(key_of(ids.new()), bytes(300_000)), storage.put(key_of(ids.new()), b"x"))
        clock.pass_s(600)
    assert len(opened_below(root)) == 1


async def test_a_folder_is_opened_once_for_the_writes_of_a_second(
    storage: Storage, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began_s = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: began_s)
    await storage.put(KEY, b"x")
    only_folder(root).rename(moved := tmp_path / "moved")
    await storage.put(KEY, b"at once")
    assert only_file(moved).read_bytes() == b"at once"
    monkeypatch.setattr(time, "monotonic", lambda: began_s + storage_folder.KEPT_S)
    await storage.put(KEY, b"later")
    assert await storage.read(KEY) == b"later"


async def test_what_else_lies_in_the_root_is_no_object(storage: Storage, root: Path) -> None:
    (root / "lost+found").mkdir()
    (root / "note.txt").write_text("x")
    await storage.put(KEY, b"x")
    assert await keys(storage) == [KEY]


async def test_writes_leave_the_event_loop_while_the_disk_is_slow(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, threads = os.write, list[int]()

    def slow(descriptor: int, data: bytes) -> int:
        threads.append(threading.get_ident())
        time.sleep(0.02)
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", slow)
    for number in range(3):
        await storage.put(key_of("b" * 26, number), b"x")
    assert threads[0] == threading.get_ident() != threads[-1]
