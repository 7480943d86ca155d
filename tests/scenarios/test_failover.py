"""Another vendor takes over after a refusal that is certain, and never after an answer that does not tell."""

from typing import Final

import pytest

from apiinone.simulators.faults import FaultName
from scenarios.live import CREDITS, Live

CERTAIN: Final[tuple[FaultName, ...]] = (
    "overloaded",
    "throttled",
    "throttled_retry_after",
    "no_balance",
    "bad_key",
    "error_in_200",
)
UNCLEAR: Final[tuple[FaultName, ...]] = ("server_error", "reset", "lost_answer", "truncated")
THE_CLIENTS: Final[tuple[FaultName, ...]] = ("bad_request", "moderation")


@pytest.mark.slow
@pytest.mark.parametrize("fault", CERTAIN)
async def test_after_a_certain_refusal_the_next_offer_delivers_at_the_same_price(both: Live, fault: FaultName) -> None:
    await both.arrange("recraft", fault)
    task_id = await both.create()
    await both.delivered(task_id)
    ended = [attempt.ended for attempt in await both.attempts(task_id)]
    assert ended == [("recraft", "rejected"), ("wavespeed", "finished")]
    assert ((await both.seen("recraft")).charges, (await both.seen("wavespeed")).charges) == (0, 1)
    assert await both.balance() == (CREDITS - 10, 0)
    receipt = (await both.api.get(f"/api/v1/tasks/{task_id}/receipt", both.tenant.key)).data
    assert [attempt["provider"] for attempt in receipt["attempts"]] == ["recraft", "wavespeed"]
    assert receipt["attempts"][1]["chosen_because"] == "next of 2 offers, after a certain refusal"


async def test_after_an_unclear_answer_no_other_vendor_is_asked(both: Live) -> None:
    await both.arrange("recraft", *UNCLEAR)
    for task_id in await both.create_for_each(UNCLEAR):
        await both.reached(task_id, "unknown")
    assert await both.balance() == (CREDITS - 10 * len(UNCLEAR), 10 * len(UNCLEAR))
    await both.delivered(await both.create())
    assert (await both.seen("wavespeed")).submits == 0


async def test_a_vendor_that_is_not_there_has_certainly_refused(both: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(both.api.app.vendors["recraft"].remote, "hosts", ("elsewhere.example",))
    task_id = await both.create()
    await both.delivered(task_id)
    ended = [attempt.ended for attempt in await both.attempts(task_id)]
    assert ended == [("recraft", "rejected"), ("wavespeed", "finished")]


async def test_what_is_the_clients_fault_is_no_reason_to_ask_another(both: Live) -> None:
    await both.arrange("recraft", *THE_CLIENTS)
    for task_id in await both.create_for_each(THE_CLIENTS):
        await both.failed(task_id)
    assert (await both.seen("wavespeed")).submits == 0
    assert await both.balance() == (CREDITS, 0)
