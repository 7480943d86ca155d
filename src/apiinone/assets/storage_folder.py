"""A storage in a local folder.

A key is one file name in one of many folders (`folder_names.py`). Small writes are done where they are asked for while
they are that quick, because a thread would cost more than it frees; otherwise one thread does whatever waits. A put
survives the death of the process; a power cut may take what was written in the last seconds.

Nothing below the root is reached through a symbolic link: each step is opened as itself or not at all. What was opened
for one write serves the others of the next second.
"""

import asyncio
import os
import stat
import time
from collections.abc import AsyncGenerator, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path

from msgspec import Struct

from apiinone.assets.folder_names import TASK_SEGMENT, file_name, folder_of, is_folder, key_of
from apiinone.assets.storage import STREAM_CHUNK_BYTES, NoSuchObject, Part, StorageFailed, StoredObject, checked_key
from apiinone.core.batch import Batcher
from apiinone.core.errors import Overloaded

FOLDER_TRIES = 3
"""A folder is made anew where it was removed as empty just before the write."""
KEPT_S = 1.0
"""How long writes go to a folder that was opened once: moving it away then counts a second later."""
SMALL_BYTES_MAX = 256 * 1024
"""Up to here, writes are done at once or together; larger ones have a thread each."""
FAST_WRITE_S = 0.002
"""While small writes take no longer than this, they are done on the event loop."""
WRITE_WEIGHT = 0.1
"""How much the newest write counts in the running mean."""
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
        self._newest: _OpenFolder | None = None
        self._write_s = 0.0
        self._small = Batcher[_Write, StorageFailed | None](
            self._write_together, share_of=_account_of, size_max=BATCH_MAX, queue_max=WAITING_MAX
        )

    async def put(self, key: str, data: bytes) -> None:
        """Keep the bytes under the key, in place of what may be there. Raises StorageFailed."""
        write = _Write(checked_key(key), data)
        if len(data) > SMALL_BYTES_MAX:
            failure = await asyncio.to_thread(self._write, write)
        elif self._write_s <= FAST_WRITE_S and not self._small.waiting:
            failure = self._write_timed(write)
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

    async def stream(self, key: str, part: Part | None = None) -> AsyncGenerator[bytes]:
        """The bytes, or those of a part, in pieces. Raises NoSuchObject, StorageFailed."""
        with _understood():
            descriptor = await asyncio.to_thread(self._open, checked_key(key))
        try:
            at, end = (0, None) if part is None else (part.start, part.end)
            while end is None or at < end:
                most = STREAM_CHUNK_BYTES if end is None else min(STREAM_CHUNK_BYTES, end - at)
                with _understood():
                    piece = await asyncio.to_thread(os.pread, descriptor, most, at)
                at += len(piece)
                if piece:
                    yield piece
                if len(piece) < most:
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
        return await asyncio.to_thread(lambda: [self._write_timed(write) for write in writes])

    def _write_timed(self, write: "_Write") -> StorageFailed | None:
        began_s = time.perf_counter()
        failure = self._write(write)
        self._write_s += (time.perf_counter() - began_s - self._write_s) * WRITE_WEIGHT
        return failure

    def _write(self, write: "_Write") -> StorageFailed | None:
        """Plain `try` rather than the contexts below: a small write is done for every output."""
        for _ in range(FOLDER_TRIES):
            try:
                folder = self._kept_open(folder_of(write.key))
                _write_new(folder.descriptor, file_name(write.key), write.data)
            except FileNotFoundError:  # removed as empty since
                self._newest = None
            except OSError as error:
                self._newest = None  # a folder that a file server has forgotten is opened anew by the next write
                return _in_our_words(error)
            else:
                return None
        return StorageFailed("the folder cannot be made")

    def _kept_open(self, name: str) -> "_OpenFolder":
        """The folder, made where it is missing. Raises FileNotFoundError where it goes just then."""
        folder, now_s = self._newest, time.monotonic()
        if folder is None or folder.name != name or folder.until_s <= now_s:
            folder = self._newest = _OpenFolder(name, self._opened(name, create=True), now_s + KEPT_S)
        return folder

    def _open(self, key: str) -> int:
        try:
            with self._folder(folder_of(key)) as folder:
                descriptor = os.open(file_name(key), _READ, dir_fd=folder)
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
        names: set[str] = set()
        for key in keys:
            name = folder_of(key)
            names.add(name)
            with suppress(FileNotFoundError), self._folder(name) as folder:
                os.unlink(file_name(key), dir_fd=folder)
        self._drop_empty(names)

    def _drop_empty(self, names: Iterable[str]) -> None:
        """Remove folders that hold nothing any more. A write that comes just then makes its folder anew."""
        root = os.open(self._root, _FOLDER)
        try:
            for name in names:
                with suppress(OSError):
                    os.rmdir(name, dir_fd=root)
        finally:
            os.close(root)

    def _found(self, prefix: str) -> Iterator[StoredObject]:
        begin = file_name(f"{prefix}/") if prefix else ""
        one = prefix.count("/") >= TASK_SEGMENT
        for name in (
            [folder_of(prefix)] if one else [path.name for path in self._root.iterdir() if is_folder(path.name)]
        ):
            with suppress(FileNotFoundError), self._folder(name) as folder, os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.startswith(begin) and entry.is_file(follow_symlinks=False):
                        with suppress(FileNotFoundError):
                            yield _described(entry)

    @contextmanager
    def _folder(self, name: str) -> Generator[int]:
        """A descriptor of one of the folders, for a while. Raises FileNotFoundError."""
        folder = self._opened(name)
        try:
            yield folder
        finally:
            os.close(folder)

    def _opened(self, name: str, *, create: bool = False) -> int:
        """A descriptor of one of the folders, to be closed. Raises FileNotFoundError."""
        root = os.open(self._root, _FOLDER)
        try:
            try:
                return os.open(name, _FOLDER, dir_fd=root)
            except FileNotFoundError:
                if not create:
                    raise
                with suppress(FileExistsError):
                    os.mkdir(name, 0o700, dir_fd=root)
                return os.open(name, _FOLDER, dir_fd=root)
        finally:
            os.close(root)


