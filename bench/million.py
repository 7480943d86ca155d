"""What a submit costs at a million stored tasks, against one in an empty store.

Both stores are open in this process, on the measured core; PostgreSQL is on the other. 64 clients of sixteen accounts
submit through the use case in a closed loop, first in one store, then in the other; no worker runs. Wall time decides,
because on PostgreSQL most of the work is the server's; CPU of this process is told beside.
"""

import asyncio
import gc
import time
from contextlib import AsyncExitStack
from pathlib import Path

from cores import measured_core, on
from fill import fill
from results import Figure, Findings, figure, ratios
from script import run_script
from stores import Postgres, data_folder, new_settings, postgres, postgres_version
from tenants import Tenant, new_submission, open_tenant

from apiinone.app import App, open_app
from apiinone.settings import Settings
from apiinone.tasks.submit import Created

TASKS = 1_000_000
ACCOUNTS = 16
CLIENTS = 64
SUBMITS = 1_280
TURNS_PER_ROUND = 3
"""A round is several short turns of both stores, so that what else the machine does meets both."""


async def measure(rounds: int) -> Findings:
    """Fill both engines at once, then measure one after the other."""
    with data_folder() as folder, postgres() as server:
        full = {"sqlite": new_settings(folder / "full"), "postgresql": new_settings(folder / "full-pg", server)}
        began_s = time.perf_counter()
        async with asyncio.TaskGroup() as fillings:
            for settings in full.values():
                fillings.create_task(fill(settings.database, TASKS))
        filled = figure("filling both stores", "s", [time.perf_counter() - began_s])
        promised: list[Figure] = []
        beside: list[Figure] = [filled]
        with on(measured_core()):
            for engine, where in (("sqlite", None), ("postgresql", server)):
                ratio, others = await _compare(engine, full[engine], _empty(folder / engine, where), rounds)
                promised.append(ratio)
                beside += others
        return Findings(tuple(promised), tuple(beside), postgresql=postgres_version(server))


def _empty(folder: Path, server: Postgres | None) -> Settings:
    return new_settings(folder, server)


async def _compare(engine: str, full: Settings, empty: Settings, rounds: int) -> tuple[Figure, list[Figure]]:
    async with AsyncExitStack() as stack:
        sides = {
            "empty": await _Side.opened(stack, empty),
            "full": await _Side.opened(stack, full),
        }
        for side in sides.values():
            await side.submit(SUBMITS)
        wall: dict[str, list[float]] = {label: [] for label in sides}
        cpu: dict[str, list[float]] = {label: [] for label in sides}
        for _ in range(rounds):
            spent = dict.fromkeys(sides, (0.0, 0.0))
            for _ in range(TURNS_PER_ROUND):
                for label, side in sides.items():
                    gc.collect()
                    began_s, cpu_s = time.perf_counter(), time.process_time()
                    await side.submit(SUBMITS)
                    turn = (time.perf_counter() - began_s, time.process_time() - cpu_s)
                    spent[label] = (spent[label][0] + turn[0], spent[label][1] + turn[1])
            for label, (wall_s, cpu_s) in spent.items():
                wall[label].append(wall_s / SUBMITS / TURNS_PER_ROUND * 1e6)
                cpu[label].append(cpu_s / SUBMITS / TURNS_PER_ROUND * 1e6)
    figures = {label: figure(f"{engine}, {label}", "µs per submit", values) for label, values in wall.items()}
    costs = [figure(f"{engine}, {label}, CPU of this process", "µs per submit", cpu[label]) for label in cpu]
    ratio = ratios(f"million_{engine}", "times empty", figures["full"], figures["empty"])
    return ratio, [*figures.values(), *costs]


class _Side:
    """A store with its accounts."""

    def __init__(self, app: App, tenants: list[Tenant]) -> None:
        self._app = app
        self._tenants = tenants

    @classmethod
    async def opened(cls, stack: AsyncExitStack, settings: Settings) -> "_Side":
        app = await stack.enter_async_context(open_app(settings, {}))
        return cls(app, [await open_tenant(app, "live") for _ in range(ACCOUNTS)])

    async def submit(self, count: int) -> None:
        await asyncio.gather(*(self._client(number, count // CLIENTS) for number in range(CLIENTS)))

    async def _client(self, number: int, count: int) -> None:
        tenant = self._tenants[number % ACCOUNTS]
        for _ in range(count):
            outcome = await self._app.submissions.do(new_submission(self._app, tenant))
            assert isinstance(outcome, Created), outcome


if __name__ == "__main__":
    run_script("million", measure)
