"""What is stored and belongs to nothing: left by a worker that died between storing and noting it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet

from apiinone.assets.storage import Storage

BATCH_KEYS = 500

Known = Callable[[Sequence[str]], Awaitable[AbstractSet[str]]]
"""Asked with a batch of keys, gives those that some row names."""


async def orphans(storage: Storage, known: Known, older_than_us: int) -> AsyncIterator[str]:
    """Keys that no row names. What was written after `older_than_us` is passed over: its row may be on its way.

    The moment must lie further back than any task may still be at work. Raises StorageFailed.
    """
    batch: list[str] = []
    async for stored in storage.list(""):
        if stored.modified_us >= older_than_us:
            continue
        batch.append(stored.key)
        if len(batch) == BATCH_KEYS:
            for key in await _unknown(batch, known):
                yield key
            batch = []
    for key in await _unknown(batch, known):
        yield key


async def _unknown(keys: Sequence[str], known: Known) -> list[str]:
    if not keys:
        return []
    named = await known(keys)
    return [key for key in keys if key not in named]
