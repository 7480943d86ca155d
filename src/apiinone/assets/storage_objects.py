"""A storage in an object store (S3, Google Cloud, Azure) or in memory, by obstore."""

from collections.abc import AsyncGenerator, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, cast

import obstore
from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, MemoryStore, S3Store

from apiinone.assets.storage import STREAM_CHUNK_BYTES, NoSuchObject, Part, StorageFailed, StoredObject, checked_key
from apiinone.core.clock import US_PER_S

DELETED_TOGETHER = 1000
"""What S3 takes in one request."""
LISTED_TOGETHER = 1000
REQUEST_TIMEOUT = timedelta(seconds=30)
RETRY_TIMEOUT = timedelta(seconds=60)
RETRIES_MAX = 3

_Store = AzureStore | GCSStore | MemoryStore | S3Store


def open_objects(url: str, options: Mapping[str, str]) -> "ObjectStorage":
    """The storage that the URL names; nothing is sent yet. Raises ValueError where it cannot be one."""
    if url.startswith("memory:"):
        return ObjectStorage(MemoryStore())
    try:
        store = obstore.store.from_url(
            url,
            config=cast("Any", dict(options)),  # operators give text; obstore refuses a name it does not know
            client_options={"timeout": REQUEST_TIMEOUT, "allow_http": options.get("endpoint", "").startswith("http:")},
            retry_config={"max_retries": RETRIES_MAX, "retry_timeout": RETRY_TIMEOUT},
        )
    except BaseError:
        raise ValueError("the URL or the options of the object store are not understood") from None
    return ObjectStorage(cast("_Store", store))


class ObjectStorage:
    """Keeps objects in a store of obstore's. Implements `Storage`."""

    def __init__(self, store: _Store) -> None:
        """Take the store, with a prefix of its own where the bucket is shared."""
        self._store = store

    async def put(self, key: str, data: bytes) -> None:
        """Keep the bytes under the key; object stores show an object when it is whole. Raises StorageFailed."""
        with _understood():
            await obstore.put_async(self._store, checked_key(key), data)

    async def read(self, key: str) -> bytes:
        """All the bytes. Raises NoSuchObject, StorageFailed."""
        with _understood():
            found = await obstore.get_async(self._store, checked_key(key))
            return bytes(await found.bytes_async())

    async def stream(self, key: str, part: Part | None = None) -> AsyncGenerator[bytes]:
        """The bytes, or those of a part, in pieces. Raises NoSuchObject, StorageFailed."""
        with _understood():
            span = None if part is None else {"range": (part.start, part.end)}
            found = await obstore.get_async(self._store, checked_key(key), options=cast("Any", span))
            async for piece in found.stream(min_chunk_size=STREAM_CHUNK_BYTES):
                yield bytes(piece)

    async def delete(self, keys: Iterable[str]) -> None:
        """Remove objects; missing ones are no error. Raises StorageFailed."""
        waiting = [checked_key(key) for key in keys]
        for start in range(0, len(waiting), DELETED_TOGETHER):
            await self._delete_some(waiting[start : start + DELETED_TOGETHER])

    async def list(self, prefix: str) -> AsyncGenerator[StoredObject]:
        """Everything under a prefix. Raises StorageFailed."""
        with _understood():
            batches = obstore.list(  # pyright: ignore[reportUnknownMemberType] - its overload for Arrow, not installed
                self._store, prefix or None, chunk_size=LISTED_TOGETHER
            )
            async for batch in batches:
                for found in batch:
                    modified_us = int(found["last_modified"].timestamp() * US_PER_S)
                    yield StoredObject(found["path"], found["size"], modified_us)

    async def _delete_some(self, keys: Sequence[str]) -> None:
        """Delete together; where the store stops at a missing one, one by one."""
        try:
            with _understood():
                await obstore.delete_async(self._store, keys)
        except NoSuchObject:
            if len(keys) > 1:
                for key in keys:
                    await self._delete_some([key])


@contextmanager
def _understood() -> Generator[None]:
    """Turn the store's refusals into ours, which name no address and no credential."""
    try:
        yield
    except FileNotFoundError:
        raise NoSuchObject from None
    except (BaseError, OSError) as error:
        raise StorageFailed(f"the object store fails: {type(error).__name__}") from None
