"""Calls signed with a secret that both sides know: Standard Webhooks, as Kling, Replicate and, in hex, WaveSpeed do it.

An HMAC-SHA256 over ``{webhook-id}.{webhook-timestamp}.{body}``, at most 300 s old; where the vendor leaves the age to
its caller, as Replicate's SDK does, that is our choice.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from typing import Final, Literal

AGE_S_MAX: Final = 300
PREFIX: Final = "whsec_"
"""Before the secret, in its written form."""
Version = Literal["v1", "v3"]
"""How the signature is written: `v1` in base64, WaveSpeed's `v3` in hexadecimal."""


def is_fresh(timestamp: str, now_s: int) -> bool:
    """Whether it is a time in whole seconds since 1970, at most five minutes from now."""
    return timestamp.isascii() and timestamp.isdigit() and abs(now_s - int(timestamp[:20])) <= AGE_S_MAX


def is_signed(headers: Mapping[str, str], body: bytes, key: bytes, now_s: int, version: Version = "v1") -> bool:
    """Whether one of the call's signatures is by this key, and fresh; an empty key signs nothing."""
    timestamp = headers.get("webhook-timestamp", "")
    if not key or not is_fresh(timestamp, now_s):
        return False
    signed = f"{headers.get('webhook-id', '')}.{timestamp}.".encode(errors="replace") + body
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    written = base64.b64encode(digest).decode() if version == "v1" else digest.hex()
    expected = f"{version},{written}".encode()
    given = headers.get("webhook-signature", "").encode(errors="replace").split()
    return any(hmac.compare_digest(expected, one) for one in given)


def decoded_key(secret: str) -> bytes:
    """The bytes of a secret that is base64 after its prefix; none where it is not."""
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return b""
