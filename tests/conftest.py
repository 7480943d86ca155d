"""What tests are given: databases of both engines, ports, servers. Only the outside world is played."""

import gc
import os
import shutil
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import Protocol
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, settings

from apiinone.core.clock import SystemClock
from apiinone.db import open_database
from databases import PostgresForTests, PostgresInTurn, migrated_postgres, migrated_sqlite, sqlite_url
from later import LaterDatabase
from serving import HOST, Served, environment_for
from temporary import temporary_root
from workshop import Workshop

ENGINES = ("sqlite", "postgresql")
settings.register_profile("ours", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")  # how fast a machine is says nothing about a rule


def pytest_configure() -> None:
    """Folders of tests are made where there is no disk to wait for; the processes of xdist inherit the choice."""
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(temporary_root()))


def pytest_collection() -> None:
    """Nothing is let go while tests are found, so that nobody need look for it."""
    gc.disable()


def pytest_collection_finish() -> None:
    """What was found stays to the end: each later look for what was let go passes it by."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def templates_compiled_once() -> Iterator[None]:
    """Applications opened in this process share what is compiled of their templates: that takes longer than a test."""
    from apiinone.web import compiled_templates  # noqa: PLC0415 - tests without a database do without it

    shared = compiled_templates.CompiledTemplates()
    with patch.object(compiled_templates, "CompiledTemplates", lambda: shared):
        yield


@pytest.fixture(scope="session")
def catalogue_read_once(templates_compiled_once: None) -> Iterator[None]:  # noqa: ARG001 - wanted with it
    """Applications opened in this process share the packaged catalogue: reading it takes longer than most tests."""
    import apiinone.app  # noqa: PLC0415 - tests without a database do without it
    from apiinone.catalog.load import Catalogue, load_catalogue  # noqa: PLC0415 - likewise
    from catalog.catalogue_for_tests import CATALOGUE  # noqa: PLC0415 - likewise

    def load(overlay: Path | None) -> Catalogue:
        return CATALOGUE if overlay is None else load_catalogue(overlay)

    with patch.object(apiinone.app, "load_catalogue", load):
        yield


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresForTests]:
    """A PostgreSQL that lives as long as the session."""
    server = PostgresForTests()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresForTests) -> str:
    """The name of a migrated database to be copied."""
    from apiinone.migrate import migrate  # noqa: PLC0415 - tests without a database do without it

    return migrated_postgres(postgres_server, migrate)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file that each test gets a copy of."""
    from apiinone.migrate import migrate  # noqa: PLC0415 - tests without a database do without it

    return migrated_sqlite(tmp_path_factory.mktemp("template") / "template.db", migrate)


@pytest.fixture
def empty_postgres_url(postgres_server: PostgresForTests) -> Iterator[str]:
    """A PostgreSQL database without any table."""
    name = postgres_server.create()
    yield postgres_server.url(name)
    postgres_server.drop(name)


@pytest.fixture(scope="session")
def postgres_in_turn(postgres_server: PostgresForTests, postgres_template: str) -> Iterator[PostgresInTurn]:
    """The migrated database that each test has to itself for a while."""
    made = PostgresInTurn(postgres_server, postgres_template)
    yield made
    made.close()


@pytest.fixture
def postgres_url(postgres_in_turn: PostgresInTurn, catalogue_read_once: None) -> str:  # noqa: ARG001 - see there
    """A migrated PostgreSQL database, empty."""
    return postgres_in_turn.take()


@pytest.fixture
def sqlite_path(sqlite_template: Path, tmp_path: Path, catalogue_read_once: None) -> Path:  # noqa: ARG001 - see there
    """A fresh, migrated SQLite file."""
    return Path(shutil.copy(sqlite_template, tmp_path / "apiinone.db"))


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh, migrated database; the test runs once on each engine."""
    if request.param == "sqlite":
        return sqlite_url(request.getfixturevalue("sqlite_path"))
    return request.getfixturevalue("postgres_url")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[LaterDatabase]:
    """A fresh, migrated database, open, whose time can be moved on; the test runs once on each engine."""
    opened = LaterDatabase(await open_database(database_url, SystemClock()))
    yield opened
    await opened.close()


@pytest.fixture
def workshop(database: LaterDatabase) -> Workshop:
    """The same with the product's use cases at hand."""
    return Workshop(database)


@pytest.fixture(params=ENGINES)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without any table; the test runs once on each engine."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "empty.db")
    return request.getfixturevalue("empty_postgres_url")


@pytest.fixture
def new_port() -> Callable[[], int]:
    """Gives a TCP port of the loopback address that was free a moment ago, another one at each call."""
    given: set[int] = set()

    def find() -> int:
        while True:
            with socket.socket() as probe:
                probe.bind((HOST, 0))
                port: int = probe.getsockname()[1]
            if port not in given:
                given.add(port)
                return port

    return find


@pytest.fixture
def free_port(new_port: Callable[[], int]) -> int:
    """A TCP port of the loopback address that was free a moment ago."""
    return new_port()


class Serve(Protocol):
    """Starts `apiinone serve` and waits until it is ready."""

    def __call__(
        self, database_url: str, *, port: int | None = None, env: Mapping[str, str] | None = None, ready: bool = True
    ) -> Served:
        """Start on this database; the data folder is the test's own, the same at each call."""
        ...


@pytest.fixture
def serve(tmp_path: Path, new_port: Callable[[], int]) -> Iterator[Serve]:
    """Servers as processes of their own; those still running at the end of the test are killed."""
    started: list[Served] = []

    def start(
        database_url: str, *, port: int | None = None, env: Mapping[str, str] | None = None, ready: bool = True
    ) -> Served:
        port = port or new_port()
        environment = environment_for(database_url, tmp_path / "data", env)
        arguments = ["serve", "--host", HOST, "--port", str(port)]
        log = tmp_path / f"serve-{len(started)}.log"
        served = Served(arguments, port=port, environment=environment, log=log)
        started.append(served)
        if ready:
            served.wait_until_ready()
        return served

    yield start
    for served in started:
        if not served.ended():
            served.kill()


@pytest.fixture
def server(serve: Serve, database_url: str) -> Served:
    """One ready server, on each engine."""
    return serve(database_url)
