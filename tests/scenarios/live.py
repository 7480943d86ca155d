"""The whole product in live mode over HTTP, with vendors that speak their wire contracts and fail as told."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar
from unittest.mock import patch
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

import apiinone.app
import apiinone.connect
from api.served_api import Api, Got, Tenant, served_api
from apiinone.api.task_ids import read_task_id
from apiinone.db import Sql
from apiinone.providers.registry import REMOTES
from apiinone.simulators import serving
from apiinone.simulators.faults import Fault, FaultName, Seen, Stage
from apiinone.simulators.options import SIMULATED_KEY, SIMULATED_WEBHOOK_SECRET, Options
from apiinone.tasks.breaker import BreakerRules
from apiinone.tasks.conclude import Conclusions, Tries
from apiinone.tasks.job import Job
from looking import seen_as_wanted

T = TypeVar("T")
VendorName = str
API_PATHS: Final[Mapping[VendorName, str]] = {
    name: urlsplit(url).path.rstrip("/") for name, (_, url) in REMOTES.items()
}
CREDENTIALS: Final[Mapping[VendorName, str]] = {
    name: make("http://127.0.0.1:9").credential_names[0] for name, (make, _) in REMOTES.items()
}
CREDITS: Final = 1_000
PNG: Final[Mapping[str, object]] = {"model": "recraft-v4-text-to-image", "prompt": "a hill"}
SVG: Final[Mapping[str, object]] = {"model": "recraft-v4-text-to-vector", "prompt": "a hill"}
FRUGAL: Final[Mapping[str, object]] = {"model": "cogview-4", "prompt": "a hill"}
"""Only wavespeed offers it."""
PRICES: Final[Mapping[str, int]] = {
    "recraft-v4-text-to-image": 10,
    "recraft-v4-text-to-vector": 20,
    "cogview-4": 4,
    "flux-2": 5,
    "gpt-image-2": 10,
    "gemini-3.1-flash-image": 14,
}
REACHED_WITHIN_S: Final = 60.0
SOON_S: Final = 0.05
LATER_S: Final = 1.0
"""For what has no answer to come: asked about as often, dozens of such tasks would be all that the others wait for."""
PATIENT: Final[Mapping[str, object]] = {
    "provider_submits_per_s_max": dict.fromkeys(REMOTES, 1_000.0),
    "provider_errors_max": 1_000,
    "provider_no_balance_rest_s": 0.2,
}

_ATTEMPTS = Sql(
    "SELECT provider, state, fault, late_state, upstream_id, actual_cost_micro_usd FROM attempts WHERE task_id = $1"
    " ORDER BY attempt_no"
)
_PASS_LIMITS = Sql("UPDATE tasks SET deadline_us = 1, unknown_limit_us = 1, sweep_us = 1 WHERE id = $1")


class Attempt(Struct, frozen=True):
    """An attempt's row, as far as tests look at it."""

    provider: str
    state: str
    fault: str | None
    late: str | None
    upstream_id: str | None
    cost: int | None

    @property
    def ended(self) -> tuple[str, str]:
        """At whom, and how."""
        return self.provider, self.state


