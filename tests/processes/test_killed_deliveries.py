"""`kill -9` around a callback: none is lost, and each end is told under one `webhook-id`, however often."""

import asyncio

import pytest
from aiohttp import ClientConnectionError, ClientPayloadError, ClientSession

from apiinone.db import Database, Sql, Tx
from processes.client import CREATE, Client
from processes.crashing import Orders
from processes.installation import Installation, Process
from serving import free_port_now
from webhooks.receivers import Receiver, arrived

TASKS = 4
LEASES_PASS = Sql("UPDATE deliveries SET due_us = 1 WHERE due_us IS NOT NULL")
STATES = Sql("SELECT id, state FROM deliveries")


@pytest.mark.slow
@pytest.mark.parametrize("at", ["end committed", "callback signed", "callback answered"])
async def test_a_kill_around_a_callback_loses_none_and_each_end_has_one_id(
    installation: Installation, session: ClientSession, at: str
) -> None:
    async with Receiver() as receiver:
        settings = {"APIINONE_ALLOWED_PRIVATE_HOSTS": receiver.netloc}
        port = free_port_now()
        dying = installation.serve(port, instant=True, settings=settings)
        dying.order(Orders(at, passage=2))
        client = Client(installation, session, dying.url)
        accepted = [task_id for number in range(TASKS) if (task_id := await _create(client, receiver.url, number))]
        await asyncio.to_thread(dying.wait_until_dead)  # the receiver lives in this loop
        client.url = (await asyncio.to_thread(_served, installation, port, settings)).url
        await installation.with_database(_let_leases_pass)
        for task_id in accepted:
            assert (await client.reached(task_id, "test"))["status"] == "SUCCESS"
        told: dict[str, set[str]] = {}
        while not told.keys() >= set(accepted):
            for came in await arrived(receiver):
                told.setdefault(came.json["data"]["task_id"], set()).add(came.id)
            await asyncio.sleep(0.02)
        assert all(len(ids) == 1 for ids in told.values())
        assert len({one for ids in told.values() for one in ids}) == len(told)
        assert await _all_delivered(installation) >= {one for ids in told.values() for one in ids}


async def _create(client: Client, url: str, number: int) -> str | None:
    """A task with a callback; None where the server died before it answered."""
    body = {"model": "recraft-v4-text-to-image", "prompt": f"hill {number}", "callback_url": url}
    try:
        status, _, answer = await client.post(CREATE, client.installation.test, body, {})
    except (ClientConnectionError, ClientPayloadError):
        return None
    assert status == 200, answer
    task_id: str = answer["data"]["task_id"]
    return task_id


async def _let_leases_pass(database: Database) -> None:
    async def work(tx: Tx) -> None:
        await tx.run(LEASES_PASS)

    await database.transact(work)


async def _all_delivered(installation: Installation) -> set[str]:
    """The deliveries, once each of them has arrived."""

    async def look(tx: Tx) -> dict[str, str]:
        return {row[0]: row[1] for row in await tx.rows(STATES)}

    async with asyncio.timeout(20):
        while True:
            states = await installation.with_database(lambda database: database.read(look))
            if set(states.values()) == {"delivered"}:
                return set(states)
            await asyncio.sleep(0.05)


def _served(installation: Installation, port: int, settings: dict[str, str]) -> Process:
    return installation.serve(port, instant=True, settings=settings)
