"""Copying a file: no credential, each redirect judged, whole and bounded, and every failure with a reason."""

import asyncio
import gzip

import pytest

from apiinone.outbound import Fetched, FetchFailed, FetchFault, Outbound
from outbound.addresses_for_tests import LOOPBACK, METADATA, PRIVATE
from outbound.loopback import Loopback, always, answer, sender, silent

PNG = answer(b"png", "Content-Type: Image/PNG; charset=x")


async def fetch(outbound: Outbound, server: Loopback, path: str = "/a.png", bytes_max: int = 1000) -> Fetched:
    return await outbound.fetch(f"{server.url}{path}", hosts=(server.netloc,), bytes_max=bytes_max, timeout_s=5)


async def test_a_file_comes_whole_with_its_type_and_without_any_credential() -> None:
    async with Loopback(always(PNG)) as server, sender(server.netloc) as outbound:
        fetched = await fetch(outbound, server, "/a%2Fb.png?sig=a%2Bb")
    assert fetched == Fetched(b"png", "image/png")
    assert server.requests[0].startswith(b"GET /a%2Fb.png?sig=a%2Bb HTTP/1.1\r\n")
    assert b"uthorization" not in server.requests[0]
    assert b"Referer" not in server.requests[0]


async def test_a_file_without_a_type_has_an_empty_one() -> None:
    async with Loopback(always(answer(b"x"))) as server, sender(server.netloc) as outbound:
        assert (await fetch(outbound, server)).content_type == ""


FAILURES: dict[str, tuple[bytes, FetchFault, bool]] = {
    "401": (answer(b"", status=401), "expired", False),
    "403": (answer(b"", status=403), "expired", False),
    "404": (answer(b"", status=404), "not_found", True),
    "410": (answer(b"", status=410), "expired", False),
    "429": (answer(b"", status=429), "throttled", True),
    "500": (answer(b"", status=500), "server_error", True),
    "503": (answer(b"", status=503), "server_error", True),
    "204": (b"HTTP/1.1 204 X\r\n\r\n", "unexpected_status", False),
    "206": (answer(b"half", status=206), "unexpected_status", False),
    "400": (answer(b"", status=400), "unexpected_status", False),
    "redirect_to_nowhere": (answer(b"", status=302), "unexpected_status", False),
    "redirect_to_nonsense": (answer(b"", "Location: https://[", status=302), "address_refused", False),
    "truncated": (answer(b"half", length=8), "truncated", True),
    "too_large": (answer(bytes(1001)), "too_large", False),
    "too_large_without_length": (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + bytes(1001), "too_large", False),
    "gzip_bomb": (answer(gzip.compress(bytes(1001)), "Content-Encoding: gzip"), "too_large", False),
    "two_gzips": (answer(gzip.compress(b"a") * 2, "Content-Encoding: gzip"), "malformed", True),
    "unknown_encoding": (answer(b"x", "Content-Encoding: zstd"), "malformed", True),
    "no_http": (b"hello\r\n\r\n", "malformed", True),
    "nothing": (b"", "unreachable", True),
}


@pytest.mark.parametrize("case", FAILURES)
async def test_a_failure_has_a_reason_and_says_whether_to_try_again(case: str) -> None:
    response, reason, retryable = FAILURES[case]
    async with Loopback(always(response, closing=True)) as server, sender(server.netloc) as outbound:
        with pytest.raises(FetchFailed) as failed:
            await fetch(outbound, server)
    assert (failed.value.reason, failed.value.retryable) == (reason, retryable)
    assert len(server.requests) == 1


async def test_the_largest_allowed_file_is_taken() -> None:
    async with Loopback(always(answer(bytes(1000)))) as server, sender(server.netloc) as outbound:
        assert len((await fetch(outbound, server)).data) == 1000
    packed = answer(gzip.compress(bytes(1000)), "Content-Encoding: gzip")
    async with Loopback(always(packed)) as server, sender(server.netloc) as outbound:
        assert len((await fetch(outbound, server)).data) == 1000


async def test_time_is_counted_over_all_steps() -> None:
    async def slow_redirect(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.12)
        writer.write(answer(b"", "Location: /again", status=302))

    async with Loopback(slow_redirect) as server, sender(server.netloc) as outbound:
        with pytest.raises(FetchFailed) as failed:
            await outbound.fetch(server.url, hosts=(server.netloc,), bytes_max=1, timeout_s=0.2)
    assert failed.value.reason == "timeout"
    assert len(server.requests) == 2


