"""Another process goes on with what a worker held when it died, froze or was told to stop."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

import pytest
from aiohttp import ClientSession
from msgspec import Struct

from apiinone.db import Sql, Tx
from apiinone.settings import Settings
from looking import seen_as_wanted
from processes.books import assert_sound, let_limits_pass, money_of, submits_of
from processes.client import Accepted, Client, Maker, new_request
from processes.crashing import Orders
from processes.installation import LEASE_S, Installation, Process
from processes.site import NO_NODE
from processes.vendors import Vendors

T = TypeVar("T")
TASKS = 10
ENDED_WITHIN_S = 40.0
STOP = signal.SIGSTOP
LOOKED_ONCE_S = 1.0
"""Until the new holder has looked for what the old one may have stored; then it waits longer."""
TOLD_WITHIN_S = 12.0
"""Less than until the new holder would look by itself."""
LET_GO_WITHIN_S = 25.0
"""The database ends a transaction whose process froze after five seconds."""
FOUND_AFTER_S = 2.5
"""With a lease as short as the tests', the search for dead workers and the next claim take longer than the lease."""
_HOLDERS = Sql("SELECT DISTINCT coalesce(holder, '') FROM tasks WHERE finished_us IS NULL")
_WORKERS = Sql("SELECT epoch FROM workers")
_STANDING = Sql(
    "SELECT t.state, t.captured_micro, a.state, a.late_state, a.upstream_id FROM tasks t"
    " JOIN attempts a ON a.id = t.attempt_id ORDER BY t.id DESC LIMIT 1"
)


class Standing(Struct, frozen=True):
    """The newest task and its attempt, seen at one moment."""

    task: str
    captured: int | None
    attempt: str
    late: str | None
    upstream_id: str | None


class Crew:
    """A server that only accepts, and workers."""

    def __init__(self, installation: Installation, port: int, client: Client) -> None:
        self.installation = installation
        self.server = installation.serve(port, settings={"APIINONE_NODES": NO_NODE})
        self.client = client

    async def delayed(self, seconds: int, count: int = TASKS) -> list[Accepted]:
        """Tasks that take so long."""
        asked = (self.client.create(new_request("local"), scenario=f"delay={seconds}") for _ in range(count))
        return [accepted for accepted in await asyncio.gather(*asked) if accepted is not None]

    async def created(self, maker: Maker) -> Accepted:
        """One task."""
        accepted = await self.client.create(new_request(maker))
        assert accepted is not None
        return accepted

    async def holders(self) -> set[str]:
        """Which workers hold the tasks that have not ended; "" stands for none."""

        async def look(tx: Tx) -> set[str]:
            return {row[0] for row in await tx.rows(_HOLDERS)}

        return await self.installation.with_database(lambda database: database.read(look))

    async def standing(self) -> Standing:
        """The newest task."""

        async def look(tx: Tx) -> Standing:
            (row,) = await tx.rows(_STANDING)
            return Standing(*row)

        return await self.installation.with_database(lambda database: database.read(look))

    async def wait_for(self, stands: Callable[[Standing], bool]) -> Standing:
        """Wait until the newest task stands like that."""
        return await _until(self.standing, stands)

    async def only_holder(self) -> str:
        """The worker that holds every task, once there is one."""
        (holder,) = await _until(self.holders, lambda holders: len(holders) == 1 and "" not in holders)
        return holder

    async def workers(self) -> int:
        """How many there are or may be."""

        async def look(tx: Tx) -> int:
            return len(await tx.rows(_WORKERS))

        return await self.installation.with_database(lambda database: database.read(look))

    async def assert_all_delivered(self, tasks: list[Accepted]) -> None:
        """Every one has its picture and is paid once."""
        for accepted in tasks:
            task = await self.client.reached(accepted.task_id, "test")
            assert (task["status"], money_of(task)) == ("SUCCESS", (20, 0)), task


@pytest.fixture
async def crew(
    postgres_installation: Installation, session: ClientSession, vendors: Vendors, new_port: Callable[[], int]
) -> AsyncIterator[Crew]:
    """A server, and no worker yet. Whatever happened, the books are in order."""
    port = new_port()
    made = Crew(postgres_installation, port, Client(postgres_installation, session, f"http://127.0.0.1:{port}"))
    yield made
    await assert_sound(made.client, vendors.seen())


async def _taken_over_from(crew: Crew, dying: Process, settings: dict[str, str], delay_s: int) -> float:
    """How long after a worker's death another one, already there, holds its tasks."""
    tasks = await crew.delayed(delay_s)
    dead = await crew.only_holder()
    crew.installation.work(settings=settings)
    dying.kill()
    began_s = time.monotonic()
    await _until(crew.holders, lambda holders: not holders & {"", dead})
    took_s = time.monotonic() - began_s
    await crew.assert_all_delivered(tasks)
    return took_s


async def test_a_dead_workers_tasks_are_taken_over_by_another_process(crew: Crew) -> None:
    took_s = await _taken_over_from(crew, crew.installation.work(), {}, 6)
    assert took_s < LEASE_S + FOUND_AFTER_S


@pytest.mark.slow
async def test_with_the_default_lease_a_dead_workers_tasks_are_taken_over_within_it(crew: Crew) -> None:
    lease_s = Settings().lease_s
    settings = {"APIINONE_LEASE_S": str(lease_s)}
    took_s = await _taken_over_from(crew, crew.installation.work(settings=settings), settings, 20)
    assert lease_s == 15
    assert took_s < lease_s


