"""A workshop with a deliverer: tasks end by moves, deliveries go to receivers on loopback or to nobody."""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from apiinone.accounts.callers import Caller
from apiinone.core.clock import SystemClock
from apiinone.core.randomness import RandomPool
from apiinone.db import Row, Sql
from apiinone.ledger.ledger import Owner
from apiinone.outbound import Outbound
from apiinone.sealing import Seal
from apiinone.tasks.moves import CancelAsked
from apiinone.webhooks.deliver import Deliverer, DeliveryRules, Poster
from apiinone.webhooks.outbox import Address
from apiinone.webhooks.vault import Vault
from outbound.loopback import USER_AGENT, names
from workshop import Workshop

KEY = bytes(32)
DELIVERY = Sql("SELECT state, tries, claims, due_us, last_status, last_fault FROM deliveries WHERE id = $1")
ALL = Sql("SELECT id, state FROM deliveries ORDER BY id")
TRIES = Sql("SELECT status, fault FROM delivery_tries WHERE delivery_id = $1 ORDER BY claim_no")


class Told:
    """Shows every task alike."""

    ready = True

    async def data(self, owners: Mapping[str, Owner]) -> Mapping[str, bytes]:
        """The tasks in JSON."""
        return {task_id: b'{"task_id":"%b"}' % task_id.encode() for task_id in owners}


class Silent:
    """Posts nothing: answers each host with its own status, after as long as it takes there."""

    def __init__(self, statuses: Mapping[str, int] | None = None, seconds: Mapping[str, float] | None = None) -> None:
        self.statuses = statuses or {}
        self.seconds = seconds or {}
        self.posted: list[tuple[str, str]] = []
        self.at_once: dict[str, int] = {}
        self.most_at_once: dict[str, int] = {}

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], *, https_only: bool, timeout_s: float
    ) -> int:
        """Note it, wait, answer."""
        del body, https_only, timeout_s
        self.posted.append((url, headers["webhook-id"]))
        now = self.at_once[url] = self.at_once.get(url, 0) + 1
        self.most_at_once[url] = max(now, self.most_at_once.get(url, 0))
        await asyncio.sleep(self.seconds.get(url, 0))
        self.at_once[url] -= 1
        return self.statuses.get(url, 200)


def vault_of(workshop: Workshop) -> Vault:
    return Vault(workshop.database, Seal(KEY, secrets.token_bytes), workshop.ids, RandomPool())


def deliverer_of(workshop: Workshop, poster: Poster, **rules: Any) -> Deliverer:
    quick = msgspec.structs.replace(DeliveryRules(poll_s=0.02, stop_s=0.2), **rules)
    return Deliverer(vault_of(workshop), poster, Told(), clock=SystemClock(), rules=quick)


@asynccontextmanager
async def delivering(deliverer: Deliverer) -> AsyncGenerator[None]:
    """Run it for the length of the block."""
    running = asyncio.create_task(deliverer.run())
    try:
        yield
    finally:
        await deliverer.stop()
        await running


@asynccontextmanager
async def caller_of(*netlocs: str, **known: list[str]) -> AsyncGenerator[Outbound]:
    """The real sender, which may call these places on loopback; `known` are the names of its name service."""
    outbound = Outbound(
        allowed_private=frozenset(netlocs),
        connections_max=256,
        user_agent=USER_AGENT,
        lookup=names({name.replace("_", "."): addresses for name, addresses in known.items()}),
    )
    try:
        yield outbound
    finally:
        await outbound.aclose()


async def ended(workshop: Workshop, caller: Caller, url: str, count: int = 1) -> list[str]:
    """So many tasks that ended and are to be told there; the ids of their deliveries."""
    host = url.partition("//")[2].partition("/")[0]
    ids: list[str] = []
    for _ in range(count):
        task_id = await workshop.task(caller, callback=Address(url, host))
        await workshop.move(task_id, caller, CancelAsked())
        ids.append(f"evt_{task_id}")
    return ids


async def seen(workshop: Workshop, delivery_id: str) -> Row:
    """State, tries, claims, due, last status, last fault."""
    return await workshop.row(DELIVERY, delivery_id)


async def reached(workshop: Workshop, ids: list[str], state: str, within_s: float = 30.0) -> None:
    """Wait until these deliveries are in this state."""
    async with asyncio.timeout(within_s):
        while not {row[0] for row in await workshop.rows(ALL) if row[1] == state} >= set(ids):  # noqa: ASYNC110 - a process of its own pace fills it
            await asyncio.sleep(0.01)


async def tried(workshop: Workshop, ids: list[str], within_s: float = 30.0) -> None:
    """Wait until each of these was tried at least once."""
    async with asyncio.timeout(within_s):
        for one in ids:
            while not (await seen(workshop, one))[1]:  # noqa: ASYNC110 - a process of its own pace fills it
                await asyncio.sleep(0.01)
