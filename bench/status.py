"""Looking at an ended task, against a bare GET on the same core.

Ours: one process on SQLite; a thousand ended tasks are looked at in turn, each answer with its signed links.
"""

import itertools

import msgspec
from closed_loop import Driven, Stop, drive, request
from cores import on, other_core
from results import Findings, figure, ratios
from script import run_script
from serve_bare import KEY
from servers import Server, bare_server, our_server
from stores import data_folder, new_settings, opened
from tenants import PATH, REQUEST, Tenant, all_ended, new_tenant

from apiinone.db import Database

SECONDS = 4.0
WARM_UP_S = 1.0
TASKS = 1_000


class _Id(msgspec.Struct):
    task_id: str


class _Created(msgspec.Struct):
    data: _Id


async def measure(rounds: int) -> Findings:
    """Alternate bare and ours."""
    with data_folder() as folder, on(other_core()):
        settings = new_settings(folder / "ours")
        tenant = await new_tenant(settings, "test")
        with bare_server(folder) as bare, our_server(settings, folder) as ours:
            async with opened(settings) as database:
                ids = await _ended_tasks(ours, database, tenant)
            sides = {"bare": (bare, KEY), "ours": (ours, tenant.key)}
            table: dict[tuple[str, str], list[float]] = {}
            for served, key in sides.values():
                await _look(served, key, ids, WARM_UP_S)
            for _ in range(rounds):
                for label, (served, key) in sides.items():
                    cpu_s = served.cpu_s()
                    driven = await _look(served, key, ids, SECONDS)
                    cpu_us = (served.cpu_s() - cpu_s) / driven.requests * 1e6
                    table.setdefault((label, "req/s"), []).append(driven.per_s)
                    table.setdefault((f"{label}, CPU", "µs per request"), []).append(cpu_us)
                    table.setdefault((f"{label}, p99", "ms"), []).append(driven.p99_ms)
    figures = {name: figure(name, unit, values) for (name, unit), values in table.items()}
    return Findings((ratios("status", "of bare GET", figures["ours"], figures["bare"]),), tuple(figures.values()))


async def _ended_tasks(ours: Server, database: Database, tenant: Tenant) -> list[str]:
    """Make tasks and wait for their end; their ids."""
    post = request("POST", PATH, key=tenant.key, body=REQUEST.encode())
    bodies: list[bytes] = []
    driven = await drive(ours.port, lambda: post, Stop(requests=TASKS), keep=bodies.append)
    driven.all_good()
    await all_ended(database, tenant)
    return [msgspec.json.decode(body, type=_Created).data.task_id for body in bodies]


async def _look(served: Server, key: str, ids: list[str], seconds: float) -> Driven:
    looks = itertools.cycle([request("GET", f"/api/v1/tasks/{task_id}", key=key) for task_id in ids])
    driven = await drive(served.port, lambda: next(looks), Stop(seconds=seconds))
    return driven.all_good()


if __name__ == "__main__":
    run_script("status", measure)
