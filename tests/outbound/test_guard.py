"""What a name resolves to, and what a socket connects to, is judged too."""

import socket
from collections.abc import Sequence

import pytest

from apiinone.addresses import Address, is_public
from apiinone.core.secret import Secret
from apiinone.outbound import FetchFailed, NotSent, Outbound
from apiinone.outbound.connections import Connections
from apiinone.outbound.guard import GuardRefused, PinningResolver, is_ours, public_socket
from apiinone.outbound.outcomes import Exchange
from outbound.loopback import Loopback, names, post, sender

SECRET = Secret("key-of-the-operator")
PRIVATE = (
    "127.0.0.1",
    "10.0.0.1",
    "169.254.169.254",
    "::1",
    "fe80::1",
    "::ffff:127.0.0.1",
    "64:ff9b::a00:1",
    "100.100.100.200",
)


@pytest.mark.parametrize("address", PRIVATE)
async def test_a_public_name_for_a_private_address_is_refused(address: str) -> None:
    async with sender(rebound_example=[address]) as outbound:
        with pytest.raises(NotSent) as failed:
            await outbound.send(post("https://rebound.example/"), secret=SECRET, hosts=("rebound.example",))
        with pytest.raises(FetchFailed) as refused:
            await outbound.fetch("https://rebound.example/", hosts=(), bytes_max=1, timeout_s=5)
    assert failed.value.reason == refused.value.reason == "address_refused"
    assert not refused.value.retryable


@pytest.mark.parametrize("others", [["8.8.8.8"], ["2606:4700::1111", "8.8.4.4"]])
async def test_one_private_address_among_public_ones_is_enough_to_refuse_a_name(others: list[str]) -> None:
    resolver = PinningResolver(names({"mixed.example": [*others, "127.0.0.1"]}), judging=True)
    with pytest.raises(GuardRefused):
        await resolver.resolve("mixed.example", 443)


async def test_a_name_is_asked_once_and_the_judged_addresses_are_the_ones_connected_to() -> None:
    asked: list[str] = []

    async def changing(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return ["8.8.8.8"] if len(asked) == 1 else ["127.0.0.1"]

    resolver = PinningResolver(changing, judging=True)
    pinned = await resolver.resolve("changing.example", 443)
    assert pinned == ("8.8.8.8",)
    assert await resolver.resolve("changing.example", 443) == pinned
    assert asked == ["changing.example"]
    with pytest.raises(GuardRefused):
        await PinningResolver(changing, judging=True).resolve("changing.example", 443)


async def test_a_name_that_changes_after_the_check_leads_nowhere_else() -> None:
    asked: list[str] = []

    async with Loopback() as server:

        async def changing(host: str, _port: int) -> Sequence[str]:
            asked.append(host)
            return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.99"]

        place = f"allowed.example:{server.port}"
        outbound = Outbound(allowed_private=frozenset({place}), connections_max=1, user_agent="x", lookup=changing)
        for _ in range(2):
            await outbound.send(post(f"http://{place}/"), secret=SECRET, hosts=(place,))
        await outbound.aclose()
    assert asked == ["allowed.example"]
    assert len(server.requests) == 2


@pytest.mark.parametrize("permitted", [True, False])
async def test_the_socket_is_judged_even_where_nobody_asked_for_a_name(permitted: bool) -> None:  # noqa: FBT001 - a column
    async def no_names(_host: str, _port: int) -> Sequence[str]:
        raise AssertionError("a literal is not looked up")

    async with Loopback() as server:
        connections = Connections(no_names, connections_max=1, user_agent="x")
        host, _, port = server.netloc.rpartition(":")
        exchange = Exchange(
            method="GET",
            address=Address("http", host, int(port), "/"),
            permitted=permitted,
            headers={},
            timeout_s=5,
            body_bytes_max=100,
        )
        if permitted:
            await connections.perform(exchange)
        else:
            with pytest.raises(NotSent) as failed:
                await connections.perform(exchange)
            assert failed.value.reason == "address_refused"
        await connections.aclose()
    assert server.connections == int(permitted)


@pytest.mark.parametrize("address", PRIVATE)
def test_no_socket_is_made_for_a_private_address(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with pytest.raises(GuardRefused) as refused:
        public_socket((family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, 443)))
    assert address not in str(refused.value)


def test_an_address_of_this_host_is_ours() -> None:
    assert is_ours("127.0.0.1")
    assert not is_ours("8.8.8.8")


def test_no_socket_is_made_for_a_public_address_of_this_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apiinone.outbound.guard.is_ours", lambda address: address == "8.8.8.8")  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    assert is_public("8.8.8.8")
    with pytest.raises(GuardRefused):
        public_socket((socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("8.8.8.8", 443)))
    public_socket((socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("8.8.4.4", 443))).close()
