"""From a submit to its attempt row, at ten requests a second.

Counted from the moment the client sends to the moment of the transaction that writes the attempt down, by the clock
that both share on one machine; HTTP and the submit's own commit are in it. What the task then takes to its end bounds
the attempt's commit from above and is told beside.
"""

import asyncio
import time
from pathlib import Path
from typing import NamedTuple

from closed_loop import Stop, drive, request
from cores import on, other_core
from results import Figure, Findings
from script import run_script
from servers import our_server
from stores import data_folder, new_settings, opened, postgres, postgres_version
from tenants import PATH, REQUEST, all_ended, new_tenant

from apiinone.core.clock import US_PER_S
from apiinone.db import Sql, Tx
from apiinone.settings import Settings

PER_S = 10
SECONDS_PER_ROUND = 6
_TIMES = Sql(
    "SELECT t.request_id, a.created_us, t.finished_us FROM tasks t JOIN attempts a ON a.task_id = t.id"
    " WHERE t.account_id = $1"
)


class _Times(NamedTuple):
    attempt_ms: list[float]
    end_ms: list[float]


async def measure(rounds: int) -> Findings:
    """Both engines, one after the other."""
    promised: list[Figure] = []
    beside: list[Figure] = []
    with data_folder() as folder, postgres() as server, on(other_core()):
        for engine, where in (("sqlite", None), ("postgresql", server)):
            times = await _pickups(new_settings(folder / engine, where), folder, rounds)
            promised.append(Figure(f"pickup_{engine}", "ms", (_percentile(times.attempt_ms, 99),)))
            beside += [
                Figure(f"{engine}, p{percent}", "ms", (_percentile(times.attempt_ms, percent),))
                for percent in (50, 90, 100)
            ]
            beside.append(Figure(f"{engine}, to the task's end, p99", "ms", (_percentile(times.end_ms, 99),)))
        note = f"{PER_S * SECONDS_PER_ROUND * rounds} submits on each engine"
        return Findings(tuple(promised), tuple(beside), (note,), postgres_version(server))


async def _pickups(settings: Settings, folder: Path, rounds: int) -> _Times:
    tenant = await new_tenant(settings, "test")
    sent_us: dict[str, int] = {}
    with our_server(settings, folder) as ours:
        async with opened(settings) as database:
            began_s = time.perf_counter()
            for number in range(PER_S * SECONDS_PER_ROUND * rounds):
                await asyncio.sleep(max(0.0, began_s + number / PER_S - time.perf_counter()))
                name = f"pickup-{number}"
                more = f"X-Request-Id: {name}\r\n"
                post = request("POST", PATH, key=tenant.key, body=REQUEST.encode(), more=more)
                sent_us[name] = time.time_ns() // 1000
                (await drive(ours.port, lambda post=post: post, Stop(requests=1), connections=1)).all_good()
            await all_ended(database, tenant)

            async def look(tx: Tx) -> list[tuple[str, int, int]]:
                return [(row[0], row[1], row[2]) for row in await tx.rows(_TIMES, tenant.account_id)]

            rows = await database.read(look)
    assert len(rows) == len(sent_us)
    return _Times(
        [(attempt_us - sent_us[name]) / US_PER_S * 1000 for name, attempt_us, _ in rows],
        [(end_us - sent_us[name]) / US_PER_S * 1000 for name, _, end_us in rows],
    )


def _percentile(values: list[float], percent: int) -> float:
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, len(ordered) * percent // 100)], 3)


if __name__ == "__main__":
    run_script("pickup", measure)
