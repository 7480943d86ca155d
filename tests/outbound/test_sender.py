"""One exchange: performed once, read whole, and its failure judged as not sent or lost."""

import asyncio
import json
import subprocess
import sys
from contextlib import suppress

import pytest

from apiinone.core.boundary import transaction_mark
from apiinone.core.exchange import Request
from apiinone.core.secret import Secret
from apiinone.outbound import Lost, LostReason, NotSent, Outbound
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
    async with Loopback(always(answer(b"{}", "Set-Cookie: a=b"))) as server, sender(server.netloc) as outbound:
        for _ in range(2):
            await outbound.send(post(server.url), secret=SECRET, hosts=(server.netloc,))
    assert b"ookie" not in server.requests[1]


async def test_the_environments_proxy_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Loopback() as server, Loopback() as proxy, sender(server.netloc) as outbound:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        await outbound.send(post(server.url), secret=SECRET, hosts=(server.netloc,))
    assert (len(server.requests), proxy.connections) == (1, 0)


async def test_nothing_is_sent_inside_a_transaction() -> None:
    async with Loopback() as server, sender(server.netloc) as outbound:
        with transaction_mark(), pytest.raises(AssertionError):
            await outbound.send(post(server.url), secret=SECRET, hosts=(server.netloc,))
        with transaction_mark(), pytest.raises(AssertionError):
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


LOST: dict[str, tuple[bytes, LostReason]] = {
    "closed_before_an_answer": (b"", "reset"),
    "closed_in_the_head": (b"HTTP/1.1 200 OK\r\nContent-Le", "reset"),
    "no_http": (b"SSH-2.0-OpenSSH_9.9\r\n\r\n", "malformed"),
    "truncated_body": (answer(b"half", length=8), "truncated"),
    "truncated_chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", "truncated"),
    "truncated_gzip": (answer(b"\x1f\x8b\x08\x00", "Content-Encoding: gzip"), "malformed"),
    "no_gzip": (answer(b"plain", "Content-Encoding: gzip"), "malformed"),
    "unknown_encoding": (answer(b"plain", "Content-Encoding: br"), "malformed"),
    "announced_too_large": (answer(b"", length=1_000_001), "too_large"),
    "chunked_too_large": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"fffff\r\n" + bytes(0xFFFFF) + b"\r\n0\r\n\r\n",
        "too_large",
    ),
    "huge_head": (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", "malformed"),
    "many_headers": (b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 10_000 + b"\r\n", "malformed"),
    "two_lengths": (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "malformed"),
}


@pytest.mark.parametrize("case", LOST)
async def test_an_answer_that_is_not_whole_is_lost_and_the_request_is_not_repeated(case: str) -> None:
    response, reason = LOST[case]
    async with Loopback(always(response, closing=True)) as server, sender(server.netloc) as outbound:
        with pytest.raises(Lost) as failed:
            await outbound.send(post(server.url), secret=SECRET, hosts=(server.netloc,))
        await asyncio.sleep(0.02)
    assert failed.value.reason == reason
    assert len(server.requests) == 1


async def test_an_answer_that_does_not_come_in_time_is_lost() -> None:
    async with Loopback(silent) as server, sender(server.netloc) as outbound:
        with pytest.raises(Lost) as failed:
            await outbound.send(post(server.url, timeout_s=0.1), secret=SECRET, hosts=(server.netloc,))
    assert failed.value.reason == "timeout"


async def test_a_body_that_drips_beyond_the_time_is_lost() -> None:
    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(b"", length=1000))
        for _ in range(100):
            await asyncio.sleep(0.02)
            writer.write(b"x")

    async with Loopback(drip) as server, sender(server.netloc) as outbound:
        with pytest.raises(Lost) as failed:
            await outbound.send(post(server.url, timeout_s=0.2), secret=SECRET, hosts=(server.netloc,))
    assert failed.value.reason == "timeout"


@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
async def test_a_connection_that_dies_under_a_request_does_not_make_the_client_send_it_again(method: str) -> None:
    async def dies_at_the_second(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(server.requests) == 2:
            writer.transport.abort()
        else:
            writer.write(answer(b"{}"))

    async with Loopback(dies_at_the_second) as server, sender(server.netloc) as outbound:
        request = Request(method, f"{server.url}/x", auth="none")  # pyright: ignore[reportArgumentType]  # a column
        await outbound.send(request, secret=None, hosts=(server.netloc,))
        with pytest.raises(Lost) as failed:
            await outbound.send(request, secret=None, hosts=(server.netloc,))
        await asyncio.sleep(0.02)
        assert failed.value.reason == "reset"
        assert (len(server.requests), server.connections) == (2, 1)
        await outbound.send(request, secret=None, hosts=(server.netloc,))


@pytest.mark.parametrize("pause_s", [0.0, 0.03])
async def test_bytes_that_nobody_asked_for_are_never_the_answer_to_the_next_request(pause_s: float) -> None:
    async def smuggle(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(b"right"))
        if len(server.requests) == 1:
            await asyncio.sleep(pause_s)
            writer.write(answer(b"wrong"))

    async with Loopback(smuggle) as server, sender(server.netloc) as outbound:
        bodies: list[bytes] = []
        for _ in range(2):
            response = await outbound.send(post(server.url), secret=SECRET, hosts=(server.netloc,))
            bodies.append(response.body)
            await asyncio.sleep(2 * pause_s)
    assert bodies == [b"right", b"right"]
    assert server.connections == 2


@pytest.mark.parametrize("tail", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong"])
async def test_a_length_that_lies_downwards_spoils_its_own_answer_only(tail: bytes) -> None:
    async def lies_at_the_first(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(b"right" + tail, length=2 if len(server.requests) == 1 and not tail else 5))

    async with Loopback(lies_at_the_first) as server, sender(server.netloc) as outbound:
        with suppress(Lost):
            first = await outbound.send(post(server.url), secret=SECRET, hosts=(server.netloc,))
            assert first.body in {b"ri", b"right"}
        second = await outbound.send(post(server.url), secret=SECRET, hosts=(server.netloc,))
    assert second.body == b"right"
    assert server.connections == 2


async def test_an_encoded_answer_is_counted_decoded() -> None:
    import gzip  # noqa: PLC0415

    bomb = answer(gzip.compress(bytes(50_000_000)), "Content-Encoding: gzip")
    small = answer(gzip.compress(b'{"a": 1}'), "Content-Encoding: gzip")
    async with Loopback(always(bomb)) as server, sender(server.netloc) as outbound:
        with pytest.raises(Lost) as failed:
            await outbound.send(post(server.url), secret=SECRET, hosts=(server.netloc,))
    assert failed.value.reason == "too_large"
    async with Loopback(always(small)) as server, sender(server.netloc) as outbound:
        assert (await outbound.send(post(server.url), secret=SECRET, hosts=(server.netloc,))).body == b'{"a": 1}'


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
        "Outbound(allowed_private=frozenset(), connections_max=1, user_agent='x'); sys.exit('aiohttp' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=30).returncode == 0  # noqa: S603 - our own
