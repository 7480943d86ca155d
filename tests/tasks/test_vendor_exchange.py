"""Outputs that only our credential opens: asked for on the vendor's own hosts, and the key goes nowhere else."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from apiinone.assets.ingest import OutputUnavailable
from apiinone.core.exchange import Auth, InHeader
from apiinone.core.secret import Secret
from apiinone.outbound import Outbound
from apiinone.providers.google import Google
from apiinone.providers.provider import Finished, Inline, Linked, Remote
from apiinone.tasks.vendor_exchange import opened
from outbound.loopback import Handler, Loopback, always, answer, sender

KEY = Secret("key-of-the-operator")


@asynccontextmanager
async def vendor_at(handler: Handler) -> AsyncGenerator[tuple[Loopback, Remote, Outbound]]:
    """A vendor on loopback."""
    async with Loopback(handler) as server, sender(server.netloc) as outbound:
        yield server, vendor_of(server), outbound


def vendor_of(server: Loopback) -> Remote:
    return Google(f"{server.url}/v1beta")


def guarded(url: str, auth: Auth = "bearer") -> Finished:
    return Finished((Linked(url, authorized=True, auth=auth),), 7)


@pytest.mark.parametrize(
    ("auth", "header"),
    [
        ("bearer", b"Authorization: Bearer key-of-the-operator"),
        (InHeader("x-goog-api-key"), b"x-goog-api-key: key-of-the-operator"),
    ],
)
async def test_an_output_on_the_vendors_host_is_opened_with_our_key(auth: Auth, header: bytes) -> None:
    async with vendor_at(always(answer(b"picture"))) as (server, vendor, outbound):
        finished = await opened(outbound, vendor, KEY, guarded(f"{server.url}/files/a?alt=media", auth))
    assert finished == Finished((Inline(b"picture"),), 7)
    assert server.requests[0].startswith(b"GET /files/a?alt=media HTTP/1.1\r\n")
    assert header in server.requests[0]


async def test_the_key_goes_to_no_other_host_even_where_the_operator_allows_that_host() -> None:
    async with Loopback() as elsewhere, Loopback() as own, sender(own.netloc, elsewhere.netloc) as outbound:
        with pytest.raises(OutputUnavailable) as failed:
            await opened(outbound, vendor_of(own), KEY, guarded(elsewhere.url))
    assert (failed.value.reason, failed.value.retryable) == ("address_refused", False)
    assert (elsewhere.connections, own.connections) == (0, 0)


async def test_the_key_follows_no_redirect() -> None:
    async with Loopback() as elsewhere:
        away = answer(b"", f"Location: {elsewhere.url}/a", status=302)
        async with vendor_at(always(away)) as (server, vendor, outbound):
            with pytest.raises(OutputUnavailable) as failed:
                await opened(outbound, vendor, KEY, guarded(server.url))
    assert failed.value.retryable
    assert elsewhere.connections == 0


async def test_other_outputs_are_left_as_they_are_and_nobody_is_asked() -> None:
    async with vendor_at(always(answer(b"picture"))) as (server, vendor, outbound):
        finished = Finished((Linked(f"{server.url}/a"), Inline(b"b")), None)
        assert await opened(outbound, vendor, KEY, finished) == finished
    assert server.connections == 0


@pytest.mark.parametrize(
    ("response", "reason", "retryable"),
    [
        (answer(b"", status=401), "expired", False),
        (answer(b"", status=403), "expired", False),
        (answer(b"", status=404), "expired", False),
        (answer(b"", status=410), "expired", False),
        (answer(b"", status=500), "server_error", True),
        (answer(b"", status=503), "server_error", True),
        (answer(b"x", length=9), "truncated", True),
        (answer(b"", length=10**9), "too_large", False),
        (b"no http", "malformed", True),
    ],
)
async def test_an_output_that_cannot_be_opened_says_whether_to_try_again(
    response: bytes,
    reason: str,
    retryable: bool,  # noqa: FBT001 - a column
) -> None:
    async with vendor_at(always(response, closing=True)) as (server, vendor, outbound):
        with pytest.raises(OutputUnavailable) as failed:
            await opened(outbound, vendor, KEY, guarded(server.url))
    assert (failed.value.reason, failed.value.retryable) == (reason, retryable)


async def test_a_vendor_that_cannot_be_reached_is_tried_again() -> None:
    async with Loopback() as server:
        vendor = vendor_of(server)
    async with sender(server.netloc) as outbound:
        with pytest.raises(OutputUnavailable) as failed:
            await opened(outbound, vendor, KEY, guarded(server.url))
    assert (failed.value.reason, failed.value.retryable) == ("unreachable", True)
