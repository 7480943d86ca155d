"""Fixtures of the scenarios: the product in live mode with one simulated vendor or both."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from databases import sqlite_url
from scenarios.live import Live, live


@pytest.fixture
async def both(database_url: str, tmp_path: Path) -> AsyncIterator[Live]:
    """Both vendors are configured; on each engine."""
    async with live(database_url, tmp_path, "recraft", "wavespeed") as running:
        yield running


@pytest.fixture
async def only_recraft(sqlite_path: Path, tmp_path: Path) -> AsyncIterator[Live]:
    """Only recraft is configured; on SQLite, for what is no matter of the database."""
    async with live(sqlite_url(sqlite_path), tmp_path, "recraft") as running:
        yield running


@pytest.fixture
async def only_wavespeed(sqlite_path: Path, tmp_path: Path) -> AsyncIterator[Live]:
    """Only wavespeed is configured; on SQLite, likewise."""
    async with live(sqlite_url(sqlite_path), tmp_path, "wavespeed") as running:
        yield running
