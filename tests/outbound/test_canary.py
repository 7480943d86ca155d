"""A credential, a query string or a vendor's words never stand in an error or in a log."""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable

import pytest

from apiinone.core.exchange import Request
from apiinone.core.secret import Secret
from apiinone.outbound import FetchFailed, Lost, NotSent, Outbound
from outbound.loopback import Loopback, always, answer, sender, silent

SECRET, QUERY, VENDOR, PATH = "canary-secret-1a2b", "canary-query-3c4d", "canary-vendor-5e6f", "canary-path-7a8b"
CANARIES = (SECRET, QUERY, VENDOR, PATH)

ANSWERS = {
    "nothing": b"",
    "truncated": answer(VENDOR.encode(), length=999),
    "too_large": answer(VENDOR.encode() * 100),
    "no_http": f"{VENDOR}\r\n\r\n".encode(),
    "bad_status": f"HTTP/1.1 {VENDOR} X\r\n\r\n".encode(),
    "bad_header": f"HTTP/1.1 200 OK\r\n{VENDOR}\x00: 1\r\n\r\n".encode(),
    "bad_length": f"HTTP/1.1 200 OK\r\nContent-Length: {VENDOR}\r\n\r\n".encode(),
    "bad_chunk": f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{VENDOR}\r\n".encode(),
    "bad_encoding": answer(VENDOR.encode(), "Content-Encoding: gzip"),
    "bad_redirect": answer(b"", f"Location: ftp://{VENDOR}/", status=302),
    "expired": answer(VENDOR.encode(), status=403),
}


async def failing_send(outbound: Outbound, place: str, scheme: str) -> None:
    url = f"{scheme}://{place}/{PATH}?{QUERY}"
    request = Request("POST", url, auth="bearer", json={"p": VENDOR}, timeout_s=0.2, body_bytes_max=1000)
    await outbound.send(request, secret=Secret(SECRET), hosts=(place,))


async def failing_fetch(outbound: Outbound, place: str, scheme: str) -> None:
    await outbound.fetch(f"{scheme}://{place}/{PATH}?{QUERY}", hosts=(place,), bytes_max=1000, timeout_s=0.2)


Attempt = Callable[[Outbound, str, str], Awaitable[None]]


async def shown(attempt: Attempt, outbound: Outbound, place: str, scheme: str) -> str:
    """All that a log could show of the failure; empty where there was none."""
    failure: Exception | None = None
    try:
        await attempt(outbound, place, scheme)
    except (NotSent, Lost, FetchFailed) as error:
        failure = error
    if failure is None:
        return ""
    # Even what a traceback leaves out: the error that was being handled, with its foreign text.
    assert failure.__context__ is None
    assert failure.__cause__ is None
    return "".join(traceback.format_exception(failure)) + repr(failure) + repr(vars(failure))


@pytest.mark.parametrize("attempt", [failing_send, failing_fetch])
@pytest.mark.parametrize("case", ANSWERS)
async def test_a_failure_after_sending_shows_nothing(
    attempt: Attempt, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    asyncio.get_running_loop().set_debug(True)
    async with Loopback(always(ANSWERS[case], closing=True)) as server, sender(server.netloc) as outbound:
        text = await shown(attempt, outbound, server.netloc, "http")
    assert not [canary for canary in CANARIES if canary in text + caplog.text]


@pytest.mark.parametrize("attempt", [failing_send, failing_fetch])
async def test_a_failure_before_sending_shows_nothing(
    attempt: Attempt, caplog: pytest.LogCaptureFixture, free_port: int
) -> None:
    caplog.set_level(logging.DEBUG)
    texts: list[str] = []
    place = f"127.0.0.1:{free_port}"
    async with (
        Loopback(greeting=b"220 mail\r\n") as no_tls,
        Loopback(silent) as mute,
        sender(place, no_tls.netloc, mute.netloc) as outbound,
    ):
        for attempted in (
            (place, "http"),
            (no_tls.netloc, "https"),
            (mute.netloc, "http"),
            ("gone.example", "https"),
            ("gone.example", "http"),
            ("169.254.169.254", "https"),
            ("user:pass@gone.example", "https"),
        ):
            text = await shown(attempt, outbound, *attempted)
            assert text
            texts.append(text)
    assert not [canary for canary in CANARIES if canary in "".join(texts) + caplog.text]
