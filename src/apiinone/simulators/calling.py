"""A simulated vendor calls back: signed like the real one, and to loopback only."""

import asyncio
import hashlib
import hmac
import http.client
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from apiinone.simulators.faults import FaultName, Seen

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
TIMEOUT_S: Final = 5.0
CALL_FAULTS: Final[frozenset[FaultName]] = frozenset(
    {"webhook_lost", "webhook_twice", "webhook_early", "webhook_forged"}
)
"""What can go wrong with a call; they are ordered with the order that it is about."""
FORGED: Final = "whsec_Zm9yZ2Vk"
"""What a forged call is signed with: a secret in the form that every vendor's signing can read."""


class Call(Struct, frozen=True):
    """One webhook: where, what, and the secret that signs it."""

    url: str
    event_id: str
    body: bytes
    secret: str
    signed: Callable[["Call", int], Mapping[str, str]] | None = None
    """The vendor's own signing headers at a time in seconds; None: WaveSpeedAI's."""


class Calls:
    """The calls of one simulated vendor that are still to be made."""

    def __init__(self, seen: Seen) -> None:
        """Take where they are counted."""
        self._seen = seen
        self._open: set[asyncio.Task[None]] = set()

    async def arrange(self, fault: FaultName | None, made: Callable[[], Awaitable[Call]]) -> None:
        """Call as soon as `made` gives what is to be said; ``webhook_early``: before the order is even answered."""
        if fault == "webhook_lost":
            return
        calling = asyncio.create_task(self._make(fault, made))
        self._open.add(calling)
        calling.add_done_callback(self._open.discard)
        if fault == "webhook_early":
            await calling

    async def aclose(self) -> None:
        """Drop them."""
        for calling in self._open:
            calling.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _make(self, fault: FaultName | None, made: Callable[[], Awaitable[Call]]) -> None:
        webhook = await made()
        if fault == "webhook_forged":
            webhook = replace(webhook, secret=FORGED)
        for _ in range(2 if fault == "webhook_twice" else 1):
            await call(webhook)
            self._seen.webhooks += 1


async def call(webhook: Call) -> bool:
    """Post it. False where nobody took it, or the address is not on loopback."""
    return await asyncio.to_thread(_post, webhook, int(time.time()))


def signature(webhook: Call, timestamp_s: int) -> str:
    """``v3,`` and the hexadecimal HMAC-SHA256 over ``{id}.{timestamp}.{body}`` (verify webhooks)."""
    key = webhook.secret.removeprefix("whsec_").encode()
    signed = f"{webhook.event_id}.{timestamp_s}.".encode() + webhook.body
    return f"v3,{hmac.new(key, signed, hashlib.sha256).hexdigest()}"


def _standard(webhook: Call, timestamp_s: int) -> Mapping[str, str]:
    return {
        "webhook-id": webhook.event_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": signature(webhook, timestamp_s),
    }


def _post(webhook: Call, timestamp_s: int) -> bool:
    parts = urlsplit(webhook.url)
    if parts.scheme != "http" or parts.hostname not in LOOPBACK:
        return False
    sign = webhook.signed or _standard
    headers = {"content-type": "application/json", **sign(webhook, timestamp_s)}
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT_S)
    try:
        connection.request("POST", f"{parts.path or '/'}?{parts.query}", webhook.body, headers)
        return connection.getresponse().status < 300  # noqa: PLR2004 - any success
    except OSError:
        return False
    finally:
        connection.close()
