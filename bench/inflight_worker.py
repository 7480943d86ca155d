"""The process that `inflight.py` measures: it submits tasks and works on them until none is open; prints a `Flight`."""

import argparse
import asyncio
import sys
from typing import NamedTuple

import msgspec
import psutil
from instant import InstantMaker
from msgspec import Struct
from tenants import Tenant, all_ended, new_submission, open_tasks, open_tenant

from apiinone.accounts.keys import Mode
from apiinone.app import App, open_app
from apiinone.cli.serving import on_fast_loop
from apiinone.core.clock import US_PER_S
from apiinone.db import Sql, Tx
from apiinone.settings import environment, read_settings
from apiinone.tasks.submit import Created
from apiinone.tasks.worker import HINT

CLIENTS = 256
WARM_UP = 512
REST_S = 1.0
LOOK_EVERY_S = 0.05
KIB = 1024
_SPAN = Sql(
    "SELECT min(t.created_us), max(t.created_us), max(coalesce(a.accepted_us, 0)), max(t.finished_us), count(*)"
    " FROM tasks t"
    " JOIN attempts a ON a.task_id = t.id WHERE t.account_id = $1 AND t.state = 'succeeded' AND t.created_us >= $2"
)


class Flight(Struct, frozen=True):
    """What one flight showed."""

    kib_each: float
    """What resident memory grew by, for each task open at the most."""
    most_open: int
    most_held: int
    submitting_s: float
    late_s: float
    """From the moment the last task was due to the end of the last one."""
    whole_s: float


async def _fly(mode: Mode, tasks: int, seconds: int) -> Flight:
    scenario = f"delay={seconds}" if mode == "test" else None
    async with open_app(read_settings(environment()), environment(), maker=InstantMaker()) as app, app.work():
        tenant = await open_tenant(app, mode)
        await _submit(app, tenant, WARM_UP, None)
        await all_ended(app.database, tenant)
        await asyncio.sleep(REST_S)
        process = psutil.Process()
        base_bytes, began_us = process.memory_info().rss, app.clock.now_us()
        watch = asyncio.create_task(_watch(app, tenant, process))
        await _submit(app, tenant, tasks, scenario)
        await all_ended(app.database, tenant)
        watch.cancel()
        most = await watch

        async def look(tx: Tx) -> list[int]:
            return [int(value) for value in (await tx.rows(_SPAN, tenant.account_id, began_us))[0]]

        first, last, accepted, finished, succeeded = await app.database.read(look)
    assert succeeded == tasks, f"{succeeded} of {tasks} succeeded"
    due_us = (last if mode == "test" else accepted) + seconds * US_PER_S
    return Flight(
        kib_each=(most.bytes - base_bytes) / most.open / KIB,
        most_open=most.open,
        most_held=most.held,
        submitting_s=(last - first) / US_PER_S,
        late_s=(finished - due_us) / US_PER_S,
        whole_s=(finished - first) / US_PER_S,
    )


class _Most(NamedTuple):
    bytes: int
    open: int
    held: int


async def _submit(app: App, tenant: Tenant, tasks: int, scenario: str | None) -> None:
    numbers = iter(range(tasks))

    async def client() -> None:
        for _ in numbers:
            submission = msgspec.structs.replace(new_submission(app, tenant), scenario=scenario)
            outcome = await app.submissions.do(submission)
            assert isinstance(outcome, Created), outcome
            await app.database.hint(HINT)

    await asyncio.gather(*(client() for _ in range(CLIENTS)))


async def _watch(app: App, tenant: Tenant, process: psutil.Process) -> _Most:
    """The most memory, open tasks and tasks held by the worker, until cancelled."""
    most = _Most(0, 0, 0)
    try:
        while True:
            now = (process.memory_info().rss, await open_tasks(app.database, tenant), app.worker.held)
            most = _Most(*map(max, most, now))
            await asyncio.sleep(LOOK_EVERY_S)
    except asyncio.CancelledError:
        return most


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=("test", "live"))
    parser.add_argument("tasks", type=int)
    parser.add_argument("seconds", type=int)
    given = parser.parse_args()
    flight = on_fast_loop(_fly(given.mode, given.tasks, given.seconds))
    sys.stdout.write(msgspec.json.encode(flight).decode() + "\n")