class Live:
    """A running product, its vendors, and a customer with credits."""

    def __init__(self, api: Api, tenant: Tenant, roots: Mapping[VendorName, str]) -> None:
        self.api = api
        self.tenant = tenant
        self._roots = roots

    async def arrange(self, vendor: VendorName, *faults: FaultName, on: Stage = "submit") -> None:
        """Have these go wrong at a vendor, one after the other, in place of what was arranged before."""
        orders = [Fault(fault, on, delay_s=0.1) for fault in faults]
        url = f"{self._roots[vendor]}/_sim/faults"
        async with self.api.session.post(url, data=msgspec.json.encode(orders)) as response:
            assert response.status == 204, await response.text()

    async def seen(self, vendor: VendorName) -> Seen:
        """What a vendor saw and charged."""
        async with self.api.session.get(f"{self._roots[vendor]}/_sim/state") as response:
            return msgspec.json.decode(await response.read(), type=Seen)

    async def create(self, body: Mapping[str, object] = PNG, **more: object) -> str:
        """A new task's id."""
        return await self.api.task(self.tenant.key, {**body, **more})

    async def create_for_each(self, faults: Sequence[FaultName], body: Mapping[str, object] = PNG) -> list[str]:
        """As many new tasks."""
        return list(await asyncio.gather(*(self.create(body) for _ in faults)))

    async def task(self, task_id: str) -> Any:
        """The task as it stands."""
        return (await self.api.get(f"/api/v1/tasks/{task_id}", self.tenant.key)).data

    async def reached(self, task_id: str, *stages: str) -> Any:
        """The task once it stands at one of these stages."""
        return await self.until(lambda: self.task(task_id), lambda task: task["stage"] in stages)

    async def until(self, look: Callable[[], Awaitable[T]], wanted: Callable[[T], bool]) -> T:
        """What is seen once it is as wanted."""
        return await seen_as_wanted(look, wanted, within_s=REACHED_WITHIN_S)

    async def ended(self, task_id: str) -> Any:
        """The task once it has ended."""
        return await self.reached(task_id, "done")

    async def delivered(self, task_id: str) -> Got:
        """Its one output, once it has succeeded and cost what it must."""
        task = await self.ended(task_id)
        assert (task["status"], task["error"]) == ("SUCCESS", None), task
        assert (task["consumed_credits"], task["held_credits"]) == (PRICES[task["model"]], 0)
        (output,) = task["outputs"]
        got = await self.output(output["url"])
        assert (len(got.body), got.headers["Content-Type"]) == (output["bytes"], output["content_type"])
        return got

    async def output(self, url: str) -> Got:
        """What is behind a link."""
        return await self.api.get("/" + url.split("/", 3)[3])

    async def failed(self, task_id: str) -> tuple[str, int]:
        """Type and code of its error, once it has failed; it costs nothing."""
        task = await self.ended(task_id)
        assert (task["status"], task["response"]) == ("FAILED", []), task
        assert (task["consumed_credits"], task["held_credits"]) == (0, 0)
        return task["error"]["type"], task["error"]["code"]

    async def attempts(self, task_id: str) -> list[Attempt]:
        """Its attempts, in order."""
        return [Attempt(*row) for row in await self.api.rows(_ATTEMPTS, _row_id(task_id))]

    async def let_limits_pass(self, *task_ids: str) -> None:
        """Let the deadlines and last limits of these tasks lie in the past."""
        for task_id in task_ids:
            await self.api.change(_PASS_LIMITS, _row_id(task_id))

    async def balance(self) -> tuple[int, int]:
        """Credits available and held."""
        money = (await self.api.get("/api/v1/credits", self.tenant.key)).data
        return money["available"], money["held"]


@asynccontextmanager
async def simulated(*vendors: VendorName, seconds: float = 0.05) -> AsyncGenerator[dict[VendorName, str]]:
    """Where these simulated vendors stand; their jobs take so long."""
    async with AsyncExitStack() as stack:
        options = Options(seconds=seconds, fast=True)
        yield {name: await stack.enter_async_context(serving(name, options)) for name in vendors}


@contextmanager
def hurried() -> Generator[None]:
    """The product comes back in no time wherever it would let seconds pass: between two questions, as each vendor wants
    it, after a failure, and while a vendor that is asked too much rests. What it waits for stays the same.
    What is unknown is asked about a little later.
    """
    again = Conclusions.again

    def soon(ends: Conclusions, job: Job, after_s: float) -> float | None:
        return again(ends, job, min(after_s, SOON_S if job.state != "unknown" else LATER_S))

    tries = partial(Tries, again_after_s=SOON_S)
    breaker_rules = partial(BreakerRules, throttled_s=SOON_S, throttled_s_max=SOON_S)
    with (
        patch.object(Conclusions, "again", soon),
        patch.object(apiinone.app, "Tries", tries),
        patch.object(apiinone.connect, "BreakerRules", breaker_rules),
    ):
        yield


@asynccontextmanager
async def live_at(  # noqa: PLR0913 - what a test may want otherwise
    database_url: str,
    folder: Path,
    roots: Mapping[VendorName, str],
    *,
    tenant: Tenant | None = None,
    balance: int = CREDITS,
    without_credential: Sequence[VendorName] = (),
    **settings: Any,
) -> AsyncGenerator[Live]:
    """The product with the vendors that stand there, and a new tenant or this one. At the end the books must be in
    order.

    `without_credential`: vendors that can be reached, though the house has no credential for them.
    """
    environ = {CREDENTIALS[name]: SIMULATED_KEY for name in roots if name not in without_credential}
    environ["WAVESPEED_WEBHOOK_SECRET"] = SIMULATED_WEBHOOK_SECRET
    base_urls = {name: f"{root}{API_PATHS[name]}" for name, root in roots.items()}
    chosen: dict[str, Any] = {**PATIENT, **settings, "provider_base_urls": base_urls}
    async with served_api(database_url, folder, environ=environ, **chosen) as api:
        yield Live(api, tenant or await api.tenant(mode="live", balance=balance), roots)
        await api.assert_sound()


@asynccontextmanager
async def live(
    database_url: str, folder: Path, *vendors: VendorName, seconds: float = 0.05, **settings: Any
) -> AsyncGenerator[Live]:
    """The product with these vendors simulated for it alone."""
    async with (
        simulated(*vendors, seconds=seconds) as roots,
        live_at(database_url, folder, roots, **settings) as running,
    ):
        yield running


def _row_id(task_id: str) -> str:
    found = read_task_id(task_id)
    assert found is not None
    return found.id
