"""The process that `poll_lag.py` measures: eight vendors' adapters, one worker, tasks that come evenly."""

import asyncio
import sys
from typing import Final
from unittest.mock import patch

import msgspec
from instant import InstantMaker
from msgspec import Struct
from tenants import Tenant, all_ended, new_submission, open_tasks, open_tenant

import apiinone.app
import apiinone.providers.registry
from apiinone.app import App, open_app
from apiinone.catalog.load import Catalogue, catalogue_of, load_catalogue
from apiinone.cli.serving import on_fast_loop
from apiinone.core.clock import US_PER_S
from apiinone.core.exchange import Request
from apiinone.db import Sql, Tx
from apiinone.providers.provider import Reference
from apiinone.providers.wavespeed import WaveSpeed
from apiinone.settings import environment, read_settings
from apiinone.simulators.options import SIMULATED_KEY
from apiinone.tasks.submit import Created
from apiinone.tasks.worker import HINT

TASKS: Final = 10_000
JOB_S: Final = 85
INTERVALS_S: Final = (6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 13.0, 15.0)
"""How often each vendor is asked about a job; the jobs' ends lie differently between two questions."""
COMING_S: Final = 80.0
WITHIN_S: Final = 120.0
EVERY_S: Final = 0.08
"""So often a handful of tasks comes."""
KEY: Final = "POLL_LAG_KEY"
_LAGS = Sql(
    "SELECT t.finished_us - a.sent_us, a.provider FROM tasks t JOIN attempts a ON a.task_id = t.id"
    " WHERE t.account_id = $1 AND t.state = 'succeeded' AND a.attempt_no = 1"
)


class Lags(Struct, frozen=True):
    """What lies beyond the vendor's interval, in seconds, and what it took."""

    p50_s: float
    p99_s: float
    latest_s: float
    most_open: int
    questions_each: float


class Vendor(WaveSpeed):
    """One of the eight."""

    credential_names = (KEY,)
    submit_per_s_max = 1_000.0
    asked = 0

    def poll(self, reference: Reference) -> Request:
        """Count it."""
        Vendor.asked += 1
        return super().poll(reference)


async def _measure(base_url: str) -> Lags:
    intervals_s = {f"vendor{number}": interval_s for number, interval_s in enumerate(INTERVALS_S)}
    names = list(intervals_s)
    remotes = {
        name: (type(name, (Vendor,), {"name": name, "poll_interval_s": interval_s}), base_url)
        for name, interval_s in intervals_s.items()
    }
    catalogue = _catalogue(names)
    with (
        patch.object(apiinone.providers.registry, "REMOTES", remotes),
        patch.object(apiinone.app, "load_catalogue", return_value=catalogue),
    ):
        settings = read_settings(environment())
        settings = msgspec.structs.replace(settings, provider_base_urls=dict.fromkeys(names, base_url))
        async with open_app(settings, {KEY: SIMULATED_KEY}, maker=InstantMaker()) as app, app.work():
            tenant = await open_tenant(app, "live")
            most = await _come(app, tenant, [sub.id for entry in catalogue.entries for sub in entry.sub_models])
            await all_ended(app.database, tenant, within_s=WITHIN_S)

            async def look(tx: Tx) -> list[tuple[int, str]]:
                return [(int(row[0]), str(row[1])) for row in await tx.rows(_LAGS, tenant.account_id)]

            took = await app.database.read(look)
    assert len(took) == TASKS, f"{len(took)} of {TASKS} succeeded at the first try"
    beyond = sorted(took_us / US_PER_S - JOB_S - intervals_s[name] for took_us, name in took)
    return Lags(beyond[TASKS // 2], beyond[TASKS * 99 // 100], beyond[-1], most, Vendor.asked / TASKS)


def _catalogue(names: list[str]) -> Catalogue:
    """One model with a version at each vendor."""
    entry = load_catalogue().choices["cogview-4"].entry
    sub = entry.default_sub_model
    versions = [
        msgspec.structs.replace(
            sub, id=name, aliases=(), default=not at, offers=(msgspec.structs.replace(sub.offers[0], provider=name),)
        )
        for at, name in enumerate(names)
    ]
    return catalogue_of([msgspec.structs.replace(entry, sub_models=tuple(versions))])


async def _come(app: App, tenant: Tenant, versions: list[str]) -> int:
    """Submit everything, evenly; how many were open at the most until then and shortly after."""
    most = 0
    (entry,) = app.catalogue.entries
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    steps = int(COMING_S / EVERY_S)
    for step in range(steps):
        for number in range(TASKS * step // steps, TASKS * (step + 1) // steps):
            version = versions[number % len(versions)]
            request = f'{{"model":"{version}","prompt":"a hill","quality":"standard","size":"1024x1024"}}'
            submission = msgspec.structs.replace(
                new_submission(app, tenant), model=entry.id, sub_model=version, node=entry.node, request_json=request
            )
            outcome = await app.submissions.do(submission)
            assert isinstance(outcome, Created), outcome
        await app.database.hint(HINT)
        await asyncio.sleep(max(0.0, began_s + (step + 1) * EVERY_S - loop.time()))
    for _ in range(int(JOB_S - COMING_S) * 2):
        most = max(most, await open_tasks(app.database, tenant))
        await asyncio.sleep(0.5)
    return most


if __name__ == "__main__":
    sys.stdout.write(msgspec.json.encode(on_fast_loop(_measure(sys.argv[1]))).decode() + "\n")
