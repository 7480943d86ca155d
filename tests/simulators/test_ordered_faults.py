"""Faults are taken in order, as often as ordered, and are counted with what they cost."""

import hashlib

import msgspec
import pytest

from apiinone.core.exchange import Request
from apiinone.outbound import Lost
from apiinone.providers.provider import Accepted, Finished, Rejected
from providers.playing import KEY, playing


async def test_a_fault_happens_as_often_as_ordered_and_no_more() -> None:
    async with playing("recraft") as play:
        await play.arrange("moderation", times=2)
        replies = [type(await play.submit()) for _ in range(3)]
    assert replies == [Rejected, Rejected, Finished]


async def test_faults_are_taken_in_their_order_by_stage() -> None:
    async with playing("wavespeed") as play:
        faults = [{"fault": "html", "on": "poll"}, {"fault": "no_balance"}, {"fault": "throttled"}]
        request = Request("POST", f"{play.root}/_sim/faults", auth="none", json=faults)
        await play.outbound.send(request, secret=None, hosts=(play.place,))
        refused = [await play.submit() for _ in range(2)]
        assert [reply.fault for reply in refused if isinstance(reply, Rejected)] == ["no_balance", "throttled"]
        assert isinstance(await play.submit(), Accepted)


async def test_a_lost_answer_stands_before_a_job_that_is_charged() -> None:
    async with playing("recraft") as play:
        await play.arrange("lost_answer")
        assert isinstance(await play.submit(), Lost)
        seen = await play.seen()
    assert (seen.submits, seen.charges, seen.charged_micro_usd) == (1, 1, 40_000)


async def test_a_reset_stands_before_nothing() -> None:
    async with playing("recraft") as play:
        await play.arrange("reset")
        assert isinstance(await play.submit(), Lost)
        seen = await play.seen()
    assert (seen.submits, seen.charges) == (0, 0)


async def test_orders_are_counted_by_the_hash_of_their_body() -> None:
    async with playing("recraft") as play:
        order = play.order()
        for _ in range(2):
            await play.submit(order)
        seen = await play.seen()
    body = msgspec.json.encode({**order.fields, "model": order.upstream_model, "n": 1})
    assert seen.submits_by_body == {hashlib.sha256(body).hexdigest(): 2}


@pytest.mark.parametrize(
    "body", [{}, [{"fault": "odd"}], [{"fault": "slow", "on": "odd"}], [{"fault": "slow"}] * 101, [{"x": 1}]]
)
async def test_an_order_for_a_fault_that_is_none_is_refused(body: object) -> None:
    async with playing("recraft") as play:
        request = Request("POST", f"{play.root}/_sim/faults", auth="none", json=body)
        assert (await play.outbound.send(request, secret=None, hosts=(play.place,))).status == 400


async def test_a_vendors_routes_need_the_key() -> None:
    async with playing("recraft") as play:
        request = Request("GET", f"{play.root}/v1/users/me", auth="none")
        assert (await play.outbound.send(request, secret=None, hosts=(play.place,))).status == 401
        request = Request("GET", f"{play.root}/v1/users/me", auth="bearer")
        assert (await play.outbound.send(request, secret=KEY, hosts=(play.place,))).status == 200
