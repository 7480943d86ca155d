"""The document is fuzzed: no request that it allows or forbids brings a 5xx, an undocumented status or another form."""

import asyncio
import importlib
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from api.served_api import served_api
from apiinone.api.route import Route
from apiinone.api.routes import ROUTES
from databases import sqlite_url

EXAMPLES = 20
ANSWERED_WITHIN_S = 60
schemathesis: Any = importlib.import_module("schemathesis")  # its types are not complete
openapi_checks: Any = importlib.import_module("schemathesis.specs.openapi.checks")
CHECKS = [
    importlib.import_module("schemathesis.checks").not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
]


class Fuzzed:
    """A served API in a thread of its own, so that the fuzzer may block; with a key and an ended task."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self._begun: Future[tuple[str, str, str]] = Future()
        self._loop = asyncio.new_event_loop()
        self._end = asyncio.Event()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve(database_url, folder)))
        self._thread.start()
        self.url, self.key, self.task_id = self._begun.result(timeout=60)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()
        self._loop.close()

    async def _serve(self, database_url: str, folder: Path) -> None:
        try:
            async with served_api(database_url, folder, test_credits_per_day=1_000_000) as api:
                tenant = await api.tenant(balance=1_000_000)
                task_id = await api.task(tenant.key)
                await api.ended(tenant.key, task_id)
                self._begun.set_result((api.url, tenant.key, task_id))
                await self._end.wait()
                await api.assert_sound()
        except BaseException as error:
            if not self._begun.done():
                self._begun.set_exception(error)
            raise


@pytest.fixture(scope="module")
def fuzzed(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    folder = tmp_path_factory.mktemp("fuzzed")
    path = folder / "apiinone.db"
    path.write_bytes(sqlite_template.read_bytes())
    served = Fuzzed(sqlite_url(path), folder)
    yield served
    served.stop()


@pytest.fixture(scope="module")
def schema(fuzzed: Fuzzed) -> Any:
    return schemathesis.openapi.from_url(f"{fuzzed.url}/openapi.json")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Do not use the `random` module")  # the server, in its thread, does so meanwhile
@pytest.mark.parametrize("route", ROUTES, ids=[route.name for route in ROUTES])
def test_nothing_undocumented_comes_back(route: Route, fuzzed: Fuzzed, schema: Any) -> None:
    operation = schema[route.path][route.method]
    _fuzz(operation, "positive", CHECKS, fuzzed)
    if (
        operation.path_parameters or operation.query or operation.headers or operation.body
    ):  # there is what to get wrong
        # A query's mutation may come to nothing when it is written into the address; a body's never does.
        judged = [openapi_checks.negative_data_rejection] if operation.body else []
        _fuzz(operation, "negative", [*CHECKS, *judged], fuzzed)


def _fuzz(operation: Any, mode: str, checks: list[Any], fuzzed: Fuzzed) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        derandomize=True,
        database=None,
    )
    @given(case=operation.as_strategy(generation_mode=schemathesis.GenerationMode(mode)))
    def send(case: Any) -> None:
        _aim(case, fuzzed)
        headers = {"Authorization": f"Bearer {fuzzed.key}"}
        case.call_and_validate(checks=checks, headers=headers, timeout=ANSWERED_WITHIN_S)

    send()


def _aim(case: Any, fuzzed: Fuzzed) -> None:
    """Let requests that keep the schema meet a task that is there, and nobody be called back who is not made up."""
    body: Any = case.body
    if type(body) is dict and "callback_url" in body and isinstance(body["callback_url"], str):
        body["callback_url"] = "https://hooks.example/made-up"
    if case.meta.generation.mode == schemathesis.GenerationMode("positive") and "task_id" in case.path_parameters:
        case.path_parameters["task_id"] = fuzzed.task_id
