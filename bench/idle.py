"""CPU that a server takes while nobody asks anything: `apiinone serve` as it is, worker and duties included.

Both engines idle at the same time, after one task each; PostgreSQL's own CPU time is not ours and is left out.
"""

import asyncio

from closed_loop import Stop, drive, request
from cores import on, other_core
from results import Findings, figure
from script import run_script
from servers import Server, product_server
from stores import data_folder, new_settings, opened, postgres, postgres_version
from tenants import PATH, REQUEST, all_ended, new_tenant

from apiinone.settings import Settings

SECONDS_PER_ROUND = 6
SETTLES_S = 2.0


async def measure(rounds: int) -> Findings:
    """Rounds of six seconds: thirty in all."""
    with data_folder() as folder, postgres() as server, on(other_core()):
        ours = {"sqlite": new_settings(folder / "sqlite"), "postgresql": new_settings(folder / "postgresql", server)}
        with (
            product_server(ours["sqlite"], folder / "sqlite") as on_sqlite,
            product_server(ours["postgresql"], folder / "postgresql") as on_postgresql,
        ):
            servers = {"sqlite": on_sqlite, "postgresql": on_postgresql}
            for engine, running in servers.items():
                await _one_task(ours[engine], running)
            await asyncio.sleep(SETTLES_S)
            shares: dict[str, list[float]] = {engine: [] for engine in servers}
            for _ in range(rounds):
                before = {engine: running.cpu_s() for engine, running in servers.items()}
                await asyncio.sleep(SECONDS_PER_ROUND)
                for engine, running in servers.items():
                    shares[engine].append((running.cpu_s() - before[engine]) / SECONDS_PER_ROUND * 100)
        promised = tuple(figure(f"idle_{engine}", "% of a core", values) for engine, values in shares.items())
        return Findings(promised, postgresql=postgres_version(server))


async def _one_task(settings: Settings, running: Server) -> None:
    tenant = await new_tenant(settings, "test")
    post = request("POST", PATH, key=tenant.key, body=REQUEST.encode())
    (await drive(running.port, lambda: post, Stop(requests=1), connections=1)).all_good()
    async with opened(settings) as database:
        await all_ended(database, tenant)


if __name__ == "__main__":
    run_script("idle", measure)
