"""An answer that is read as it comes: guarded, bounded, sent once, and its connection closed with whoever reads it."""

import asyncio
import gzip

import pytest

from apiinone.core.boundary import TransactionMark
from apiinone.core.exchange import Request
from apiinone.core.secret import Secret
from apiinone.outbound import Lost, LostReason, NotSent, Outbound
from outbound.loopback import Loopback, always, answer, post, sender, silent

SECRET = Secret("key-of-the-operator")
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


async def read(outbound: Outbound, request: Request, netloc: str) -> list[bytes]:
    pieces: list[bytes] = []
    async with outbound.stream(request, secret=SECRET, hosts=(netloc,)) as incoming:
        while piece := await incoming.next():
            pieces.append(piece)
    return pieces


async def test_pieces_come_as_they_are_sent_and_not_at_the_end() -> None:
    second = asyncio.Event()

    async def speak(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED + chunk(b"one"))
        await second.wait()
        writer.write(chunk(b"two") + b"0\r\n\r\n")

    async with Loopback(speak) as server, sender(server.netloc) as outbound:
        async with outbound.stream(post(server.url), secret=SECRET, hosts=(server.netloc,)) as incoming:
            assert (incoming.status, incoming.headers["content-type"]) == (200, "text/event-stream")
            assert await incoming.next() == b"one"
            second.set()
            assert await incoming.next() == b"two"
            assert await incoming.next() == b""
            assert await incoming.next() == b""
        assert b"Bearer key-of-the-operator" in server.requests[0]
        assert b"".join(await read(outbound, post(server.url), server.netloc)) == b"onetwo"
        assert server.connections == 1, "a body that was read to its end leaves its connection for the next"


LOST: dict[str, tuple[bytes, LostReason]] = {
    "cut": (CHUNKED + chunk(b"one"), "truncated"),
    "cut_in_a_chunk": (CHUNKED + b"10\r\none", "truncated"),
    "cut_by_length": (answer(b"one", length=100), "truncated"),
    "huge": (CHUNKED + chunk(b"x" * 65_536) * 20, "too_large"),
    "announced_huge": (answer(b"", length=1_000_001), "too_large"),
    "no_chunks": (CHUNKED + b"zz\r\n", "malformed"),
    "unknown_encoding": (answer(b"plain", "Content-Encoding: br"), "malformed"),
}


@pytest.mark.parametrize("case", LOST)
async def test_a_stream_that_is_cut_huge_or_malformed_is_lost_and_not_asked_for_again(case: str) -> None:
    response, reason = LOST[case]
    async with Loopback(always(response, closing=True)) as server, sender(server.netloc) as outbound:
        with pytest.raises(Lost) as failed:
            await read(outbound, post(server.url), server.netloc)
        await asyncio.sleep(0.02)
    assert failed.value.reason == reason
    assert len(server.requests) == 1


async def test_a_compressed_stream_is_decoded_and_counted_decoded() -> None:
    bomb = answer(gzip.compress(bytes(50_000_000)), "Content-Encoding: gzip")
    small = answer(gzip.compress(b"data: x"), "Content-Encoding: gzip")
    async with Loopback(always(small)) as server, sender(server.netloc) as outbound:
        assert b"".join(await read(outbound, post(server.url), server.netloc)) == b"data: x"
    async with Loopback(always(bomb)) as server, sender(server.netloc) as outbound:
        with pytest.raises(Lost, match="too_large"):
            await read(outbound, post(server.url), server.netloc)


async def test_silence_and_dripping_both_have_a_limit() -> None:
    async def falls_silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED + chunk(b"one"))
        await asyncio.sleep(60)

    async def drips(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED)
        for _ in range(1000):
            writer.write(chunk(b"x"))
            await asyncio.sleep(0.02)

    for handler, timeout_s, idle_s in ((falls_silent, 30.0, 0.2), (silent, 30.0, 0.2), (drips, 0.3, 30.0)):
        async with Loopback(handler) as server, sender(server.netloc) as outbound:
            request = Request("POST", server.url, auth="bearer", json={}, timeout_s=timeout_s, idle_s=idle_s)
            async with asyncio.timeout(20):
                with pytest.raises(Lost, match="timeout"):
                    await read(outbound, request, server.netloc)


@pytest.mark.parametrize("cancelled", [False, True])
async def test_whoever_stops_reading_closes_the_connection(*, cancelled: bool) -> None:
    gone = asyncio.Event()

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED + chunk(b"one"))
        await reader.read()
        gone.set()

    async def listen() -> None:
        long = Request("POST", server.url, auth="bearer", json={}, timeout_s=600.0)
        async with outbound.stream(long, secret=SECRET, hosts=(server.netloc,)) as incoming:
            await incoming.next()
            started.set()
            if cancelled:
                await incoming.next()

    async with Loopback(speak) as server, sender(server.netloc) as outbound:
        started = asyncio.Event()
        listening = asyncio.create_task(listen())
        await started.wait()
        if cancelled:
            listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        async with asyncio.timeout(20):
            await gone.wait()


async def test_who_does_not_read_holds_the_sender_up_instead_of_filling_the_memory() -> None:
    sent = 0

    async def pour(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(CHUNKED)
        while sent < 200_000_000:
            writer.write(chunk(bytes(65_536)))
            sent += 65_536
            await writer.drain()

    async with Loopback(pour) as server, sender(server.netloc) as outbound:
        request = post(server.url, body_bytes_max=10**9)
        async with outbound.stream(request, secret=SECRET, hosts=(server.netloc,)) as incoming:
            await incoming.next()
            await asyncio.sleep(0.5)
            assert sent < 30_000_000, "the system's buffers and ours, no more"


async def test_the_same_addresses_are_refused_as_for_every_request() -> None:
    async with Loopback(always(answer(b"{}"))) as server, sender() as outbound:
        for hosts in ((server.netloc,), (), ("example.com",)):
            with pytest.raises(NotSent, match="address_refused"):
                async with outbound.stream(post(server.url), secret=SECRET, hosts=hosts):
                    pass
        assert server.connections == 0
    async with Loopback(always(answer(b"{}"))) as server, sender(server.netloc) as outbound:
        with pytest.raises(NotSent, match="credential_missing"):
            async with outbound.stream(post(server.url), secret=None, hosts=(server.netloc,)):
                pass
        with TransactionMark(), pytest.raises(AssertionError, match="transaction"):
            async with outbound.stream(post(server.url), secret=SECRET, hosts=(server.netloc,)):
                pass
        assert server.connections == 0


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    moved = answer(b"", "Location: http://127.0.0.1:1/", status=307)
    async with (
        Loopback(always(moved)) as server,
        sender(server.netloc) as outbound,
        outbound.stream(post(server.url), secret=SECRET, hosts=(server.netloc,)) as incoming,
    ):
        assert (incoming.status, (await incoming.whole()).body) == (307, b"")
