"""The connections themselves: when one is kept, when it is asked again, and what counts as the end of an answer."""

import asyncio
import ssl
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from apiinone.core.exchange import Request
from apiinone.core.secret import Secret
from apiinone.outbound import Lost, NotSent, Outbound, pool, wire
from apiinone.outbound.wire import Wire
from outbound.loopback import Loopback, always, answer, post, sender, silent

SECRET = Secret("key-of-the-operator")
CERTIFICATE = Path(__file__).with_name("self_signed.pem")


async def asked(outbound: Outbound, server: Loopback) -> bytes:
    return (await outbound.send(post(server.url), secret=SECRET, hosts=(server.netloc,))).body


async def test_what_only_announces_the_answer_is_no_answer() -> None:
    early = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    async with Loopback(always(early + answer(b"real"))) as server, sender(server.netloc) as outbound:
        response = await outbound.send(post(server.url), secret=SECRET, hosts=(server.netloc,))
        assert (response.status, response.body, "link" in response.headers) == (200, b"real", False)
        assert await asked(outbound, server) == b"real"
    assert server.connections == 1


async def test_requests_of_one_turn_leave_together_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[str] = []
    write = Wire._write  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]

    def noted(one: Wire, data: bytes) -> None:
        happened.append("written")
        write(one, data)

    async def call(outbound: Outbound, server: Loopback) -> None:
        happened.append("asked")
        await asked(outbound, server)

    monkeypatch.setattr(Wire, "_write", noted)
    async with Loopback(always(answer(b"{}"))) as server, sender(server.netloc) as outbound:
        await asyncio.gather(*(asked(outbound, server) for _ in range(4)))
        happened.clear()
        await asyncio.gather(*(call(outbound, server) for _ in range(4)))
    assert happened == ["asked"] * 4 + ["written"] * 4


async def test_an_answer_without_a_length_ends_with_its_connection() -> None:
    endless = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nall of it"
    async with Loopback(always(endless, closing=True)) as server, sender(server.netloc) as outbound:
        assert await asked(outbound, server) == b"all of it"
        assert await asked(outbound, server) == b"all of it"
    assert server.connections == 2


