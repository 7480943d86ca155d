"""What must be true after any number of deaths: nothing is lost, paid twice or sent twice, and the books agree."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct

from apiinone.accounts.keys import Mode
from apiinone.api.task_ids import read_task_id
from apiinone.catalog.fields import upstream_fields
from apiinone.catalog.load import Catalogue, load_catalogue
from apiinone.core.credits import shown
from apiinone.db import Database, Sql, Tx
from apiinone.providers.provider import Order
from apiinone.providers.registry import remote_providers
from apiinone.simulators.faults import Seen
from apiinone.tasks.audit import audit
from apiinone.tasks.routing import Asked, offer_named
from processes.client import Accepted, Client, Request
from processes.installation import CREDITS

T = TypeVar("T")
MODES: Final[tuple[Mode, ...]] = ("live", "test")
ENDED: Final = ("succeeded", "failed", "canceled")
SETTLED: Final = ("done", "unknown")
SOON_FOUND_S: Final = 1.5
"""A task is unknown for a moment while it is looked whether its output was stored."""

_TASKS = Sql(
    "SELECT t.id, t.state, t.held_micro, t.captured_micro, t.sweep_us,"
    " (SELECT count(*) FROM settlements s WHERE s.hold_id = t.id) FROM tasks t WHERE t.account_id = $1"
)
_ATTEMPTS = Sql(
    "SELECT a.task_id, a.provider, a.upstream_model, a.state, a.sent_us, i.request FROM attempts a"
    " JOIN tasks t ON t.id = a.task_id JOIN task_inputs i ON i.task_id = t.id WHERE t.account_id = $1"
    " ORDER BY a.task_id, a.attempt_no"
)
_PASS_LIMITS = Sql("UPDATE tasks SET deadline_us = 1, unknown_limit_us = 1, sweep_us = 1 WHERE id = $1")


class Task(Struct, frozen=True):
    """A task's row, and how many settlements it has."""

    id: str
    state: str
    held: int
    captured: int | None
    sweep_us: int | None
    settlements: int


class Attempt(Struct, frozen=True):
    """An attempt's row, and the request that it serves."""

    task_id: str
    provider: str
    upstream_model: str
    state: str
    sent_us: int | None
    request: str

    @property
    def body(self) -> str:
        """SHA-256 of the body that the vendor gets, in hex."""
        fields = msgspec.json.decode(self.request, type=dict[str, object])
        choice = _catalogue().remembered(str(fields.pop("model")))
        assert choice is not None
        offer = offer_named(choice.sub_model, self.provider, self.upstream_model, Asked(fields))
        assert offer is not None
        order = Order(self.task_id, self.upstream_model, upstream_fields(offer, fields), 1)
        described = remote_providers({})[self.provider].submit(order)
        return hashlib.sha256(msgspec.json.encode(described.json)).hexdigest()


async def assert_sound(client: Client, vendors: Mapping[str, Seen], *, granted: int = CREDITS) -> None:
    """The audit is clean, the balances add up, and no vendor saw an order more often than we say we sent it.

    `granted`: live credits that there were.
    """
    for mode in MODES:
        amount = granted if mode == "live" else CREDITS
        tasks = await _tasks_of(client, mode)
        for task in tasks:
            assert task.settlements == (task.state in ENDED), task
            assert bool(task.captured) == (task.state == "succeeded"), task
            assert task.state in ENDED or task.sweep_us is not None, f"nothing will ever end this task: {task}"
        spent = sum(task.captured or 0 for task in tasks)
        held = sum(task.held for task in tasks if task.state not in ENDED)
        money = await client.get("/api/v1/credits", client.tenant(mode))
        assert Decimal(str(money["held"])) == shown(held)
        assert Decimal(str(money["available"])) == amount - shown(spent) - shown(held)
    await assert_sent_once(client, vendors)
    report = await client.installation.with_database(audit)
    assert report.ok, report.breaches[:5]


async def assert_sent_once(client: Client, vendors: Mapping[str, Seen]) -> None:
    """Each paid order reached its vendor at most once for each attempt that says it was sent."""
    sent: Counter[tuple[str, str]] = Counter()
    for attempt in await _attempts(client, "live"):
        sent[attempt.provider, attempt.body] += attempt.sent_us is not None
    for (provider, body), times in sent.items():
        assert vendors[provider].submits_by_body.get(body, 0) <= times


async def assert_ended_well(client: Client, made: Sequence[tuple[Request, Accepted]]) -> Counter[str]:
    """What was acknowledged has ended with its picture, or is unknown with a limit; how many of each status.

    Unknown is only what may have been sent to a vendor that never told us an id. Nothing failed: processes died of what
    the test did, and none of a task.
    """
    found = [await client.reached(accepted.task_id, request.wish.mode, SETTLED) for request, accepted in made]
    unknown = [number for number, task in enumerate(found) if task["stage"] == "unknown"]
    await asyncio.sleep(SOON_FOUND_S if unknown else 0)
    for number in unknown:
        request, accepted = made[number]
        found[number] = await client.task(accepted.task_id, request.wish.mode)
    for (request, _), task in zip(made, found, strict=True):
        match task["status"]:
            case "SUCCESS":
                assert money_of(task) == (request.wish.credits, 0)
                await client.assert_delivered(task)
            case "IN_PROGRESS":
                assert task["stage"] == "unknown", task
                assert money_of(task) == (0, request.wish.credits)
                assert request.maker != "local", task
            case _:
                raise AssertionError(task)
    return Counter(task["status"] for task in found)


def money_of(task: Mapping[str, Any]) -> tuple[int, int]:
    """Credits consumed and held."""
    return task["consumed_credits"], task["held_credits"]


async def attempts_of(client: Client, accepted: Accepted) -> list[Attempt]:
    """The attempts of one task."""
    everybodys = [attempt for mode in MODES for attempt in await _attempts(client, mode)]
    return [attempt for attempt in everybodys if attempt.task_id == _row_id(accepted)]


async def submits_of(client: Client, vendors: Mapping[str, Seen], accepted: Accepted) -> int:
    """How often the vendors saw this task's order; 0 for what no vendor gets."""
    sent = {(one.provider, one.body) for one in await attempts_of(client, accepted) if one.provider in vendors}
    return sum(vendors[provider].submits_by_body.get(body, 0) for provider, body in sent)


async def let_limits_pass(client: Client, accepted: Accepted) -> None:
    """Let a task's deadline and last limit lie in the past."""

    async def change(database: Database) -> int:
        return await database.transact(lambda tx: tx.run(_PASS_LIMITS, _row_id(accepted)))

    assert await client.installation.with_database(change) == 1


async def _tasks_of(client: Client, mode: Mode) -> list[Task]:
    account_id = client.tenant(mode).account_id

    async def look(tx: Tx) -> list[Task]:
        return [Task(*row) for row in await tx.rows(_TASKS, account_id)]

    return await _read(client, look)


async def _attempts(client: Client, mode: Mode) -> list[Attempt]:
    account_id = client.tenant(mode).account_id

    async def look(tx: Tx) -> list[Attempt]:
        return [Attempt(*row) for row in await tx.rows(_ATTEMPTS, account_id)]

    return await _read(client, look)


async def _read(client: Client, look: Callable[[Tx], Awaitable[T]]) -> T:
    return await client.installation.with_database(lambda database: database.read(look))


def _row_id(accepted: Accepted) -> str:
    found = read_task_id(accepted.task_id)
    assert found is not None
    return found.id


@cache
def _catalogue() -> Catalogue:
    return load_catalogue()
