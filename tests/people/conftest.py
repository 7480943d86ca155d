"""Fixtures of the tests about people: an office on each engine, and on SQLite where that is enough."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from apiinone.core.clock import SystemClock
from apiinone.db import open_database
from databases import sqlite_url
from later import LaterDatabase
from people.office_for_tests import OfficeForTests


@pytest.fixture
def office(database: LaterDatabase) -> OfficeForTests:
    """On each engine."""
    return OfficeForTests(database)


@pytest.fixture
async def small_office(sqlite_path: Path) -> AsyncIterator[OfficeForTests]:
    """On SQLite only, for rules that no database is part of."""
    database = LaterDatabase(await open_database(sqlite_url(sqlite_path), SystemClock()))
    yield OfficeForTests(database)
    await database.close()
