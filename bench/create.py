"""Create with a durable hold, against a bare POST on the same core.

Ours: one process on SQLite (`synchronous=FULL`) with its worker making and settling what is created, outputs in a
folder. Both servers are up all the time and each is loaded in its turn; the next round begins when ours has nothing
open, and how long that takes is told.
"""

from collections.abc import Callable
from typing import NamedTuple

from closed_loop import Driven, Stop, drive, request
from cores import on, other_core
from results import Findings, figure, ratios
from script import run_script
from serve_bare import KEY
from servers import Server, bare_server, our_server
from stores import data_folder, new_settings, opened
from tenants import PATH, REQUEST, Tenant, all_ended, new_tenant, open_tasks

from apiinone.db import Database

SECONDS = 4.0
WARM_UP_S = 1.0


async def measure(rounds: int) -> Findings:
    """Alternate bare and ours."""
    with data_folder() as folder, on(other_core()):
        settings = new_settings(folder / "ours")
        tenant = await new_tenant(settings, "test")
        with bare_server(folder) as bare, our_server(settings, folder) as ours:
            async with opened(settings) as database:
                table = await _rounds(rounds, bare, ours, _Open(database, tenant))
    figures = {name: figure(name, unit, values) for (name, unit), values in table.items()}
    return Findings(
        (ratios("create", "of bare POST", figures["ours"], figures["bare"]),),
        tuple(figures.values()),
        ("the client asks for one image, in test mode, with one key; outputs of one pixel are stored in a folder",),
    )


class _Open(NamedTuple):
    database: Database
    tenant: Tenant


Table = dict[tuple[str, str], list[float]]


async def _rounds(rounds: int, bare: Server, ours: Server, ours_open: _Open) -> Table:
    posts: dict[Server, bytes] = {
        bare: request("POST", PATH, key=KEY, body=REQUEST.encode()),
        ours: request("POST", PATH, key=ours_open.tenant.key, body=REQUEST.encode()),
    }
    table: Table = {}

    def note(name: str, unit: str, value: float) -> None:
        table.setdefault((name, unit), []).append(value)

    for served, post in posts.items():
        await _load(served, lambda post=post: post, WARM_UP_S)
    await all_ended(*ours_open)
    for _ in range(rounds):
        driven, cpu_us = await _load(bare, lambda: posts[bare], SECONDS)
        note("bare", "req/s", driven.per_s)
        note("bare, CPU", "µs per request", cpu_us)
        driven, cpu_us = await _load(ours, lambda: posts[ours], SECONDS)
        left = await open_tasks(*ours_open)
        drained_s = await all_ended(*ours_open)
        note("ours", "req/s", driven.per_s)
        note("ours, CPU, the worker's included", "µs per request", cpu_us)
        note("ours, p50", "ms", driven.p50_ms)
        note("ours, p99", "ms", driven.p99_ms)
        note("settled meanwhile", "tasks/s", (driven.requests - left) / driven.seconds)
        note("backlog at the end of a round", "tasks", left)
        note(
            "created and settled, the time to drain included", "tasks/s", driven.requests / (driven.seconds + drained_s)
        )
    return table


async def _load(served: Server, next_request: Callable[[], bytes], seconds: float) -> tuple[Driven, float]:
    cpu_s = served.cpu_s()
    driven = (await drive(served.port, next_request, Stop(seconds=seconds))).all_good()
    return driven, (served.cpu_s() - cpu_s) / driven.requests * 1e6


if __name__ == "__main__":
    run_script("create", measure)
