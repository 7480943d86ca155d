"""Every registered provider against its simulated vendor, with every fault that the vendor can have."""

import pytest

from apiinone.assets.ingest import OutputUnavailable
from apiinone.core.secret import Secret
from apiinone.outbound import Fetched, FetchFailed, Lost, NotSent
from apiinone.providers.provider import Accepted, Finished, Inline, Rejected, Running, SubmitReply, Unclear
from apiinone.providers.registry import REMOTES
from apiinone.simulators import SIMULATORS
from apiinone.simulators.faults import FaultName, Stage
from providers.case import CASES, MAGIC, Expected
from providers.playing import KEY, Play, playing

FAULTS = {name: case.faults for name, case in CASES.items()}

SUBMIT: dict[FaultName, Expected] = {
    "slow": Finished,
    "server_error": Unclear,
    "bad_gateway": Unclear,
    "overloaded": "throttled",
    "reset": Lost,
    "lost_answer": Lost,
    "truncated": Lost,
    "wrong_content_type": Finished,
    "html": Unclear,
    "huge": Lost,
    "lying_content_length": (Lost, Unclear),
    "throttled": "throttled",
    "throttled_retry_after": "throttled",
    "bad_request": "bad_request",
    "moderation": "content_policy",
    "no_balance": "no_balance",
    "bad_key": "bad_credential",
    "failed": "provider_error",
    "nsfw": "content_policy",
    "webhook_lost": Finished,
    "webhook_twice": Finished,
    "webhook_early": Finished,
    "webhook_forged": Finished,
}
"""How an order ends, the questions after it included."""

POLL: dict[FaultName, Expected] = {
    "slow": (Running, Finished),
    "server_error": Unclear,
    "bad_gateway": Unclear,
    "overloaded": Running,
    "reset": Lost,
    "lost_answer": Lost,
    "truncated": Lost,
    "wrong_content_type": (Running, Finished),
    "html": Unclear,
    "huge": Lost,
    "lying_content_length": (Lost, Unclear),
    "bad_key": Unclear,
    "throttled": Running,
    "throttled_retry_after": Running,
    "not_found": Unclear,
    "error_in_200": Unclear,
}
"""What one spoilt question says: never an end."""

OUTPUT: dict[FaultName, tuple[str, bool] | None] = {
    "slow": None,
    "server_error": ("server_error", True),
    "bad_gateway": ("server_error", True),
    "overloaded": ("server_error", True),
    "reset": ("unreachable", True),
    "lost_answer": ("unreachable", True),
    "truncated": ("truncated", True),
    "wrong_content_type": None,
    "html": None,
    "huge": ("too_large", False),
    "lying_content_length": ("malformed", True),
    "expired": ("expired", False),
    "gone": ("expired", False),
}


def arranged(stage: Stage) -> list[tuple[str, FaultName]]:
    return [(name, fault) for name in sorted(FAULTS) for fault in sorted(FAULTS[name][stage])]


def test_every_provider_has_a_simulator_and_a_table_of_its_faults() -> None:
    assert REMOTES.keys() == SIMULATORS.keys() - {"chat_vendor", "stripe"} == FAULTS.keys()


@pytest.mark.parametrize("name", REMOTES)
async def test_an_order_ends_with_the_outputs(name: str) -> None:
    async with playing(name, fast=False) as play:
        reply = await play.ended(await play.submit())
        assert isinstance(reply, Finished)
        assert len(reply.outputs) == play.case.outputs
        for output in reply.outputs:
            assert MAGIC[play.case.kind] in (await play.fetch(output)).data[:16]
        linked = sum(not isinstance(output, Inline) for output in reply.outputs)
        seen = await play.seen()
    assert (seen.submits, seen.charges, seen.outputs) == (1, 1, linked)
    assert reply.cost_micro_usd in {None, seen.charged_micro_usd}


