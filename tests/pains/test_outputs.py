"""Pains 51 and 91: nothing is captured before a checked output is stored."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from apiinone.assets.storage import StorageFailed, StoredObject
from apiinone.db import Sql
from whole_app import Running, working
from workshop import PRICE

OUTPUTS = Sql("SELECT storage_key, bytes, sha256 FROM outputs WHERE task_id = $1")


async def _keys(running: Running) -> list[StoredObject]:
    found: AsyncIterator[StoredObject] = running.app.storage.list("")
    return [stored async for stored in found]


async def test_nothing_is_captured_before_the_output_is_stored(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with working(database_url, tmp_path) as running:
        workshop, storage = running.workshop, running.app.storage
        caller = await workshop.tenant(mode="test")
        await workshop.grant((caller.account_id, "test"), 100)
        broken = 2
        put = storage.put

        async def refuse(key: str, data: bytes) -> None:
            nonlocal broken
            assert await workshop.balance(caller) == (9 * PRICE, PRICE)
            if broken:
                broken -= 1
                raise StorageFailed("full")
            await put(key, data)

        monkeypatch.setattr(storage, "put", refuse)
        task_id = await running.submit(workshop.submission(caller))
        (seen,) = await running.ended(task_id)
        assert (broken, seen.state, seen.captured, seen.attempts) == (0, "succeeded", PRICE, 1)
        (row,) = await workshop.rows(OUTPUTS, task_id)
        assert [(one.key, one.bytes) for one in await _keys(running) if row[0] == one.key] == [(row[0], row[1])]


async def test_what_is_no_picture_is_not_charged(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whole_app.PNG", b"<html>sorry</html>")
    async with working(database_url, tmp_path) as running:
        caller = await running.workshop.tenant(mode="test")
        await running.workshop.grant((caller.account_id, "test"), 100)
        task_id = await running.submit(running.workshop.submission(caller))
        (seen,) = await running.ended(task_id)
        assert (seen.state, seen.error_type, seen.captured) == ("failed", "output_unavailable", 0)
        assert await running.workshop.balance(caller) == (10 * PRICE, 0)
        assert await _keys(running) == []
