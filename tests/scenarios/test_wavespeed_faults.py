"""Whatever wavespeed answers to an order, to a question about it or for a file ends as the contract says.

Each task meets one of the faults: the vendor has them in the order in which the requests come.
"""

from typing import Final

import pytest

from apiinone.simulators.faults import FaultName
from scenarios.live import CREDITS, FRUGAL, Live

PRICE: Final = 4
NOT_MADE: Final[tuple[FaultName, ...]] = ("server_error", "reset", "html")
MADE: Final[tuple[FaultName, ...]] = ("bad_gateway", "lost_answer", "truncated", "lying_content_length")
TURNED_AWAY: Final[tuple[FaultName, ...]] = ("throttled", "no_balance")
NEVER_THE_CLIENTS: Final[tuple[FaultName, ...]] = (*TURNED_AWAY, "bad_key")
ON_POLLS: Final[tuple[FaultName, ...]] = (
    "server_error",
    "overloaded",
    "reset",
    "html",
    "slow",
    "bad_gateway",
    "lost_answer",
    "truncated",
    "wrong_content_type",
    "huge",
    "lying_content_length",
    "bad_key",
    "throttled_retry_after",
    "error_in_200",
    "not_found",
)
ON_FILES: Final[tuple[FaultName, ...]] = (
    "server_error",
    "overloaded",
    "reset",
    "html",
    "bad_gateway",
    "lost_answer",
    "truncated",
    "lying_content_length",
    "wrong_content_type",
    "expired",
    "gone",
)


async def test_an_answer_that_does_not_tell_leaves_the_task_unknown_and_nothing_is_sent_again(
    only_wavespeed: Live,
) -> None:
    await only_wavespeed.arrange("wavespeed", *NOT_MADE, *MADE)
    made = await only_wavespeed.create_for_each(NOT_MADE + MADE, FRUGAL)
    for task_id in made:
        task = await only_wavespeed.reached(task_id, "unknown", "done")
        assert (task["status"], task["held_credits"]) == ("IN_PROGRESS", PRICE)
    await only_wavespeed.let_limits_pass(*made)
    for task_id in made:
        assert await only_wavespeed.failed(task_id) == ("provider_timeout", 504)
        assert [attempt.ended for attempt in await only_wavespeed.attempts(task_id)] == [("wavespeed", "unknown")]
    assert (await only_wavespeed.seen("wavespeed")).submits == len(MADE)
    assert await only_wavespeed.balance() == (CREDITS, 0)


async def test_a_certain_refusal_that_is_not_the_clients_fault_is_tried_again(only_wavespeed: Live) -> None:
    await only_wavespeed.arrange("wavespeed", *TURNED_AWAY)
    for task_id in await only_wavespeed.create_for_each(TURNED_AWAY, FRUGAL):
        await only_wavespeed.delivered(task_id)
    assert (await only_wavespeed.seen("wavespeed")).charges == len(TURNED_AWAY)


async def test_the_operators_troubles_with_a_vendor_are_never_the_clients_fault(only_wavespeed: Live) -> None:
    await only_wavespeed.arrange("wavespeed", *NEVER_THE_CLIENTS * 5)
    for task_id in await only_wavespeed.create_for_each(NEVER_THE_CLIENTS, FRUGAL):
        assert await only_wavespeed.failed(task_id) == ("provider_error", 502)
        assert {attempt.ended for attempt in await only_wavespeed.attempts(task_id)} == {("wavespeed", "rejected")}
    assert await only_wavespeed.balance() == (CREDITS, 0)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("bad_request", ("bad_request", 400)),
        ("error_in_200", ("bad_request", 400)),
        ("moderation", ("content_policy", 400)),
        ("nsfw", ("content_policy", 400)),
    ],
)
async def test_what_the_client_asked_for_wrongly_is_told_and_costs_nothing(
    only_wavespeed: Live, fault: FaultName, error: tuple[str, int]
) -> None:
    await only_wavespeed.arrange("wavespeed", fault)
    task_id = await only_wavespeed.create(FRUGAL)
    assert await only_wavespeed.failed(task_id) == error
    assert len(await only_wavespeed.attempts(task_id)) == 1
    assert await only_wavespeed.balance() == (CREDITS, 0)


@pytest.mark.slow
async def test_a_job_that_failed_at_the_vendor_is_ordered_again(only_wavespeed: Live) -> None:
    await only_wavespeed.arrange("wavespeed", "failed")
    task_id = await only_wavespeed.create(FRUGAL)
    await only_wavespeed.delivered(task_id)
    states = [attempt.ended for attempt in await only_wavespeed.attempts(task_id)]
    assert states == [("wavespeed", "rejected"), ("wavespeed", "finished")]


@pytest.mark.slow
async def test_a_question_that_fails_never_fails_a_job_that_is_done(only_wavespeed: Live) -> None:
    await only_wavespeed.arrange("wavespeed", *ON_POLLS, on="poll")
    for task_id in await only_wavespeed.create_for_each(ON_POLLS, FRUGAL):
        await only_wavespeed.delivered(task_id)
    seen = await only_wavespeed.seen("wavespeed")
    assert (seen.submits, seen.charges) == (len(ON_POLLS), len(ON_POLLS))
    assert await only_wavespeed.balance() == (CREDITS - len(ON_POLLS) * PRICE, 0)


@pytest.mark.slow
async def test_a_file_that_cannot_be_fetched_is_fetched_again(only_wavespeed: Live) -> None:
    await only_wavespeed.arrange("wavespeed", *ON_FILES, on="output")
    for task_id in await only_wavespeed.create_for_each(ON_FILES, FRUGAL):
        await only_wavespeed.delivered(task_id)
    assert (await only_wavespeed.seen("wavespeed")).submits == len(ON_FILES)


@pytest.mark.slow
async def test_files_that_stay_away_end_their_tasks_without_charge_and_without_another_order(
    only_wavespeed: Live,
) -> None:
    faults: tuple[FaultName, ...] = ("server_error", "expired")
    await only_wavespeed.arrange("wavespeed", *faults * 20, on="output")
    for task_id in await only_wavespeed.create_for_each(faults, FRUGAL):
        assert await only_wavespeed.failed(task_id) == ("output_unavailable", 502)
        assert [attempt.ended for attempt in await only_wavespeed.attempts(task_id)] == [("wavespeed", "rejected")]
    assert (await only_wavespeed.seen("wavespeed")).submits == len(faults)
    assert await only_wavespeed.balance() == (CREDITS, 0)
