"""Submit → settled with the instant local provider, against a plain-SQL loop that writes the same rows.

Both run in this process on the measured core, one after the other in each round, on databases of their own that start
empty; PostgreSQL is on the other core. Ours goes through the use cases without HTTP: 64 clients submit in a closed
loop, the worker of the same process makes and settles, and the round ends when all is settled. Outputs are stored in
a folder, which the yardstick does not do.
"""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg  # pyright: ignore[reportMissingTypeStubs] - the driver ships no types
from cores import measured_core, on
from instant import InstantMaker
from plain_sql import Connection, Payer, PlainLoop, PostgresConnection, SqliteConnection, ids_after
from results import Figure, Findings, figure, ratios
from script import run_script
from stores import Postgres, data_folder, new_settings, postgres, postgres_version
from tenants import Tenant, all_ended, new_submission, open_tenant

from apiinone.app import App, open_app
from apiinone.cli.serving import freeze_memory
from apiinone.db import Sql, Tx
from apiinone.db_sqlite_connection import connect
from apiinone.settings import Settings
from apiinone.tasks.submit import Created
from apiinone.tasks.worker import HINT

CLIENTS = 64
WARM_UP = 640
TASKS = 6_400
_LAST_ENTRY = Sql("SELECT entry_no FROM balances WHERE account_id = $1 AND mode = 'test'")

Side = Callable[[int], Awaitable[None]]


async def measure(rounds: int) -> Findings:
    """Both engines, one after the other."""
    promised: list[Figure] = []
    beside: list[Figure] = []
    with data_folder() as folder, postgres() as server, on(measured_core()):
        for name, where in (("sqlite", None), ("postgresql", server)):
            ratio, others = await _compare(name, folder / name, where, rounds)
            promised.append(ratio)
            beside += others
        return Findings(tuple(promised), tuple(beside), postgresql=postgres_version(server))


async def _compare(name: str, folder: Path, server: Postgres | None, rounds: int) -> tuple[Figure, list[Figure]]:
    async with AsyncExitStack() as stack:
        ours = await _our_side(stack, new_settings(folder, server))
        plain = await _plain_side(stack, new_settings(folder.with_name(f"{name}-plain"), server))
        rates: dict[str, list[float]] = {"ours": [], "plain": []}
        costs: dict[str, list[float]] = {"ours": [], "plain": []}
        await ours(WARM_UP)
        await plain(WARM_UP)
        for _ in range(rounds):
            for label, side in (("plain", plain), ("ours", ours)):
                gc.collect()
                began_s, cpu_s = time.perf_counter(), time.process_time()
                await side(TASKS)
                rates[label].append(TASKS / (time.perf_counter() - began_s))
                costs[label].append((time.process_time() - cpu_s) / TASKS * 1e6)
    figures = {label: figure(f"{name}, {label}", "tasks/s", values) for label, values in rates.items()}
    cpu = [figure(f"{name}, {label}, CPU of this process", "µs per task", costs[label]) for label in costs]
    ratio = ratios(f"engine_{name}", "of plain SQL", figures["ours"], figures["plain"])
    return ratio, [*figures.values(), *cpu]


async def _our_side(stack: AsyncExitStack, settings: Settings) -> Side:
    app = await stack.enter_async_context(open_app(settings, {}, maker=InstantMaker()))
    tenant = await open_tenant(app, "test")
    await stack.enter_async_context(app.work())
    freeze_memory()  # as `apiinone serve` and `apiinone worker` do; it holds for the yardstick too

    async def run(tasks: int) -> None:
        await asyncio.gather(*(_client(app, tenant, tasks // CLIENTS) for _ in range(CLIENTS)))
        await all_ended(app.database, tenant)

    return run


async def _client(app: App, tenant: Tenant, tasks: int) -> None:
    for _ in range(tasks):
        outcome = await app.submissions.do(new_submission(app, tenant))
        assert isinstance(outcome, Created), outcome
        await app.database.hint(HINT)


async def _plain_side(stack: AsyncExitStack, settings: Settings) -> Side:
    async with open_app(settings, {}) as app:
        tenant = await open_tenant(app, "test")
        last = await _number(app, _LAST_ENTRY, tenant.account_id)
        ids = ids_after(app.ids.new())
    payer = Payer(tenant.account_id, tenant.key_id, tenant.lot_id, last)
    return PlainLoop(await _connection(stack, settings.database), payer, ids).run


async def _number(app: App, statement: Sql, about: str) -> int:
    async def look(tx: Tx) -> int:
        return int((await tx.rows(statement, about))[0][0])

    return await app.database.read(look)


async def _connection(stack: AsyncExitStack, url: str) -> Connection:
    if url.startswith("sqlite:///"):
        connection = connect(url.removeprefix("sqlite:///"))  # as the product: only what is written and decided differs
        stack.callback(connection.close)
        return SqliteConnection(connection)
    connection = await asyncpg.connect(url, server_settings={"jit": "off"})  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    stack.push_async_callback(connection.close)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    return PostgresConnection(connection)


if __name__ == "__main__":
    run_script("engine", measure)
