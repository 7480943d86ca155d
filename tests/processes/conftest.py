"""Fixtures of the tests that kill: simulated vendors that survive, and installations whose processes come and go."""

import shutil
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession

from databases import PostgresForTests, run_apart, sqlite_url
from processes.client import Client, new_session
from processes.installation import Installation
from processes.site import Site
from processes.vendors import API_PATHS, SimulatedVendor, Vendors
from serving import free_port_now


@pytest.fixture(scope="session")
def vendors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vendors]:
    """Both simulated vendors."""
    folder = tmp_path_factory.mktemp("vendors")
    started = [SimulatedVendor(name, free_port_now(), folder) for name in API_PATHS]
    for vendor in started:
        vendor.wait_until_ready()
    yield Vendors(started)
    for vendor in started:
        vendor.process.kill()
        vendor.process.wait()


@pytest.fixture(scope="module")
def sqlite_server(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, vendors: Vendors) -> Iterator[Site]:
    """A server on SQLite, to die again and again."""
    folder = tmp_path_factory.mktemp("site")
    url = sqlite_url(Path(shutil.copy(sqlite_template, folder / "apiinone.sqlite")))
    with _site(Installation(url, folder, vendors.urls), apart=False) as site:
        yield site


@pytest.fixture(scope="module")
def postgresql_server(
    postgres_server: PostgresForTests,
    postgres_template: str,
    tmp_path_factory: pytest.TempPathFactory,
    vendors: Vendors,
) -> Iterator[Site]:
    """The same on PostgreSQL."""
    url = postgres_server.url(postgres_server.create(template=postgres_template))
    with _site(Installation(url, tmp_path_factory.mktemp("site"), vendors.urls), apart=False) as site:
        yield site


@pytest.fixture(scope="module")
def postgresql_worker(
    postgres_server: PostgresForTests,
    postgres_template: str,
    tmp_path_factory: pytest.TempPathFactory,
    vendors: Vendors,
) -> Iterator[Site]:
    """A server on PostgreSQL that only accepts, and a worker beside it."""
    url = postgres_server.url(postgres_server.create(template=postgres_template))
    with _site(Installation(url, tmp_path_factory.mktemp("site"), vendors.urls), apart=True) as site:
        yield site


@contextmanager
def _site(installation: Installation, *, apart: bool) -> Generator[Site]:
    run_apart(installation.open_accounts())
    try:
        yield Site(installation, free_port_now(), apart=apart)
    finally:
        installation.end()


@pytest.fixture
def site(request: pytest.FixtureRequest) -> Site:
    """The one of these that the test is about."""
    named: Site = request.getfixturevalue(request.param)
    return named


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    """What clients send with."""
    async with new_session() as opened:
        yield opened


@pytest.fixture
def client(site: Site, session: ClientSession) -> Client:
    """A client of the site."""
    return Client(site.installation, session, site.url)


@pytest.fixture
async def installation(database_url: str, tmp_path: Path, vendors: Vendors) -> AsyncIterator[Installation]:
    """An installation on each engine, with accounts; nothing runs yet, and nothing does after the test."""
    made = Installation(database_url, tmp_path, vendors.urls)
    await made.open_accounts()
    yield made
    made.end()


@pytest.fixture
async def postgres_installation(postgres_url: str, tmp_path: Path, vendors: Vendors) -> AsyncIterator[Installation]:
    """The same on PostgreSQL only, for what takes several processes."""
    made = Installation(postgres_url, tmp_path, vendors.urls)
    await made.open_accounts()
    yield made
    made.end()
