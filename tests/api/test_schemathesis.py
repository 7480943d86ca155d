"""The document is fuzzed: no request that it allows or forbids brings a 5xx, an undocumented status or another form."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.served_api import BODY, served_api
from databases import sqlite_url

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
EXAMPLES = 25


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
                task_id = await api.task(tenant.key, BODY)
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
def api_schema(fuzzed: Fuzzed) -> schemathesis.schemas.BaseSchema:
    return schemathesis.openapi.from_url(f"{fuzzed.url}/openapi.json")


schema = schemathesis.pytest.from_fixture("api_schema")


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
def test_nothing_undocumented_comes_back(case: Case, fuzzed: Fuzzed) -> None:
    if "task_id" in case.path_parameters and case.operation.path.startswith("/api/v1/tasks") and len(str(case)) % 2:
        case.path_parameters["task_id"] = fuzzed.task_id
    case.call_and_validate(checks=CHECKS, headers={"Authorization": f"Bearer {fuzzed.key}"})
