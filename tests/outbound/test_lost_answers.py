"""An answer that is not whole, not in time or not an answer: lost, and the request is never sent again."""

import asyncio
import gzip

import pytest

from apiinone.core.exchange import Request
from apiinone.core.secret import Secret
from apiinone.outbound import Lost, LostReason
from outbound.loopback import Loopback, always, answer, post, sender, silent

SECRET = Secret("key-of-the-operator")

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
        if tail:
            assert (await outbound.send(post(server.url), secret=SECRET, hosts=(server.netloc,))).body == b"right"
        else:
            with pytest.raises(Lost) as failed:
                await outbound.send(post(server.url), secret=SECRET, hosts=(server.netloc,))
            assert failed.value.reason == "malformed"
        second = await outbound.send(post(server.url), secret=SECRET, hosts=(server.netloc,))
    assert second.body == b"right"
    assert server.connections == 2


async def test_an_encoded_answer_is_counted_decoded() -> None:
    bomb = answer(gzip.compress(bytes(50_000_000)), "Content-Encoding: gzip")
    small = answer(gzip.compress(b'{"a": 1}'), "Content-Encoding: gzip")
    async with Loopback(always(bomb)) as server, sender(server.netloc) as outbound:
        with pytest.raises(Lost) as failed:
            await outbound.send(post(server.url), secret=SECRET, hosts=(server.netloc,))
    assert failed.value.reason == "too_large"
    async with Loopback(always(small)) as server, sender(server.netloc) as outbound:
        assert (await outbound.send(post(server.url), secret=SECRET, hosts=(server.netloc,))).body == b'{"a": 1}'