class _OpenFolder:
    """A folder and its descriptor, closed when the last write to it has let go: writes come from threads too."""

    def __init__(self, name: str, descriptor: int, until_s: float) -> None:
        self.name = name
        self.descriptor = descriptor
        self.until_s = until_s

    def __del__(self) -> None:
        os.close(self.descriptor)


class _Write(Struct, frozen=True):
    key: str
    data: bytes


def _write_new(folder: int, name: str, data: bytes) -> None:
    """Write it under its own name at once, in place of what may be there: its key tells whether all of it is."""
    try:
        descriptor = os.open(name, _CREATE, 0o600, dir_fd=folder)
    except FileExistsError:
        os.unlink(name, dir_fd=folder)
        descriptor = os.open(name, _CREATE, 0o600, dir_fd=folder)
    try:
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        finally:
            os.close(descriptor)
    except OSError:
        with suppress(OSError):
            os.unlink(name, dir_fd=folder)
        raise


@contextmanager
def _understood() -> Generator[None]:
    """Turn the system's refusals into ours, which name no path."""
    try:
        yield
    except OSError as error:
        raise _in_our_words(error) from None


def _in_our_words(error: OSError) -> StorageFailed:
    return StorageFailed(f"the folder refuses: {os.strerror(error.errno or 0)}")


def _take(found: Iterator[StoredObject]) -> "list[StoredObject]":
    return list(islice(found, LISTED_TOGETHER))


def _account_of(write: _Write) -> str:
    return "/".join(write.key.split("/", 2)[:2])


def _described(entry: os.DirEntry[str]) -> StoredObject:
    status = entry.stat(follow_symlinks=False)
    return StoredObject(key_of(entry.name), status.st_size, status.st_mtime_ns // 1000)


_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