async def test_a_worker_that_is_told_to_stop_hands_its_tasks_back_at_once(crew: Crew) -> None:
    settings = {"APIINONE_LEASE_S": "600"}
    leaving = crew.installation.work(settings=settings)
    tasks = await crew.delayed(6)
    left = await crew.only_holder()
    crew.installation.work(settings=settings)
    assert leaving.stop() == 0
    assert left not in await crew.holders()
    await crew.assert_all_delivered(tasks)


async def test_a_frozen_worker_that_wakes_after_the_takeover_settles_nothing_but_its_evidence_is_kept(
    crew: Crew, vendors: Vendors
) -> None:
    frozen = crew.installation.work()
    frozen.order(Orders("answer read", signal=STOP))
    accepted = await crew.created("recraft")
    frozen.wait_until_stopped()
    other = crew.installation.work()
    await crew.wait_for(lambda standing: standing.task == "unknown")
    other.freeze()
    frozen.go_on()
    standing = await crew.wait_for(lambda standing: standing.attempt == "finished")
    assert standing == Standing("unknown", None, "finished", None, None)
    other.go_on()
    task = await crew.client.reached(accepted.task_id, "live")
    assert (task["status"], money_of(task)) == ("SUCCESS", (10, 0))
    await crew.client.assert_delivered(task)
    assert await submits_of(crew.client, vendors.seen(), accepted) == 1


@pytest.mark.parametrize("maker", ["recraft", "wavespeed"])
async def test_what_a_frozen_worker_knows_reaches_the_new_holder_when_it_wakes(
    crew: Crew, vendors: Vendors, maker: Maker
) -> None:
    frozen = crew.installation.work()
    frozen.order(Orders("answer read", signal=STOP))
    accepted = await crew.created(maker)
    frozen.wait_until_stopped()
    crew.installation.work()
    await crew.wait_for(lambda standing: standing.task == "unknown")
    await asyncio.sleep(LOOKED_ONCE_S)
    frozen.go_on()
    async with asyncio.timeout(TOLD_WITHIN_S):
        task = await crew.client.reached(accepted.task_id, "live")
    assert task["status"] == "SUCCESS"
    assert await submits_of(crew.client, vendors.seen(), accepted) == 1


async def test_what_comes_after_the_last_limit_is_noted_and_changes_nothing_for_the_client(crew: Crew) -> None:
    frozen = crew.installation.work()
    frozen.order(Orders("answer read", signal=STOP))
    accepted = await crew.created("recraft")
    frozen.wait_until_stopped()
    await let_limits_pass(crew.client, accepted)
    failed = await crew.client.reached(accepted.task_id, "live")
    assert (failed["status"], failed["error"]["type"], money_of(failed)) == ("FAILED", "provider_timeout", (0, 0))
    frozen.go_on()
    await crew.wait_for(lambda standing: standing.late == "finished")
    assert await crew.client.task(accepted.task_id, "live") == failed


async def test_two_workers_that_both_have_the_output_deliver_and_charge_one(crew: Crew) -> None:
    frozen = crew.installation.work()
    frozen.order(Orders("output stored", signal=STOP))
    accepted = await crew.created("wavespeed")
    frozen.wait_until_stopped()
    crew.installation.work()
    task = await crew.client.reached(accepted.task_id, "live")
    assert (task["status"], money_of(task)) == ("SUCCESS", (4, 0))
    frozen.go_on()
    later = await crew.created("wavespeed")
    await crew.client.reached(later.task_id, "live")
    again = await crew.client.task(accepted.task_id, "live")
    assert again["outputs"][0]["sha256"] == task["outputs"][0]["sha256"]
    await crew.client.assert_delivered(again)


async def test_a_worker_that_freezes_before_its_claim_holds_nothing_in_a_dead_name(crew: Crew) -> None:
    frozen = crew.installation.work()
    frozen.order(Orders("claim begun", signal=STOP))
    accepted = await crew.created("recraft")
    frozen.wait_until_stopped()
    await _until(crew.workers, lambda workers: workers == 1)  # the server's own, which has no tasks
    frozen.order(Orders("claim committed"))  # what it holds by then, others find in the name of its next life
    frozen.go_on()
    frozen.wait_until_dead()
    crew.installation.work()
    task = await crew.client.reached(accepted.task_id, "live")
    assert task["status"] == "SUCCESS"


@pytest.mark.slow
async def test_a_worker_that_freezes_inside_a_transaction_holds_nobody_up_for_longer_than_a_lease(
    crew: Crew,
) -> None:
    frozen = crew.installation.work()
    frozen.order(Orders("end written", signal=STOP))
    first = await crew.created("recraft")
    frozen.wait_until_stopped()
    crew.installation.work()
    async with asyncio.timeout(LET_GO_WITHIN_S):
        second = await crew.created("recraft")
        for accepted in (first, second):
            task = await crew.client.reached(accepted.task_id, "live")
            assert task["status"] == "SUCCESS"
    frozen.go_on()
    third = await crew.created("recraft")
    await crew.client.reached(third.task_id, "live")


async def _until(look: Callable[[], Awaitable[T]], wanted: Callable[[T], bool]) -> T:
    """Look until it is as wanted."""
    return await seen_as_wanted(look, wanted, within_s=ENDED_WITHIN_S)
