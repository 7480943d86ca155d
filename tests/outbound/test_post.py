"""Posting to addresses of a client's choice: the same guard, no redirect, no credential, nothing but a status."""

import asyncio

import pytest

from apiinone.outbound import Lost, NotSent, Outbound
from outbound.addresses_for_tests import LOOPBACK, METADATA, NEVER, PRIVATE
from outbound.loopback import USER_AGENT, Loopback, always, answer, sender, silent


async def post(outbound: Outbound, url: str, *, https_only: bool = False, timeout_s: float = 5.0) -> int:
    headers = {"webhook-id": "evt_1", "Content-Type": "application/json"}
    return await outbound.post(url, b"{}", headers, https_only=https_only, timeout_s=timeout_s)


async def test_the_body_arrives_as_it_is_without_any_credential() -> None:
    async with Loopback() as server, sender(server.netloc) as outbound:
        assert await post(outbound, f"{server.url}/hook") == 200
    (request,) = server.requests
    assert request.startswith(b"POST /hook HTTP/1.1\r\n")
    assert request.endswith(b"\r\n\r\n{}")
    assert b"webhook-id: evt_1" in request
    assert USER_AGENT.encode() in request
    assert b"uthorization" not in request


async def test_connections_are_kept_where_the_answer_is_short_and_left_where_it_is_long() -> None:
    async with Loopback(always(answer(bytes(1_024)))) as server, sender(server.netloc) as outbound:
        assert [await post(outbound, server.url) for _ in range(3)] == [200] * 3
        assert server.connections == 1
    async with Loopback(always(answer(bytes(1_000_000)))) as server, sender(server.netloc) as outbound:
        assert [await post(outbound, server.url) for _ in range(3)] == [200] * 3
        assert server.connections == 3


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_an_answer_and_is_not_followed(status: int) -> None:
    async with Loopback() as other, sender(other.netloc) as outbound:
        redirect = answer(b"", f"Location: {other.url}", status=status)
        async with Loopback(always(redirect)) as server:
            outbound._allowed_private |= {server.netloc}  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
            assert await post(outbound, server.url) == status
        assert other.connections == 0


@pytest.mark.parametrize("url", NEVER)
async def test_a_forbidden_address_is_refused(url: str) -> None:
    async with sender("127.0.0.1:9") as outbound:
        with pytest.raises(NotSent) as refused:
            await post(outbound, url)
    assert refused.value.reason == "address_refused"


@pytest.mark.parametrize("hidden", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "100.64.0.1", "::1", "fd00:ec2::254"])
async def test_a_name_for_a_private_address_is_refused(hidden: str) -> None:
    async with sender(rebound_example=[hidden], mixed_example=["1.1.1.1", hidden]) as outbound:
        for name in ("rebound", "mixed"):
            with pytest.raises(NotSent) as refused:
                await post(outbound, f"https://{name}.example/")
            assert refused.value.reason == "address_refused"
    assert len({*LOOPBACK, *PRIVATE, *METADATA}) > 90


async def test_http_is_for_hosts_that_the_operator_names_and_for_test_mode() -> None:
    async with Loopback() as server, sender(server.netloc) as outbound:
        assert await post(outbound, server.url) == 200
        with pytest.raises(NotSent) as refused:
            await post(outbound, server.url, https_only=True)
        assert refused.value.reason == "address_refused"
        with pytest.raises(NotSent):
            await post(outbound, f"http://localhost:{server.port}/")
        assert server.connections == 1


async def test_our_own_listeners_are_not_called() -> None:
    async with Loopback() as server:
        outbound = Outbound(
            allowed_private=frozenset({server.netloc}),
            connections_max=1,
            user_agent="x",
            own_listeners=frozenset({server.netloc}),
        )
        with pytest.raises(NotSent):
            await post(outbound, server.url)
        await outbound.aclose()
        assert server.connections == 0


async def test_a_receiver_that_does_not_answer_is_left_in_time() -> None:
    began_s = asyncio.get_running_loop().time()
    async with Loopback(silent) as server, sender(server.netloc) as outbound:
        with pytest.raises(Lost) as lost:
            await post(outbound, server.url, timeout_s=0.2)
    assert lost.value.reason == "timeout"
    assert asyncio.get_running_loop().time() - began_s < 20