async def test_a_server_that_does_not_answer_is_left() -> None:
    async with Loopback(silent) as server, sender(server.netloc) as outbound:
        with pytest.raises(FetchFailed) as failed:
            await outbound.fetch(server.url, hosts=(server.netloc,), bytes_max=1, timeout_s=0.1)
    assert (failed.value.reason, failed.value.retryable) == ("timeout", True)


async def test_a_host_that_is_down_or_unknown_is_unreachable(free_port: int) -> None:
    place = f"127.0.0.1:{free_port}"
    async with sender(place) as outbound:
        for url, hosts in ((f"http://{place}/", (place,)), ("https://gone.example/", ())):
            with pytest.raises(FetchFailed) as failed:
                await outbound.fetch(url, hosts=hosts, bytes_max=1, timeout_s=1)
            assert (failed.value.reason, failed.value.retryable) == ("unreachable", True)


async def test_redirects_are_followed_up_to_the_limit() -> None:
    async def countdown(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = 4 - len(server.requests)
        writer.write(answer(b"", f"Location: ?left={left}", status=307) if left else PNG)

    async with Loopback(countdown) as server, sender(server.netloc) as outbound:
        assert (await fetch(outbound, server)).data == b"png"
        assert len(server.requests) == 4
    async with Loopback(countdown) as server, sender(server.netloc) as outbound:
        with pytest.raises(FetchFailed) as failed:
            await outbound.fetch(server.url, hosts=(server.netloc,), bytes_max=9, timeout_s=5, redirects_max=2)
        assert failed.value.reason == "too_many_redirects"
        assert len(server.requests) == 3


@pytest.mark.parametrize("target", [*LOOPBACK, *PRIVATE, *METADATA])
async def test_a_redirect_to_a_forbidden_address_is_refused(target: str) -> None:
    location = target.encode("utf-8").decode("latin-1")
    response = f"HTTP/1.1 302 X\r\nContent-Length: 0\r\nLocation: {location}\r\n\r\n".encode("latin-1")
    async with Loopback(always(response)) as server, sender(server.netloc) as outbound:
        hosts = (server.netloc, *EVERY_HOST)
        with pytest.raises(FetchFailed) as failed:
            await outbound.fetch(server.url, hosts=hosts, bytes_max=9, timeout_s=5)
    assert failed.value.reason == "address_refused"
    assert len(server.requests) == 1


EVERY_HOST = tuple(
    dict.fromkeys(url.partition("//")[2].partition("/")[0].lower() for url in (*LOOPBACK, *PRIVATE, *METADATA))
)
"""Even where a list of hosts names them all."""


async def test_a_redirect_to_a_name_for_a_private_address_is_refused() -> None:
    redirect = answer(b"", "Location: https://rebound.example/", status=302)
    async with Loopback(always(redirect)) as server, sender(server.netloc, rebound_example=["127.0.0.1"]) as outbound:
        hosts = (server.netloc, "rebound.example")
        with pytest.raises(FetchFailed) as failed:
            await outbound.fetch(server.url, hosts=hosts, bytes_max=9, timeout_s=5)
    assert failed.value.reason == "address_refused"


async def test_a_redirect_to_a_host_that_is_not_listed_is_refused() -> None:
    asked: list[str] = []

    async def lookup(host: str, _port: int) -> list[str]:
        asked.append(host)
        return []

    async with Loopback(always(answer(b"", "Location: https://other.example/", status=302))) as server:
        outbound = Outbound(
            allowed_private=frozenset({server.netloc}), connections_max=1, user_agent="x", lookup=lookup
        )
        with pytest.raises(FetchFailed) as failed:
            await fetch(outbound, server)
        await outbound.aclose()
    assert failed.value.reason == "address_refused"
    assert asked == []


async def test_a_private_host_that_the_operator_allows_is_not_open_to_addresses_from_anywhere() -> None:
    """The operator's exception is for the caller that names the host too, not for a client's own URL."""
    async with Loopback(always(PNG)) as server, sender(server.netloc) as outbound:
        with pytest.raises(FetchFailed) as failed:
            await outbound.fetch(server.url, hosts=(), bytes_max=9, timeout_s=5)
    assert failed.value.reason == "address_refused"
    assert server.connections == 0


async def test_a_body_is_not_read_beyond_the_limit() -> None:
    sent = 0

    async def endless(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while True:
            writer.write(bytes(65536))
            await writer.drain()
            sent += 65536

    async with Loopback(endless) as server, sender(server.netloc) as outbound:
        with pytest.raises(FetchFailed) as failed:
            await fetch(outbound, server)
        await asyncio.sleep(0.05)
    assert failed.value.reason == "too_large"
    assert sent < 20_000_000
