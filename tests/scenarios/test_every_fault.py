"""Whatever goes wrong at any vendor, with an order, a question or a file: the right error, the right money, a receipt.

What each fault means is the conformance suite's table; here it is seen through the whole product. Vendors are tried
side by side, the faults of one vendor one after the other, so that each task meets the fault that is meant for it.
"""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Literal, assert_never, get_args
from unittest.mock import patch

import pytest
from msgspec import Struct

import apiinone.app
from apiinone.core.credits import shown
from apiinone.outbound import Lost
from apiinone.providers.provider import Fault, Unclear
from apiinone.simulators.faults import LINK_FAULTS, FaultName, Stage
from apiinone.tasks.client_faults import CLIENT_FAULTS
from apiinone.tasks.conclude import Tries
from providers.case import CASES, Expected
from providers.test_conformance import SUBMIT
from scenarios.live import Live, hurried, live_at, simulated
from scenarios.offer_bodies import Served, body_for
from scenarios.test_every_offer import BALANCE, OFFERS, SETTINGS, on_a_picture, parsed, price_of, retired, with_only

End = Literal["made", "refused", "unknown"]
OFTEN: Final = 5
"""More often than a task is tried."""
UNSURE: Final = (Unclear, Lost)
TRIED_AGAIN: Final[frozenset[Fault]] = frozenset({"throttled", "no_balance", "bad_credential", "provider_error"})
TOO_MUCH: Final[frozenset[FaultName]] = frozenset({"huge"})
"""Half a gigabyte on the wire says nothing here that the conformance suite has not said."""
SIMPLE: Final = tuple(one for one in OFFERS if not one.made_by.operation and not retired(one) and not on_a_picture(one))
"""Offers that need no earlier task."""
VENDORS: Final = sorted({one.offer.provider for one in SIMPLE})


class Expectation(Struct, frozen=True):
    """How a task ends that meets a fault at its order each time it is tried."""

    end: End
    fault: Fault | None = None


def expectation(vendor: str, fault: FaultName) -> Expectation:
    expected: Expected = CASES[vendor].submit.get(fault) or SUBMIT[fault]
    if isinstance(expected, str):
        return Expectation("refused", expected)
    kinds = expected if isinstance(expected, tuple) else (expected,)
    return Expectation("unknown" if all(kind in UNSURE for kind in kinds) else "made")


def groups() -> Iterator[tuple[Served, ...]]:
    """An offer of every vendor, those of one group for different models, so that none stands in for another."""
    left = {vendor: tuple(one for one in SIMPLE if one.offer.provider == vendor) for vendor in VENDORS}
    while left:
        chosen: dict[str, Served] = {}
        for _, offers in sorted(left.items(), key=lambda item: len(item[1])):
            free = [one for one in offers if one.sub_model.id not in chosen]
            if free:
                chosen[free[0].sub_model.id] = free[0]
        for one in chosen.values():
            del left[one.offer.provider]
        yield tuple(chosen.values())


