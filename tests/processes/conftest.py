"""Fixtures of the tests that kill: simulated vendors that survive, and installations whose processes come and go."""

import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from databases import run_apart, sqlite_url
from processes.client import Client, new_session
from processes.installation import Installation
from processes.site import Site, Topology
from processes.vendors import API_PATHS, SimulatedVendor, Vendors
from serving import HOST


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
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, vendors: Vendors) -> Iterator[Site]:
    """Running processes of the topology asked for, on a database of their own, to die again and again."""
    topology: Topology = request.param
    folder = tmp_path_factory.mktemp("site")
    if topology == "sqlite server":
        template: Path = request.getfixturevalue("sqlite_template")
        url = sqlite_url(Path(shutil.copy(template, folder / "apiinone.sqlite")))
    else:
        server = request.getfixturevalue("postgres_server")
        url = server.url(server.create(template=request.getfixturevalue("postgres_template")))
    installation = Installation(url, folder, vendors.urls)
    run_apart(installation.open_accounts())
    site = Site(installation, topology, free_port_now())
    yield site
    installation.end()


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


def free_port_now() -> int:
    """A TCP port of the loopback address that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
