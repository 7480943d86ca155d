"""One exchange: performed once, read whole, and its failure judged as not sent or lost."""

import asyncio
import json
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from apiinone.core.boundary import TransactionMark
from apiinone.core.exchange import Request
from apiinone.core.secret import Secret
from apiinone.outbound import Lost, NotSent, Outbound
from outbound.loopback import USER_AGENT, Loopback, always, answer, names, post, sender, silent

SECRET = Secret("key-of-the-operator")


async def test_a_request_is_written_as_described() -> None:
    async with Loopback() as server, sender(server.netloc) as outbound:
        request = Request("POST", f"{server.url}/v1/x?a=%2B", auth="bearer", json={"n": 1}, headers={"X-One": "1"})
        response = await outbound.send(request, secret=SECRET, hosts=(server.netloc,))
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /v1/x?a=%2B HTTP/1.1"
    assert {
        f"Host: {server.netloc}",
        "Authorization: Bearer key-of-the-operator",
        "Content-Type: application/json",
        "Accept-Encoding: identity",
        f"User-Agent: {USER_AGENT}",
        "X-One: 1",
    } <= set(lines)
    assert json.loads(body) == {"n": 1}
    assert (response.status, response.body, response.headers["content-length"]) == (200, b"{}", "2")


async def test_a_request_without_authority_carries_no_credential() -> None:
    async with Loopback() as server, sender(server.netloc) as outbound:
        await outbound.send(Request("GET", server.url, auth="none"), secret=SECRET, hosts=(server.netloc,))
    assert b"uthorization" not in server.requests[0]
    assert b"Content-Length: " not in server.requests[0]


async def test_connections_are_kept_and_used_again() -> None:
    async with Loopback() as server, sender(server.netloc) as outbound:
        for _ in range(3):
            await outbound.send(post(server.url), secret=SECRET, hosts=(server.netloc,))
    assert (len(server.requests), server.connections) == (3, 1)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_of_a_provider_is_an_answer_and_is_not_followed(status: int) -> None:
    redirect = answer(b"", "Location: /elsewhere", status=status)
    async with Loopback(always(redirect)) as server, sender(server.netloc) as outbound:
        response = await outbound.send(post(server.url), secret=SECRET, hosts=(server.netloc,))
    assert response.status == status
    assert len(server.requests) == 1


async def test_cookies_are_neither_kept_nor_sent() -> None:
    async with Loopback(always(answer(b"{}", "Set-Cookie: a=b"))) as server:
        place = f"named.example:{server.port}"
        async with sender(place, named_example=["127.0.0.1"]) as outbound:
            for _ in range(2):
                await outbound.send(post(f"http://{place}"), secret=SECRET, hosts=(place,))
    assert len(server.requests) == 2
    assert b"ookie" not in server.requests[1]


async def test_the_environments_proxy_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Loopback() as server, Loopback() as proxy, sender(server.netloc) as outbound:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        await outbound.send(post(server.url), secret=SECRET, hosts=(server.netloc,))
    assert (len(server.requests), proxy.connections) == (1, 0)


async def test_nothing_is_sent_inside_a_transaction() -> None:
    async with Loopback() as server, sender(server.netloc) as outbound:
        with TransactionMark(), pytest.raises(AssertionError):
            await outbound.send(post(server.url), secret=SECRET, hosts=(server.netloc,))
        with TransactionMark(), pytest.raises(AssertionError):
            await outbound.fetch(server.url, hosts=(server.netloc,), bytes_max=1, timeout_s=1)
    assert server.connections == 0


