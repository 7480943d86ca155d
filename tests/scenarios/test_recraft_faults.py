"""Whatever recraft answers to the one paid request ends as the contract says, and is paid for only where delivered.

Each task meets one of the faults: the vendor has them in the order in which the requests come.
"""

import asyncio
from typing import Final

import pytest

from apiinone.simulators.faults import FaultName
from apiinone.tasks.breaker import BreakerRules
from scenarios.live import CREDITS, Live

READABLE: Final[tuple[FaultName, ...]] = ("slow", "wrong_content_type")
NOT_MADE: Final[tuple[FaultName, ...]] = ("server_error", "reset", "html")
MADE: Final[tuple[FaultName, ...]] = ("bad_gateway", "lost_answer", "truncated", "lying_content_length", "huge")
TURNED_AWAY: Final[tuple[FaultName, ...]] = (
    "overloaded",
    "throttled",
    "throttled_retry_after",
    "no_balance",
    "error_in_200",
)
NEVER_THE_CLIENTS: Final[tuple[FaultName, ...]] = ("throttled", "no_balance", "bad_key", "error_in_200")


async def test_an_answer_that_can_still_be_read_is_delivered(only_recraft: Live) -> None:
    await only_recraft.arrange("recraft", *READABLE)
    for task_id in await only_recraft.create_for_each(READABLE):
        await only_recraft.delivered(task_id)


async def test_an_answer_that_does_not_tell_leaves_the_task_unknown_and_nothing_is_sent_again(
    only_recraft: Live,
) -> None:
    await only_recraft.arrange("recraft", *NOT_MADE, *MADE)
    made = await only_recraft.create_for_each(NOT_MADE + MADE)
    for task_id in made:
        task = await only_recraft.reached(task_id, "unknown", "done")
        assert (task["status"], task["held_credits"]) == ("IN_PROGRESS", 10)
    await only_recraft.let_limits_pass(*made)
    for task_id in made:
        assert await only_recraft.failed(task_id) == ("provider_timeout", 504)
        assert [attempt.ended for attempt in await only_recraft.attempts(task_id)] == [("recraft", "unknown")]
    assert (await only_recraft.seen("recraft")).submits == len(MADE)
    assert await only_recraft.balance() == (CREDITS, 0)


async def test_a_certain_refusal_that_is_not_the_clients_fault_is_tried_again(only_recraft: Live) -> None:
    await only_recraft.arrange("recraft", *TURNED_AWAY)
    made = await only_recraft.create_for_each(TURNED_AWAY)
    for task_id in made:
        await only_recraft.delivered(task_id)
    for task_id in made:
        *before, last = [attempt.state for attempt in await only_recraft.attempts(task_id)]
        assert (set(before) | {"rejected"}, last) == ({"rejected"}, "finished")
    assert (await only_recraft.seen("recraft")).charges == len(made)


async def test_a_probe_that_meets_another_trouble_keeps_nobody_away(only_recraft: Live) -> None:
    await only_recraft.arrange("recraft", "no_balance", "overloaded")
    async with asyncio.timeout(BreakerRules().probe_s / 2):
        await only_recraft.delivered(await only_recraft.create())


async def test_the_operators_troubles_with_a_vendor_are_never_the_clients_fault(only_recraft: Live) -> None:
    await only_recraft.arrange("recraft", *NEVER_THE_CLIENTS * 5)
    for task_id in await only_recraft.create_for_each(NEVER_THE_CLIENTS):
        assert await only_recraft.failed(task_id) == ("provider_error", 502)
        assert {attempt.ended for attempt in await only_recraft.attempts(task_id)} == {("recraft", "rejected")}
    assert await only_recraft.balance() == (CREDITS, 0)


@pytest.mark.parametrize(
    ("fault", "error"), [("bad_request", ("bad_request", 400)), ("moderation", ("content_policy", 400))]
)
async def test_what_the_client_asked_for_wrongly_is_told_at_once_and_costs_nothing(
    only_recraft: Live, fault: FaultName, error: tuple[str, int]
) -> None:
    await only_recraft.arrange("recraft", fault)
    task_id = await only_recraft.create()
    assert await only_recraft.failed(task_id) == error
    assert len(await only_recraft.attempts(task_id)) == 1
    assert await only_recraft.balance() == (CREDITS, 0)
