"""A simulated vendor calls back: signed like the real one, and to loopback only."""

import asyncio
import hashlib
import hmac
import http.client
import time
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
TIMEOUT_S: Final = 5.0


class Call(Struct, frozen=True):
    """One webhook: where, what, and the secret that signs it."""

    url: str
    event_id: str
    body: bytes
    secret: str
    signed: Callable[["Call", int], Mapping[str, str]] | None = None
    """The vendor's own signing headers at a time in seconds; None: WaveSpeedAI's."""


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
