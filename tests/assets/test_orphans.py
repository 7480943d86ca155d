from collections.abc import Sequence
from pathlib import Path

import pytest

from apiinone.assets.orphans import BATCH_KEYS, orphans
from apiinone.assets.storage import Storage, open_storage

FAR_US = 10**18


@pytest.fixture(params=["folder", "memory"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    return open_storage("memory://" if request.param == "memory" else str(tmp_path), {})


async def found(storage: Storage, named: set[str], older_than_us: int, asked: list[int] | None = None) -> set[str]:
    async def known(keys: Sequence[str]) -> set[str]:
        if asked is not None:
            asked.append(len(keys))
        return named & set(keys)

    return {key async for key in orphans(storage, known, older_than_us)}


async def test_what_no_row_names_is_an_orphan(storage: Storage) -> None:
    for key in ("test/a/1", "test/a/2", "live/b/1"):
        await storage.put(key, b"x")
    assert await found(storage, {"test/a/2"}, FAR_US) == {"test/a/1", "live/b/1"}


async def test_what_is_young_is_passed_over(storage: Storage) -> None:
    await storage.put("test/a/1", b"x")
    written_us = (await anext(storage.list(""))).modified_us
    assert await found(storage, set(), written_us) == set()
    assert await found(storage, set(), written_us + 1) == {"test/a/1"}


async def test_rows_are_asked_in_batches_and_never_about_nothing(storage: Storage) -> None:
    asked: list[int] = []
    assert await found(storage, set(), FAR_US, asked) == set()
    assert asked == []
    keys = {f"test/a/{number}" for number in range(BATCH_KEYS + 1)}
    for key in keys:
        await storage.put(key, b"")
    assert await found(storage, set(), FAR_US, asked) == keys
    assert asked == [BATCH_KEYS, 1]
