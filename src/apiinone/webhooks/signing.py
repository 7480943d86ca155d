"""Signatures by the Standard Webhooks specification, version v1 (standardwebhooks.com). Pure."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Final

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32
"""The specification asks for 24 to 64."""


def new_secret(randomness: Callable[[int], bytes]) -> bytes:
    """256 random bits."""
    return randomness(SECRET_BYTES)


def written_secret(secret: bytes) -> str:
    """The secret as receivers keep it: `whsec_…`."""
    return PREFIX + base64.b64encode(secret).decode()


def signed_headers(secrets: Sequence[bytes], event_id: str, sent_s: int, body: bytes) -> dict[str, str]:
    """The headers of one try: a signature by each secret that is good now, so that a rotation breaks no receiver."""
    signed = b"%b.%d.%b" % (event_id.encode(), sent_s, body)
    signatures = [base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode() for secret in secrets]
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(sent_s),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