class TestNotSent:
    """Certainly nothing reached the vendor."""

    async def test_a_refused_connection(self, free_port: int) -> None:
        place = f"127.0.0.1:{free_port}"
        async with sender(place) as outbound:
            with pytest.raises(NotSent) as failed:
                await outbound.send(post(f"http://{place}"), secret=SECRET, hosts=(place,))
        assert failed.value.reason == "connection_refused"

    async def test_a_name_that_does_not_resolve(self) -> None:
        async with sender() as outbound:
            with pytest.raises(NotSent) as failed:
                await outbound.send(post("https://gone.example/"), secret=SECRET, hosts=("gone.example",))
        assert failed.value.reason == "name_not_resolved"

    async def test_a_name_without_addresses(self) -> None:
        async with sender(gone_example=()) as outbound:
            with pytest.raises(NotSent) as failed:
                await outbound.send(post("https://gone.example/"), secret=SECRET, hosts=("gone.example",))
        assert failed.value.reason == "name_not_resolved"

    async def test_a_server_that_does_not_speak_tls(self) -> None:
        async with Loopback(greeting=b"220 mail\r\n") as server, sender(server.netloc) as outbound:
            with pytest.raises(NotSent) as failed:
                await outbound.send(post(f"https://{server.netloc}"), secret=SECRET, hosts=(server.netloc,))
        assert failed.value.reason == "tls_failed"

    async def test_a_server_whose_certificate_nobody_vouches_for(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(Path(__file__).with_name("self_signed.pem"))
        async with Loopback(tls=context) as server, sender(server.netloc) as outbound:
            with pytest.raises(NotSent) as failed:
                await outbound.send(post(f"https://{server.netloc}"), secret=SECRET, hosts=(server.netloc,))
        assert failed.value.reason == "tls_failed"
        assert server.requests == []

    async def test_waiting_for_a_free_connection_until_the_time_is_over(self) -> None:
        async with Loopback(silent) as server, sender(server.netloc, connections_max=1) as outbound:
            first = asyncio.create_task(outbound.send(post(server.url), secret=SECRET, hosts=(server.netloc,)))
            await server.asked.wait()
            with pytest.raises(NotSent) as failed:
                await outbound.send(post(server.url, timeout_s=0.1), secret=SECRET, hosts=(server.netloc,))
            first.cancel()
        assert failed.value.reason == "connect_timeout"
        assert len(server.requests) == 1

    async def test_no_credential(self) -> None:
        async with Loopback() as server, sender(server.netloc) as outbound:
            with pytest.raises(NotSent) as failed:
                await outbound.send(post(server.url), secret=None, hosts=(server.netloc,))
        assert failed.value.reason == "credential_missing"
        assert server.connections == 0

    @pytest.mark.parametrize("value", [object(), {"a": "\ud800"}, {1: {2: {3}}} | {"f": lambda: 1}])
    async def test_a_body_that_is_no_json(self, value: object) -> None:
        async with Loopback() as server, sender(server.netloc) as outbound:
            request = Request("POST", server.url, auth="none", json=value)
            with pytest.raises(NotSent) as failed:
                await outbound.send(request, secret=None, hosts=(server.netloc,))
        assert failed.value.reason == "unencodable"
        assert server.connections == 0

    @pytest.mark.parametrize("hosts", [(), ("other.example",), ("127.0.0.1",)])
    async def test_a_host_that_is_not_the_providers(self, hosts: tuple[str, ...]) -> None:
        async with Loopback() as server, sender(server.netloc) as outbound:
            with pytest.raises(NotSent) as failed:
                await outbound.send(post(server.url), secret=SECRET, hosts=hosts)
        assert failed.value.reason == "address_refused"
        assert server.connections == 0

    async def test_no_host_at_all(self) -> None:
        async with sender() as outbound:
            with pytest.raises(NotSent) as failed:
                await outbound.send(post("https://gone.example/"), secret=SECRET, hosts=())
        assert failed.value.reason == "address_refused"

    async def test_a_private_host_that_the_operator_did_not_allow(self) -> None:
        async with Loopback() as server, sender() as outbound:
            with pytest.raises(NotSent) as failed:
                await outbound.send(post(server.url), secret=SECRET, hosts=(server.netloc,))
        assert failed.value.reason == "address_refused"
        assert server.connections == 0

    async def test_a_header_that_cannot_be_written(self) -> None:
        async with Loopback() as server, sender(server.netloc) as outbound:
            request = Request("GET", server.url, auth="none", headers={"X-One": "1\r\nX-Evil: 1"})
            with pytest.raises((NotSent, Lost)):
                await outbound.send(request, secret=None, hosts=(server.netloc,))
        assert server.requests == []


async def test_a_large_request_body_arrives_whole() -> None:
    async with Loopback() as server, sender(server.netloc) as outbound:
        request = Request("POST", server.url, auth="none", json={"image": "x" * 3_000_000})
        await outbound.send(request, secret=None, hosts=(server.netloc,))
    assert len(server.requests[0].partition(b"\r\n\r\n")[2]) == 3_000_012


async def test_a_cancelled_send_stays_cancelled() -> None:
    async with Loopback(silent) as server, sender(server.netloc) as outbound:
        task = asyncio.create_task(outbound.send(post(server.url), secret=SECRET, hosts=(server.netloc,)))
        await server.asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("entry", ["127.0.0.1", "localhost:", "host:port", ""])
def test_an_exception_without_a_port_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="host:port"):
        Outbound(allowed_private=frozenset({entry}), connections_max=1, user_agent="x")


async def test_our_own_listener_is_never_reached_even_where_allowed() -> None:
    async with Loopback() as server:
        outbound = Outbound(
            allowed_private=frozenset({server.netloc}),
            connections_max=1,
            user_agent="x",
            own_listeners=frozenset({server.netloc}),
            lookup=names({}),
        )
        with pytest.raises(NotSent):
            await outbound.send(post(server.url), secret=SECRET, hosts=(server.netloc,))
        await outbound.aclose()
    assert server.connections == 0


async def test_a_sender_that_was_closed_opens_again() -> None:
    async with Loopback() as server, sender(server.netloc) as outbound:
        await outbound.send(post(server.url), secret=SECRET, hosts=(server.netloc,))
        await outbound.aclose()
        await outbound.send(post(server.url), secret=SECRET, hosts=(server.netloc,))
    assert server.connections == 2


def test_the_http_client_is_not_loaded_before_the_first_request() -> None:
    code = (
        "import sys; from apiinone.outbound import Outbound;"
        "Outbound(allowed_private=frozenset(), connections_max=1, user_agent='x');"
        "sys.exit('apiinone.outbound.wire' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=30).returncode == 0  # noqa: S603 - our own