@pytest.mark.parametrize(("name", "fault"), arranged("submit"))
async def test_every_fault_of_an_order_is_understood(name: str, fault: FaultName) -> None:
    expected = CASES[name].submit.get(fault) or SUBMIT[fault]
    async with playing(name) as play:
        await play.arrange(fault)
        first = await play.submit()
        reply = await play.ended(first)
        seen = await play.seen()
    assert_reply(reply, expected)
    assert seen.submits <= 1
    if isinstance(reply, Rejected | NotSent):
        assert seen.charges == 0
    if isinstance(reply, Finished):
        assert seen.charges == 1


def assert_reply(reply: object, expected: Expected) -> None:
    if isinstance(expected, str):
        assert isinstance(reply, Rejected)
        assert reply.fault == expected
    else:
        assert isinstance(reply, expected)


@pytest.mark.parametrize("name", REMOTES)
async def test_a_wrong_key_is_the_operators_fault(name: str) -> None:
    async with playing(name) as play:
        reply = await play.submit(key=Secret("wrong"))
        seen = await play.seen()
    assert isinstance(reply, Rejected)
    assert (reply.fault, seen.submits) == ("bad_credential", 0)


WAITS: dict[FaultName, float | None] = {"throttled_retry_after": 1.0, "throttled": None, "overloaded": 2.0}


@pytest.mark.parametrize("name", REMOTES)
async def test_the_time_to_wait_is_taken_from_the_vendor(name: str) -> None:
    async with playing(name) as play:
        for fault, wait_s in WAITS.items():
            if fault not in FAULTS[name]["submit"]:
                continue
            await play.arrange(fault)
            reply = await play.submit()
            assert isinstance(reply, Rejected)
            assert (reply.retryable, reply.retry_after_s) == (True, wait_s)


@pytest.mark.parametrize("name", REMOTES)
async def test_a_refusal_speaks_our_words_only(name: str) -> None:
    texts: set[str] = set()
    async with playing(name) as play:
        for fault in sorted(FAULTS[name]["submit"]):
            await play.arrange(fault)
            reply = await play.ended(await play.submit())
            if isinstance(reply, Rejected):
                texts.add(reply.message)
            if isinstance(reply, Unclear):
                texts.add(reply.reason)
        for word in (name, play.place, KEY.reveal(), "flagged", "unauthorized", "inference"):
            assert not [text for text in texts if word in text.lower()]


@pytest.mark.parametrize(("name", "fault"), arranged("poll"))
async def test_a_question_that_fails_never_ends_a_job(name: str, fault: FaultName) -> None:
    async with playing(name) as play:
        accepted = await play.submit()
        assert isinstance(accepted, Accepted)
        await play.arrange(fault, "poll")
        assert_reply(await play.poll(accepted.reference), CASES[name].poll.get(fault) or POLL[fault])
        assert isinstance(await play.ended(accepted), Finished)
        assert (await play.seen()).submits == 1


@pytest.mark.parametrize(("name", "fault"), arranged("output"))
async def test_a_link_that_fails_says_whether_to_try_again(name: str, fault: FaultName) -> None:
    expected = {**OUTPUT, **CASES[name].output}[fault]
    async with playing(name) as play:
        output = await finished_output(play)
        await play.arrange(fault, "output")
        if expected is None:
            assert isinstance(await play.fetch(output), Fetched)
            return
        with pytest.raises((FetchFailed, OutputUnavailable)) as failed:
            await play.fetch(output)
        assert isinstance(failed.value, FetchFailed | OutputUnavailable)
        assert (failed.value.reason, failed.value.retryable) == expected
        assert (await play.fetch(output)).data


async def finished_output(play: Play) -> object:
    reply = await play.ended(await play.submit())
    assert isinstance(reply, Finished)
    return reply.outputs[0]


@pytest.mark.parametrize("name", REMOTES)
async def test_a_fault_that_a_vendor_cannot_have_is_refused(name: str) -> None:
    async with playing(name) as play:
        with pytest.raises(AssertionError):
            await play.arrange("webhook_lost", "output")
        reply: SubmitReply | NotSent | Lost = await play.submit()
        assert isinstance(reply, Accepted | Finished)