class Trial:
    """One vendor, with one of its offers."""

    def __init__(self, running: Live, one: Served) -> None:
        self.running = running
        self.vendor = one.offer.provider
        self.one = one
        self.body = body_for(self.one)
        self.price = shown(price_of(self.one, parsed(self.one, self.body).fields).total)

    async def create(self) -> str:
        got = await self.running.api.ask("POST", self.one.made_by.path, key=self.running.tenant.key, body=self.body)
        assert got.status == 200, got.body
        task_id: str = got.data["task_id"]
        return task_id

    async def orders_fail(self) -> None:
        # The wrong key comes last: after it the only credential is out until somebody changes it.
        for fault in sorted(CASES[self.vendor].faults["submit"] - TOO_MUCH, key=lambda one: (one == "bad_key", one)):
            expected = expectation(self.vendor, fault)
            faults: Sequence[FaultName] = (fault,) * (OFTEN if expected.end == "refused" else 1)
            await self.running.arrange(self.vendor, *faults)
            task_id = await self.create()
            task = await self.running.reached(task_id, "unknown", "done")
            await self._ended_as(task, expected, f"{self.vendor}: {fault}")

    async def questions_fail(self) -> None:
        """A question that fails never ends a task: it is asked again, and made once."""
        case = CASES[self.vendor]
        ends: dict[FaultName, Fault] = {fault: end for fault, end in case.poll.items() if isinstance(end, str)}
        for fault, expected in ends.items():  # an answer by which this vendor ends a job
            await self.running.arrange(self.vendor, fault, on="poll")
            end = Expectation("made") if expected in TRIED_AGAIN else Expectation("refused", expected)
            await self._ended_as(await self.running.ended(await self.create()), end, f"{self.vendor}: {fault}")
        faults = sorted(case.faults["poll"] - TOO_MUCH - ends.keys())
        await self.running.arrange(self.vendor, *faults, on="poll")
        tasks = [await self.create() for _ in faults]
        for task in await asyncio.gather(*map(self.running.ended, tasks)):
            await self._ended_as(task, Expectation("made"), f"{self.vendor}: a question")

    async def files_fail(self, *, for_good: bool) -> None:
        """A file that cannot be had is fetched again; where it stays away, the task costs nothing."""
        if not CASES[self.vendor].faults["output"] or not await self._leaves_files_with_the_vendor():
            return
        always: Sequence[FaultName] = ("server_error",) * Tries().copies_max * len(self.one.entry.sub_models)
        possible = CASES[self.vendor].faults["output"] - TOO_MUCH - {"slow"}
        if not await self._has_a_job_to_ask():
            possible -= LINK_FAULTS  # nobody could be asked for a new link
        if for_good:
            await self._file_ends_as(Expectation("refused", "output_unavailable"), *always)
            return
        for fault in sorted(possible):  # one after the other: a task that meets several in a row may give up
            await self._file_ends_as(Expectation("made"), fault)

    async def _file_ends_as(self, end: Expectation, *faults: FaultName) -> None:
        await self.running.arrange(self.vendor, *faults, on="output")
        task = await self.running.ended(await self.create())
        await self._ended_as(task, end, f"{self.vendor}: a file, {faults[0]}")

    async def _leaves_files_with_the_vendor(self) -> bool:
        """Whether outputs are links; some vendors send the bytes along."""
        before = await self.running.seen(self.vendor)
        await self.running.ended(await self.create())
        return (await self.running.seen(self.vendor)).outputs > before.outputs

    async def _has_a_job_to_ask(self) -> bool:
        task = await self.running.ended(await self.create())
        return (await self.running.attempts(task["task_id"]))[0].upstream_id is not None

    async def _ended_as(self, task: Any, expected: Expectation, what: str) -> None:
        receipt = (await self.running.api.get(f"/api/v1/tasks/{task['task_id']}/receipt", self.running.tenant.key)).data
        attempts, settlement = receipt["attempts"], receipt["settlement"]
        assert {attempt["provider"] for attempt in attempts} == {self.vendor}, what
        assert receipt["hold"]["credits"] == self.price, what
        charged, held = (task["consumed_credits"], task["held_credits"])
        told = [(one["outcome"], one["fault"]) for one in attempts]
        match expected.end:
            case "made":
                assert (task["status"], charged, held) == ("SUCCESS", self.price, 0), what
                assert (settlement["kind"], told[-1][0]) == ("capture", "finished"), what
            case "unknown":
                assert (task["status"], charged, held) == ("IN_PROGRESS", 0, self.price), what
                assert (settlement, told) == (None, [("unknown", None)]), what
                assert attempts[0]["message"], what
            case "refused":
                assert expected.fault is not None
                assert (task["status"], charged, held) == ("FAILED", 0, 0), what
                assert task["error"]["type"] == CLIENT_FAULTS[expected.fault], what
                assert (settlement["kind"], settlement["captured"]) == ("release", 0), what
                again = expected.fault in TRIED_AGAIN
                tries = Tries().attempts_max if again and expected.fault != "bad_credential" else 1
                shown_fault = "provider_error" if again else expected.fault  # which of them is the operator's affair
                assert told == [("rejected", shown_fault)] * tries, what


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("stage", get_args(Stage))
async def test_every_fault_of_every_vendor_ends_in_the_right_error_the_right_money_and_a_receipt(
    database_url: str, tmp_path: Path, stage: Stage
) -> None:
    tenant = None
    async with simulated(*VENDORS) as roots:
        for group in groups():
            with hurried(), patch.object(apiinone.app, "load_catalogue", return_value=with_only(group)):
                live = live_at(database_url, tmp_path, roots, tenant=tenant, balance=BALANCE, **SETTINGS)
                async with live as running:
                    tenant = running.tenant
                    await every_fault_at(stage, [Trial(running, one) for one in group])


async def every_fault_at(stage: Stage, trials: Sequence[Trial]) -> None:
    match stage:
        case "submit":
            await asyncio.gather(*(trial.orders_fail() for trial in trials))
        case "poll":
            await asyncio.gather(*(trial.questions_fail() for trial in trials))
        case "output":
            await asyncio.gather(*(trial.files_fail(for_good=False) for trial in trials))
            await asyncio.gather(*(trial.files_fail(for_good=True) for trial in trials))
        case _:
            assert_never(stage)
