"""Fixtures of the API's tests: one running API, on each engine, or on SQLite only where that is enough."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from api.served_api import RECRAFT, Api, served_api
from databases import sqlite_url


@pytest.fixture
async def api(database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    """The API with its worker, on each engine."""
    async with served_api(database_url, tmp_path) as served:
        yield served


@pytest.fixture
async def small_api(sqlite_path: Path, tmp_path: Path) -> AsyncIterator[Api]:
    """The same on SQLite only, for rules that no database is part of."""
    async with served_api(sqlite_url(sqlite_path), tmp_path) as served:
        yield served


@pytest.fixture
async def idle_api(database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    """On each engine, without a worker: tasks stay queued. Live keys may use recraft."""
    async with served_api(database_url, tmp_path, working=False, environ=RECRAFT) as served:
        yield served
