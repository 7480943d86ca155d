"""Submit → settled through the product's sender, against LiteLLM's image route in front of the same simulated vendor.

The vendor is on the other core and answers at once with one pixel in base64. LiteLLM relays a call and accounts for
nothing; ours takes an order over HTTP (live key, hold), writes the attempt down, sends, stores the output in a folder
and settles: what is counted is settled tasks, from the first request until nothing is open. The pace that a vendor
publishes is lifted for ours, and LiteLLM has none.
"""

import time
from collections.abc import Awaitable, Callable

import msgspec
from closed_loop import HOST, Stop, drive, request
from cores import on, other_core
from litellm_server import CREATE_PATH, MASTER_KEY, MODEL, litellm_server, release
from results import Findings, figure, ratios
from script import run_script
from servers import Server, product_server, simulator
from stores import data_folder, new_settings, opened
from tenants import PATH, REQUEST, Tenant, all_ended, new_tenant

from apiinone.settings import PREFIX
from apiinone.simulators.options import SIMULATED_KEY

SECONDS = 5.0
TASKS = 5_000
WARM_UP = 200
Table = dict[tuple[str, str], list[float]]


async def measure(rounds: int) -> Findings:
    """Alternate LiteLLM and ours."""
    with data_folder() as folder, on(other_core()), simulator("recraft", folder) as vendor:
        upstream = f"http://{HOST}:{vendor.port}"
        settings = new_settings(folder / "ours")
        tenant = await new_tenant(settings, "live")
        more = {
            f"{PREFIX}RECRAFT_BASE_URL": f"{upstream}/v1",
            f"{PREFIX}RECRAFT_SUBMITS_PER_S_MAX": "1000000",
            f"{PREFIX}RECRAFT_CONCURRENT_MAX": "256",
            "RECRAFT_API_TOKEN": SIMULATED_KEY,
        }
        peer_folder = folder / "litellm"
        peer_folder.mkdir()
        table: Table = {}
        with (
            litellm_server(peer_folder, upstream=upstream, upstream_key=SIMULATED_KEY) as peer,
            product_server(settings, folder, more) as ours,
        ):
            async with opened(settings) as database:

                async def settled() -> float:
                    return await all_ended(database, tenant)

                await _relayed(peer, Stop(requests=WARM_UP), {})
                await _ordered(ours, tenant, WARM_UP, settled, {})
                for _ in range(rounds):
                    await _relayed(peer, Stop(seconds=SECONDS), table)
                    await _ordered(ours, tenant, TASKS, settled, table)
    figures = {name: figure(name, unit, values) for (name, unit), values in table.items()}
    ratio = ratios("outbound", "times LiteLLM", figures["ours"], figures["LiteLLM"])
    return Findings((ratio,), tuple(figures.values()), (f"LiteLLM {release()}, one worker, production settings",))


async def _relayed(peer: Server, stop: Stop, table: Table) -> None:
    body = msgspec.json.encode({"model": MODEL, "prompt": "x", "n": 1, "response_format": "b64_json"})
    post = request("POST", CREATE_PATH, key=MASTER_KEY, body=body)
    cpu_s = peer.cpu_s()
    driven = (await drive(peer.port, lambda: post, stop)).all_good()
    table.setdefault(("LiteLLM", "req/s"), []).append(driven.per_s)
    cpu_us = (peer.cpu_s() - cpu_s) / driven.requests * 1e6
    table.setdefault(("LiteLLM, CPU", "µs per request"), []).append(cpu_us)


async def _ordered(
    ours: Server, tenant: Tenant, tasks: int, settled: Callable[[], Awaitable[float]], table: Table
) -> None:
    post = request("POST", PATH, key=tenant.key, body=REQUEST.encode())
    cpu_s, began_s = ours.cpu_s(), time.perf_counter()
    driven = (await drive(ours.port, lambda: post, Stop(requests=tasks))).all_good()
    await settled()
    took_s = time.perf_counter() - began_s
    table.setdefault(("ours", "settled tasks/s"), []).append(tasks / took_s)
    table.setdefault(("ours, creating", "req/s"), []).append(driven.per_s)
    table.setdefault(("ours, CPU", "µs per task"), []).append((ours.cpu_s() - cpu_s) / tasks * 1e6)


if __name__ == "__main__":
    run_script("outbound", measure)
