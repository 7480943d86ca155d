"""Where copies of outputs are kept: by key in a folder, in memory or in an object store, chosen by URL.

A key says whose it is: mode, account, task, attempt, then a number, a random part, and how long the output is. No
client's words and no hash of the content are in it, so a key neither shows what another tenant has nor lets anyone meet
or delete it (hazard 35). By its length an output that is not whole is told from one that is.
"""

import re
from collections.abc import AsyncGenerator, Iterable, Mapping
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from apiinone.core.ids import is_id

Mode = Literal["live", "test"]

KEY_CHARACTERS_MAX = 240
"""A folder keeps a whole key in one file name, of at most 255 bytes on the file systems in use."""
STREAM_CHUNK_BYTES = 256 * 1024


class StoredObject(Struct, frozen=True):
    """One object in a listing."""

    key: str
    bytes: int
    modified_us: int


class NoSuchObject(Exception):
    """Nothing is stored under this key."""


class StorageFailed(Exception):
    """The storage does not do what was asked. The message names no path, host or credential."""


class Part(Struct, frozen=True):
    """Bytes from `start` up to, not including, `end`; both within the object, and at least one byte."""

    start: int
    end: int


class Storage(Protocol):
    """Keeps bytes by key. Every method raises StorageFailed where the storage does not answer as it should."""

    async def put(self, key: str, data: bytes) -> None:
        """Keep the bytes, in place of what may be there. If this process dies meanwhile, a part may be there."""
        ...

    async def read(self, key: str) -> bytes:
        """All the bytes. Raises NoSuchObject."""
        ...

    def stream(self, key: str, part: Part | None = None) -> AsyncGenerator[bytes]:
        """The bytes, or those of a part, in pieces. Raises NoSuchObject before the first piece."""
        ...

    async def delete(self, keys: Iterable[str]) -> None:
        """Remove what is stored under these keys; what is missing is no error."""
        ...

    def list(self, prefix: str) -> AsyncGenerator[StoredObject]:
        """Everything under a prefix of whole key segments (empty: everything), in no order.

        What an interrupted `put` left behind may be among it, and can be deleted.
        """
        ...


class Place(Struct, frozen=True):
    """Whose outputs: one attempt of one task."""

    mode: Mode
    account_id: str
    task_id: str
    attempt_id: str


def place_prefix(place: Place) -> str:
    """The prefix of all keys of an attempt. Raises ValueError for anything but our own ids."""
    ids = (place.account_id, place.task_id, place.attempt_id)
    if place.mode not in ("live", "test") or not all(is_id(part) for part in ids):
        raise ValueError("a storage key is made of a mode and ids")
    return "/".join((place.mode, *ids))


def output_key(place: Place, index: int, random: bytes, size_bytes: int, extension: str) -> str:
    """``mode/account/task/attempt/NN-random-bytes.ext``; `index` from 0 to 99. Raises ValueError."""
    whose = f"{place.mode}/{place.account_id}/{place.task_id}/{place.attempt_id}"
    key = f"{whose}/{index:02d}-{random.hex()}-{size_bytes}.{extension}"
    if not _OUTPUT_KEY.fullmatch(key):
        raise ValueError("a storage key is made of a mode and ids; an output's also of an index below 100")
    return key


def output_index(key: str) -> int | None:
    """The index in an output's key; None for the key of anything else."""
    match = _OUTPUT_KEY.fullmatch(key)
    return int(match[1]) if match else None


def is_whole(stored: StoredObject) -> bool:
    """Whether all of an output is there; False for a part of one, and for anything else.

    Keys of before say no length; those were given once all was there.
    """
    match = _OUTPUT_KEY.fullmatch(stored.key)
    return match is not None and match[2] in (None, str(stored.bytes))


def checked_key(key: str) -> str:
    """The key itself. Raises ValueError where it could mean anything but one object below the root."""
    if len(key) > KEY_CHARACTERS_MAX or not _KEY.fullmatch(key):
        raise ValueError("not a storage key")
    return key


async def check(storage: Storage, randomness: bytes) -> None:
    """Write, read and delete a probe (for readiness and `doctor`). Raises StorageFailed."""
    key = f"probe/{randomness.hex()}.txt"
    await storage.put(key, randomness)
    try:
        if await storage.read(key) != randomness:
            raise StorageFailed("the storage gives back other bytes than were put")
    except NoSuchObject:
        raise StorageFailed("the storage does not find what was just put") from None
    finally:
        await storage.delete([key])


def open_storage(url: str, options: Mapping[str, str]) -> Storage:
    """The storage that a URL names: a folder (a path or `file://`), `memory://`, `s3://bucket/prefix`, `gs://`, `az://`.

    `options` go to the object store: endpoint, region, credentials, by obstore's names; it also reads the vendor's own
    environment names. A folder is created where missing. Raises ValueError for another scheme, StorageFailed.
    """
    parts = urlsplit(url)
    if parts.scheme in ("", "file"):
        from apiinone.assets.storage_folder import FolderStorage  # noqa: PLC0415 - one kind is loaded, not all

        return FolderStorage(Path(unquote(parts.path) if parts.scheme else url))
    if parts.scheme in _OBJECT_STORES:
        from apiinone.assets.storage_objects import open_objects  # noqa: PLC0415 - obstore costs memory

        return open_objects(url, options)
    raise ValueError(f"no such kind of storage: {parts.scheme}")


_OUTPUT_KEY = re.compile(r"(?:live|test)(?:/[0-9a-z]{26}){3}/([0-9]{2})-[0-9a-f]+(?:-([0-9]+))?\.[a-z0-9]{1,8}")
_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_OBJECT_STORES = ("memory", "s3", "gs", "az")
