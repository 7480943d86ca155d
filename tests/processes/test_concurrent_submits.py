"""Many requests at one moment, at one server or at two: money, keys and quotes are spent once."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import cycle
from typing import Any

import pytest
from aiohttp import ClientSession

from processes.books import assert_sound
from processes.client import CREATE, Client, new_request
from processes.installation import Installation, Tenant
from processes.vendors import Vendors

REQUESTS = 200
PAID_FOR = 10
PRICE = 10
TOGETHER = 30
Answer = tuple[int, Mapping[str, str], Any]


@pytest.fixture
async def clients(installation: Installation, session: ClientSession, new_port: Callable[[], int]) -> list[Client]:
    """One server on SQLite, two on PostgreSQL; and money for ten tasks."""
    count = 1 if installation.database_url.startswith("sqlite") else 2
    return await _served(installation, session, [new_port() for _ in range(count)])


@pytest.fixture
async def two_clients(
    postgres_installation: Installation, session: ClientSession, new_port: Callable[[], int]
) -> list[Client]:
    """Two servers on PostgreSQL."""
    return await _served(postgres_installation, session, [new_port(), new_port()])


async def _served(installation: Installation, session: ClientSession, ports: Sequence[int]) -> list[Client]:
    installation.live = await installation.tenant("live", PAID_FOR * PRICE)
    return [Client(installation, session, installation.serve(port).url) for port in ports]


async def _all_at_once(clients: list[Client], count: int, ask: Callable[[Client], Any]) -> list[Answer]:
    return await asyncio.gather(*(ask(client) for _, client in zip(range(count), cycle(clients), strict=False)))


def _asking(tenant: Tenant, body: Mapping[str, object], headers: Mapping[str, str]) -> Callable[[Client], Any]:
    async def ask(client: Client) -> Answer:
        return await client.post(CREATE, tenant, body, headers)

    return ask


def _body(**more: object) -> Mapping[str, object]:
    request = new_request("recraft")
    return {"model": request.wish.model, "prompt": request.prompt, **more}


async def test_of_two_hundred_submits_against_a_balance_for_ten_exactly_ten_pass(
    clients: list[Client], vendors: Vendors
) -> None:
    client = clients[0]

    async def ask(client: Client) -> Answer:
        return await client.post(CREATE, client.tenant("live"), _body(), {})

    answers = await _all_at_once(clients, REQUESTS, ask)
    types = Counter(answer["error"]["type"] if status != 200 else "accepted" for status, _, answer in answers)
    assert types == {"accepted": PAID_FOR, "insufficient_credits": REQUESTS - PAID_FOR}
    made = [answer["data"]["task_id"] for status, _, answer in answers if status == 200]
    ended = [await client.reached(task_id, "live") for task_id in made]
    assert [task["status"] for task in ended] == ["SUCCESS"] * PAID_FOR
    assert (await client.get("/api/v1/credits", client.tenant("live")))["available"] == 0
    await assert_sound(client, vendors.seen(), granted=PAID_FOR * PRICE)


async def test_one_idempotency_key_is_one_task_wherever_it_arrives(two_clients: list[Client], vendors: Vendors) -> None:
    client = two_clients[0]
    ask = _asking(client.tenant("live"), _body(), {"Idempotency-Key": "the same"})
    answers = await _all_at_once(two_clients, TOGETHER, ask)
    assert {status for status, _, _ in answers} == {200}
    assert len({answer["data"]["task_id"] for _, _, answer in answers}) == 1
    assert Counter(headers.get("Idempotent-Replayed") for _, headers, _ in answers) == {None: 1, "true": TOGETHER - 1}
    await client.reached(answers[0][2]["data"]["task_id"], "live")
    await assert_sound(client, vendors.seen(), granted=PAID_FOR * PRICE)


async def test_a_quote_is_used_once_wherever_it_arrives(two_clients: list[Client], vendors: Vendors) -> None:
    client, body = two_clients[0], _body()
    tenant = client.tenant("live")
    _, _, quote = await client.post("/api/v1/quotes", tenant, body, {})
    ask = _asking(tenant, {**body, "quote_id": quote["data"]["quote_id"]}, {})
    answers = await _all_at_once(two_clients, TOGETHER, ask)
    assert Counter(status for status, _, _ in answers) == {200: 1, 409: TOGETHER - 1}
    (made,) = [answer["data"]["task_id"] for status, _, answer in answers if status == 200]
    await client.reached(made, "live")
    await assert_sound(client, vendors.seen(), granted=PAID_FOR * PRICE)