async def test_a_kept_connection_that_the_other_side_has_closed_is_not_asked() -> None:
    """Not even where this process has not yet been told, which is how a paid request gets lost."""
    writers: list[asyncio.StreamWriter] = []

    async def handler(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        writer.write(answer(b"{}"))

    async with Loopback(handler) as server, sender(server.netloc) as outbound:
        await asked(outbound, server)
        writers[0].transport.get_extra_info("socket").shutdown(2)  # at once: no round of the event loop in between
        assert await asked(outbound, server) == b"{}"
    assert server.connections == 2


async def test_each_exchange_on_a_kept_connection_has_its_own_limit() -> None:
    waits_s = iter((0.0, 0.6, 0.0, 0.0, 60.0))

    async def slower_each_time(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(next(waits_s))
        writer.write(answer(b"{}"))

    async with Loopback(slower_each_time) as server, sender(server.netloc) as outbound:

        async def within(timeout_s: float) -> int:
            request = post(server.url, timeout_s=timeout_s)
            return (await outbound.send(request, secret=SECRET, hosts=(server.netloc,))).status

        assert await within(0.3) == 200
        assert await within(5.0) == 200, "an earlier limit ends while a later exchange goes on"
        assert await within(0.3) == 200
        await asyncio.sleep(0.4)
        assert await within(5.0) == 200, "a limit ends while nobody is asked"
        began_s = time.monotonic()
        with pytest.raises(Lost):
            await within(0.3)
        assert time.monotonic() - began_s < 3
        assert server.connections == 1


async def test_a_connection_is_not_kept_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = asyncio.Event()

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(b"{}"))
        if len(server.requests) > 1:
            await reader.read()
            gone.set()

    async with Loopback(handler) as server, sender(server.netloc) as outbound:
        monkeypatch.setattr(pool, "KEEPALIVE_S", 0.05)
        await asked(outbound, server)
        time.sleep(0.1)  # noqa: ASYNC251 - so long that this process did not come to close it
        await asked(outbound, server)
        assert server.connections == 2
        async with asyncio.timeout(2):
            await gone.wait()  # though nobody asks there any more


async def test_the_next_address_is_tried_where_one_does_not_answer() -> None:
    async with Loopback() as server:
        place = f"two.example:{server.port}"
        async with sender(place, two_example=["127.0.0.9", "127.0.0.1"]) as outbound:
            response = await outbound.send(post(f"http://{place}"), secret=SECRET, hosts=(place,))
    assert response.status == 200


async def test_where_no_address_answers_nothing_is_sent(free_port: int) -> None:
    place = f"two.example:{free_port}"
    async with sender(place, two_example=["127.0.0.9", "127.0.0.8"]) as outbound:
        with pytest.raises(NotSent, match="connection_refused"):
            await outbound.send(post(f"http://{place}"), secret=SECRET, hosts=(place,))


async def test_a_name_that_many_ask_for_at_once_is_looked_up_once() -> None:
    lookups: list[str] = []

    async def slowly(host: str, _port: int) -> Sequence[str]:
        lookups.append(host)
        await asyncio.sleep(0.05)
        return ["127.0.0.1"]

    async with Loopback() as server:
        place = f"slow.example:{server.port}"
        outbound = Outbound(allowed_private=frozenset({place}), connections_max=9, user_agent="x", lookup=slowly)
        sends = [outbound.send(post(f"http://{place}"), secret=SECRET, hosts=(place,)) for _ in range(5)]
        await asyncio.gather(*sends)
        await outbound.aclose()
    assert (lookups, len(server.requests)) == (["slow.example"], 5)


async def test_whoever_leaves_the_line_costs_nobody_a_place() -> None:
    answers = asyncio.Event()

    async def late(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answers.wait()
        writer.write(answer(b"{}"))

    async with Loopback(late) as server, sender(server.netloc, connections_max=1) as outbound:

        async def first_then_cancel() -> bytes:
            body = await asked(outbound, server)
            second.cancel()  # its place has just been handed to the second, which does not know it yet
            return body

        first = asyncio.create_task(first_then_cancel())
        await server.asked.wait()
        second, third = (asyncio.create_task(asked(outbound, server)) for _ in range(2))
        await asyncio.sleep(0.01)
        answers.set()
        assert await first == b"{}"
        assert await third == b"{}"
        assert await asked(outbound, server) == b"{}"
        assert second.cancelled()


async def test_an_answer_before_the_whole_request_was_read_is_the_answer() -> None:
    async def refuses(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer(b"too much", status=413))
        await writer.drain()
        await asyncio.sleep(0.2)
        writer.close()
        done.set()

    done = asyncio.Event()
    listening = await asyncio.start_server(refuses, "127.0.0.1", 0)
    place = f"127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    async with sender(place) as outbound:
        request = Request("POST", f"http://{place}/", auth="none", json={"image": "x" * 30_000_000}, timeout_s=5)
        response = await outbound.send(request, secret=None, hosts=(place,))
        assert (response.status, response.body) == (413, b"too much")
        await done.wait()
    listening.close()
    await listening.wait_closed()


async def test_a_connection_that_was_held_up_at_the_end_of_an_answer_is_read_from_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wire, "BUFFERED_BYTES_MAX", 2)
    async with Loopback(always(answer(b"all of it"))) as server, sender(server.netloc) as outbound:
        for _ in range(2):
            assert await asked(outbound, server) == b"all of it"
    assert server.connections == 1


async def test_a_reader_that_pauses_is_not_taken_for_a_silent_server() -> None:
    whole = answer(bytes(3_000_000))
    async with Loopback(always(whole)) as server, sender(server.netloc) as outbound:
        request = Request("GET", server.url, auth="none", timeout_s=5, idle_s=0.1, body_bytes_max=10**7)
        read = 0
        async with outbound.stream(request, secret=None, hosts=(server.netloc,)) as incoming:
            while piece := await incoming.next():
                if not read:
                    await asyncio.sleep(0.4)
                read += len(piece)
    assert read == 3_000_000


async def test_a_server_is_asked_over_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(CERTIFICATE)
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname = False
    trusting.load_verify_locations(CERTIFICATE)
    monkeypatch.setattr("ssl.create_default_context", lambda: trusting)
    async with Loopback(always(answer(bytes(500_000))), tls=served) as server, sender(server.netloc) as outbound:
        for _ in range(2):
            request = post(f"https://{server.netloc}/x")
            response = await outbound.send(request, secret=SECRET, hosts=(server.netloc,))
            assert len(response.body) == 500_000
    assert server.connections == 1


async def test_a_request_that_is_given_up_frees_its_connection() -> None:
    async with Loopback(silent) as server, sender(server.netloc, connections_max=1) as outbound:
        for _ in range(3):
            with pytest.raises(Lost, match="timeout"):
                await outbound.send(post(server.url, timeout_s=0.1), secret=SECRET, hosts=(server.netloc,))
    assert server.connections == 3
