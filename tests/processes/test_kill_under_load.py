"""`kill -9` at random moments, many of them inside a COMMIT, while clients go on asking."""

import asyncio
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from random import Random

import msgspec
import pytest
from aiohttp import ClientSession

from processes.books import assert_ended_well, assert_sound
from processes.client import Client
from processes.crashing import Orders
from processes.installation import Installation, Process
from processes.load import Load
from processes.site import NO_NODE
from processes.vendors import Vendors

ROUNDS = 10
REQUESTS = 20
WAVE_S = 0.6
"""So many requests in each round, spread over so many seconds; the process dies in between."""
COMMITS_OF_A_SERVER = ("submit written",)
COMMITS_AT_WORK = ("claim written", "sending written", "end written")
COMMIT_S_MAX = 0.004
COMES_WITHIN_S = 1.0
SOAK_S = 20.0
TIMEOUT_S = 300


@pytest.mark.slow
@pytest.mark.timeout(TIMEOUT_S)
async def test_nothing_is_lost_or_paid_twice_when_processes_are_killed_at_random(
    installation: Installation, session: ClientSession, vendors: Vendors, new_port: Callable[[], int]
) -> None:
    port, alone = new_port(), installation.database_url.startswith("sqlite")
    nodes = {} if alone else {"APIINONE_NODES": NO_NODE}
    chance = Random(2)  # noqa: S311 - moments, not secrets
    commits_of = {"server": COMMITS_OF_A_SERVER, "worker": COMMITS_AT_WORK}
    processes = {"server": installation.serve(port, instant=True, settings=nodes)}
    if not alone:
        processes["worker"] = installation.work(instant=True)
    client = Client(installation, session, processes["server"].url)
    load = Load(client)
    for turn in range(ROUNDS):
        async with asyncio.TaskGroup() as group:
            group.create_task(load.come_in(REQUESTS, WAVE_S))
            name = chance.choice(sorted(processes))
            await asyncio.sleep(chance.uniform(0, WAVE_S))
            commits = COMMITS_OF_A_SERVER + COMMITS_AT_WORK if alone else commits_of[name]
            await asyncio.to_thread(_kill, processes[name], chance, commits if turn % 2 else ())
            if name == "server":
                processes[name] = await asyncio.to_thread(installation.serve, port, instant=True, settings=nodes)
            else:
                processes[name] = await asyncio.to_thread(installation.work, instant=True)
    await _assert_all_is_well(client, load, vendors)
    assert _audited(installation) is True


@pytest.mark.slow
@pytest.mark.timeout(TIMEOUT_S)
async def test_two_workers_of_which_one_after_the_other_dies_lose_nothing(
    postgres_installation: Installation, session: ClientSession, vendors: Vendors, new_port: Callable[[], int]
) -> None:
    installation, chance = postgres_installation, Random(5)  # noqa: S311 - moments, not secrets
    server = installation.serve(new_port(), instant=True, settings={"APIINONE_NODES": NO_NODE})
    workers = [installation.work(instant=True), installation.work(instant=True)]
    client = Client(installation, session, server.url)
    load = Load(client)
    ends_s = asyncio.get_running_loop().time() + SOAK_S
    async with load.going_on():
        while asyncio.get_running_loop().time() < ends_s:
            await asyncio.sleep(chance.uniform(0.5, 1.5))
            dying = chance.randrange(2)
            await asyncio.to_thread(_kill, workers[dying], chance, chance.choice([COMMITS_AT_WORK, ()]))
            workers[dying] = await asyncio.to_thread(installation.work, instant=True)
    await _assert_all_is_well(client, load, vendors)


async def _assert_all_is_well(client: Client, load: Load, vendors: Vendors) -> None:
    statuses = await assert_ended_well(client, load.made)
    assert statuses["SUCCESS"] > len(load.made) / 2, statuses
    await load.assert_asking_again_changes_nothing()
    await assert_sound(client, vendors.seen())


def _kill(process: Process, chance: Random, commits: Sequence[str]) -> None:
    """At or soon after one of the next commits of these kinds; where none comes, from outside."""
    if commits:
        process.order(Orders(chance.choice(commits), chance.randint(1, 3), chance.uniform(0, COMMIT_S_MAX)))
        with suppress(subprocess.TimeoutExpired):
            process.process.wait(COMES_WITHIN_S)
    process.kill()


def _audited(installation: Installation) -> object:
    """What `apiinone audit` says beside the running server."""
    command, environment = installation.command("audit", "--json")
    said = subprocess.run(command, env=environment, check=True, capture_output=True)  # noqa: S603 - our own program
    return msgspec.json.decode(said.stdout)["ok"]
