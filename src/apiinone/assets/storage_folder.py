"""A storage in a local folder.

Measured with 2 KiB objects at concurrency 64 on ext4, CPU per put: obstore 173-355 µs, a thread for each put 163-310,
one thread for whatever waits, as here, 84-105. Most of the rest was making two folders for each task, so a key is one
file name here, in one of 1024 folders chosen by the place that the key names. A put survives the death of the process;
a power cut may take what was written in the last seconds.

Nothing below the root is reached through a symbolic link: each step is opened as itself or not at all.
"""

import asyncio
import os
import stat
import zlib
from collections.abc import AsyncGenerator, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path

from msgspec import Struct

from apiinone.assets.storage import STREAM_CHUNK_BYTES, NoSuchObject, StorageFailed, StoredObject, checked_key
from apiinone.core.batch import Batcher
from apiinone.core.errors import Overloaded

SHARDS = 1024
PLACE_SEGMENTS = 4
"""Keys that share so many segments share a folder, so that the outputs of one attempt are found in one look."""
SMALL_BYTES_MAX = 256 * 1024
"""Up to here, writes that wait are done together; larger ones have a thread each."""
BATCH_MAX = 64
WAITING_MAX = 100_000
LISTED_TOGETHER = 1000


class FolderStorage:
    """Keeps objects as files that only this user may read. Implements `Storage`."""

    def __init__(self, root: Path) -> None:
        """Take the root; it is created where missing. Raises StorageFailed."""
        with _understood():
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._root = root.resolve(strict=True)
        self._small = Batcher[_Write, StorageFailed | None](
            self._write_together, share_of=_account_of, size_max=BATCH_MAX, queue_max=WAITING_MAX
        )

    async def put(self, key: str, data: bytes) -> None:
        """Keep the bytes under the key, in place of what may be there. Raises StorageFailed."""
        write = _Write(checked_key(key), data)
        if len(data) > SMALL_BYTES_MAX:
            failure = await asyncio.to_thread(self._write, write)
        else:
            try:
                failure = await self._small.do(write)
            except Overloaded:
                raise StorageFailed("too many writes wait") from None
        if failure is not None:
            raise failure

    async def read(self, key: str) -> bytes:
        """All the bytes. Raises NoSuchObject, StorageFailed."""
        with _understood():
            return await asyncio.to_thread(self._read, checked_key(key))

    async def stream(self, key: str) -> AsyncGenerator[bytes]:
        """The bytes in pieces. Raises NoSuchObject, StorageFailed."""
        with _understood():
            descriptor = await asyncio.to_thread(self._open, checked_key(key))
        try:
            at = 0
            while True:
                with _understood():
                    piece = await asyncio.to_thread(os.pread, descriptor, STREAM_CHUNK_BYTES, at)
                at += len(piece)
                if piece:
                    yield piece
                if len(piece) < STREAM_CHUNK_BYTES:
                    return
        finally:
            os.close(descriptor)

    async def delete(self, keys: Iterable[str]) -> None:
        """Remove files; missing ones are no error. Raises StorageFailed."""
        with _understood():
            await asyncio.to_thread(self._delete, [checked_key(key) for key in keys])

    async def list(self, prefix: str) -> AsyncGenerator[StoredObject]:
        """Everything under a prefix. Raises StorageFailed."""
        found = self._found(prefix.rstrip("/"))
        while True:
            with _understood():
                batch = await asyncio.to_thread(_take, found)
            if not batch:
                return
            for stored in batch:
                yield stored

    async def _write_together(self, writes: "Sequence[_Write]") -> Sequence[StorageFailed | None]:
        return await asyncio.to_thread(lambda: [self._write(write) for write in writes])

    def _write(self, write: "_Write") -> StorageFailed | None:
        try:
            with _understood(), self._shard(_shard_of(write.key), create=True) as shard:
                _write_whole(shard, _file_name(write.key), write.data)
        except StorageFailed as failure:
            return failure
        return None

    def _open(self, key: str) -> int:
        try:
            with self._shard(_shard_of(key)) as shard:
                descriptor = os.open(_file_name(key), _READ, dir_fd=shard)
        except FileNotFoundError:
            raise NoSuchObject from None
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise StorageFailed("not a file")
        return descriptor

    def _read(self, key: str) -> bytes:
        with os.fdopen(self._open(key), "rb") as file:
            return file.read()

    def _delete(self, keys: Iterable[str]) -> None:
        for key in keys:
            with suppress(FileNotFoundError), self._shard(_shard_of(key)) as shard:
                os.unlink(_file_name(key), dir_fd=shard)

    def _found(self, prefix: str) -> Iterator[StoredObject]:
        whole_place = prefix.count("/") + 1 >= PLACE_SEGMENTS
        begin = _file_name(f"{prefix}/") if prefix else ""
        for name in [_shard_of(prefix)] if whole_place else [f"{number:03x}" for number in range(SHARDS)]:
            with suppress(FileNotFoundError), self._shard(name) as shard, os.scandir(shard) as entries:
                for entry in entries:
                    if entry.name.startswith(begin) and entry.is_file(follow_symlinks=False):
                        with suppress(FileNotFoundError):
                            yield _described(entry)

    @contextmanager
    def _shard(self, name: str, *, create: bool = False) -> Generator[int]:
        """A descriptor of one of the folders."""
        root = os.open(self._root, _FOLDER)
        try:
            try:
                shard = os.open(name, _FOLDER, dir_fd=root)
            except FileNotFoundError:
                if not create:
                    raise
                with suppress(FileExistsError):
                    os.mkdir(name, 0o700, dir_fd=root)
                shard = os.open(name, _FOLDER, dir_fd=root)
        finally:
            os.close(root)
        try:
            yield shard
        finally:
            os.close(shard)


class _Write(Struct, frozen=True):
    key: str
    data: bytes


def _write_whole(folder: int, name: str, data: bytes) -> None:
    """Write beside the final name and rename: the one step that makes the file appear, whole."""
    part = f"{name}{_PART}"
    try:
        descriptor = os.open(part, _CREATE, 0o600, dir_fd=folder)
    except FileExistsError:  # left behind by a process that died
        os.unlink(part, dir_fd=folder)
        descriptor = os.open(part, _CREATE, 0o600, dir_fd=folder)
    try:
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        finally:
            os.close(descriptor)
        os.rename(part, name, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:
        with suppress(OSError):
            os.unlink(part, dir_fd=folder)
        raise


@contextmanager
def _understood() -> Generator[None]:
    """Turn the system's refusals into ours, which name no path."""
    try:
        yield
    except OSError as error:
        raise StorageFailed(f"the folder refuses: {os.strerror(error.errno or 0)}") from None


def _take(found: Iterator[StoredObject]) -> "list[StoredObject]":
    return list(islice(found, LISTED_TOGETHER))


def _shard_of(key: str) -> str:
    """The folder for a key, or for the place that begins it."""
    place = "/".join(key.split("/", PLACE_SEGMENTS)[:PLACE_SEGMENTS])
    return f"{zlib.crc32(place.encode()) % SHARDS:03x}"


def _account_of(write: _Write) -> str:
    return "/".join(write.key.split("/", 2)[:2])


def _file_name(key: str) -> str:
    """The key in one name: no key has the character that stands for its slashes."""
    return key.replace("/", "~")


def _described(entry: os.DirEntry[str]) -> StoredObject:
    status = entry.stat(follow_symlinks=False)
    return StoredObject(entry.name.replace("~", "/"), status.st_size, status.st_mtime_ns // 1000)


_PART = ".part"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
