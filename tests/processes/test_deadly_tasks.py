"""A task that takes its process with it each time, and the children of a process that is gone."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from aiohttp import ClientSession

from apiinone.tasks.conclude import Tries
from databases import run_apart, sqlite_url
from processes.books import assert_sound, money_of
from processes.client import Client, new_request
from processes.crashing import Orders
from processes.installation import Installation
from processes.vendors import Vendors

CLAIMS_MAX = Tries().claims_max
GONE_WITHIN_S = 10.0


@pytest.fixture
def installation(sqlite_path: Path, tmp_path: Path, vendors: Vendors) -> Iterator[Installation]:
    """On SQLite: what is tried here is no matter of the database."""
    made = Installation(sqlite_url(sqlite_path), tmp_path, vendors.urls)
    run_apart(made.open_accounts())
    yield made
    made.end()


async def test_a_task_that_ends_every_process_that_takes_it_is_given_up_and_costs_nothing(
    installation: Installation, session: ClientSession, vendors: Vendors, new_port: Callable[[], int]
) -> None:
    port, deadly = new_port(), Orders("blame committed")
    server = installation.serve(port, orders=Orders("claim committed"))
    client = Client(installation, session, server.url)
    accepted = await client.create(new_request("local"))
    server.wait_until_dead()
    for _ in range(CLAIMS_MAX):
        installation.serve(port, orders=deadly, ready=False).wait_until_dead()
    installation.serve(port)
    assert accepted is not None
    task = await client.reached(accepted.task_id, "test")
    assert (task["status"], task["error"]["type"], money_of(task)) == ("FAILED", "provider_error", (0, 0))
    another = await client.create(new_request("local"))
    assert another is not None
    assert (await client.reached(another.task_id, "test"))["status"] == "SUCCESS"
    await assert_sound(client, vendors.seen())


async def test_a_task_that_waits_in_every_process_that_dies_is_made_by_one_that_lives(
    installation: Installation, session: ClientSession, vendors: Vendors, new_port: Callable[[], int]
) -> None:
    port, deadly = new_port(), Orders("claim committed")
    server = installation.serve(port, orders=deadly)
    client = Client(installation, session, server.url)
    accepted = await client.create(new_request("recraft"))
    server.wait_until_dead()
    for _ in range(2 * CLAIMS_MAX):
        installation.serve(port, orders=deadly, ready=False).wait_until_dead()
    installation.serve(port)
    assert accepted is not None
    assert (await client.reached(accepted.task_id, "live"))["status"] == "SUCCESS"
    await assert_sound(client, vendors.seen())


async def test_no_child_that_draws_outlives_its_server(
    installation: Installation, session: ClientSession, new_port: Callable[[], int]
) -> None:
    server = installation.serve(new_port())
    client = Client(installation, session, server.url)
    accepted = await client.create(new_request("local"))
    assert accepted is not None
    await client.reached(accepted.task_id, "test")
    children = psutil.Process(server.process.pid).children(recursive=True)
    assert children
    server.kill()
    _, left = psutil.wait_procs(children, GONE_WITHIN_S)
    assert left == []
