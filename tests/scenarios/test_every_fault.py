"""Whatever goes wrong at any vendor, with an order, a question or a file: the right error, the right money, a receipt.

What each fault means is the conformance suite's table; here it is seen through the whole product. Vendors are tried
side by side, the faults of one vendor one after the other, so that each task meets the fault that is meant for it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import pytest
from msgspec import Struct

from apiinone.core.credits import shown
from apiinone.outbound import Lost
from apiinone.providers.provider import Fault, Finished, Unclear
from apiinone.simulators.faults import FaultName, Stage
from apiinone.tasks.client_faults import CLIENT_FAULTS
from apiinone.tasks.conclude import Tries
from providers.case import CASES, Expected
from providers.test_conformance import SUBMIT
from scenarios.live import Live, live_at, simulated
from scenarios.offer_bodies import Served, body_for
from scenarios.test_every_offer import BALANCE, OFFERS, SETTINGS, price_of, retired

End = Literal["made", "refused", "unknown"]
OFTEN: Final = 5
"""More often than a task is tried."""
UNSURE: Final = (Unclear, Lost)
TRIED_AGAIN: Final[frozenset[Fault]] = frozenset({"throttled", "no_balance", "bad_credential", "provider_error"})
SLOW: Final[frozenset[FaultName]] = frozenset({"huge"})
"""Half a gigabyte on the wire says nothing here that the conformance suite has not said."""
VENDORS: Final = sorted({one.offer.provider for one in OFFERS})


class Expectation(Struct, frozen=True):
    """How a task ends that meets a fault at its order each time it is tried."""

    end: End
    fault: Fault | None = None


def expectation(vendor: str, fault: FaultName) -> Expectation:
    expected: Expected = CASES[vendor].submit.get(fault) or SUBMIT[fault]
    if isinstance(expected, str):
        return Expectation("refused", expected)
    return Expectation("unknown" if expected in UNSURE or isinstance(expected, tuple) else "made")


def simplest(vendor: str) -> Served:
    """An offer of this vendor that needs no earlier task."""
    return next(one for one in OFFERS if one.offer.provider == vendor and not one.made_by.operation and not retired(one))


class Trial:
    """One vendor, with one of its offers."""

    def __init__(self, running: Live, vendor: str) -> None:
        self.running = running
        self.vendor = vendor
        self.one = simplest(vendor)
        self.body = body_for(self.one)

    async def create(self) -> str:
        got = await self.running.api.ask("POST", self.one.made_by.path, key=self.running.tenant.key, body=self.body)
        assert got.status == 200, got.body
        task_id: str = got.data["task_id"]
        return task_id

    async def orders_fail(self) -> None:
        for fault in sorted(CASES[self.vendor].faults["submit"] - SLOW):
            expected = expectation(self.vendor, fault)
            await self.running.arrange(self.vendor, *[fault] * (OFTEN if expected.end == "refused" else 1))
            task_id = await self.create()
            task = await self.running.reached(task_id, "unknown", "done")
            await self._ended_as(task, expected, f"{self.vendor}: {fault}")

    async def questions_fail(self) -> None:
        """A question that fails never ends a task: it is asked again, and made once."""
        faults = sorted(CASES[self.vendor].faults["poll"] - SLOW)
        await self.running.arrange(self.vendor, *faults, on="poll")
        tasks = [await self.create() for _ in faults]
        for task in await asyncio.gather(*map(self.running.ended, tasks)):
            await self._ended_as(task, Expectation("made"), f"{self.vendor}: a question")

    async def files_fail(self, *, for_good: bool) -> None:
        """A file that cannot be had is fetched again; where it stays away, the task costs nothing."""
        faults: Sequence[FaultName] = sorted(CASES[self.vendor].faults["output"] - SLOW - {"slow"})
        before = await self.running.seen(self.vendor)
        await self._ended_as(await self.running.ended(await self.create()), Expectation("made"), self.vendor)
        if (await self.running.seen(self.vendor)).outputs == before.outputs:
            return  # its answer brings the bytes
        tries = Tries().copies_max
        arranged = ["server_error"] * tries * self.one_files() if for_good else faults
        await self.running.arrange(self.vendor, *arranged, on="output")
        tasks = [await self.create() for _ in range(1 if for_good else len(faults))]
        for task in await asyncio.gather(*map(self.running.ended, tasks)):
            end = Expectation("refused", "output_unavailable") if for_good else Expectation("made")
            await self._ended_as(task, end, f"{self.vendor}: a file")

    def one_files(self) -> int:
        """How many files one order brings at most."""
        return CASES[self.vendor].outputs

    async def _ended_as(self, task: Any, expected: Expectation, what: str) -> None:
        price = shown(price_of(self.one, {}).total) if not self.body else task["held_credits"] + task["consumed_credits"]
        receipt = (await self.running.api.get(f"/api/v1/tasks/{task['task_id']}/receipt", self.running.tenant.key)).data
        attempts, settlement = receipt["attempts"], receipt["settlement"]
        assert {attempt["provider"] for attempt in attempts} == {self.vendor}, what
        held = receipt["hold"]["credits"]
        match expected.end:
            case "made":
                assert (task["status"], task["consumed_credits"], task["held_credits"]) == ("SUCCESS", held, 0), what
                assert (settlement["kind"], attempts[-1]["outcome"]) == ("capture", "finished"), what
            case "unknown":
                assert (task["status"], task["stage"], task["held_credits"]) == ("IN_PROGRESS", "unknown", held), what
                assert (settlement, [one["outcome"] for one in attempts]) == (None, ["unknown"]), what
                assert attempts[0]["message"], what
            case "refused":
                assert expected.fault is not None
                assert (task["status"], task["consumed_credits"], task["held_credits"]) == ("FAILED", 0, 0), what
                assert task["error"]["type"] == CLIENT_FAULTS[expected.fault], what
                assert (settlement["kind"], settlement["captured"]) == ("release", 0), what
                told = [(one["outcome"], one["fault"]) for one in attempts]
                tries = Tries().attempts_max if expected.fault in TRIED_AGAIN else 1
                assert told == [("rejected", expected.fault)] * tries, what
        assert price == held, what


STAGES: Final[Mapping[Stage, str]] = {"submit": "orders", "poll": "questions", "output": "files"}


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
async def test_every_fault_of_every_vendor_ends_in_the_right_error_the_right_money_and_a_receipt(
    database_url: str, tmp_path: Path, stage: Stage
) -> None:
    async with simulated(*VENDORS) as roots:
        for vendor in VENDORS:
            assert vendor in CASES
        async with live_at(database_url, tmp_path, roots, balance=BALANCE, **SETTINGS) as running:
            trials = [Trial(running, vendor) for vendor in VENDORS]
            match stage:
                case "submit":
                    await asyncio.gather(*(trial.orders_fail() for trial in trials))
                case "poll":
                    await asyncio.gather(*(trial.questions_fail() for trial in trials))
                case "output":
                    await asyncio.gather(*(trial.files_fail(for_good=False) for trial in trials))
                    await asyncio.gather(*(trial.files_fail(for_good=True) for trial in trials))
