"""Calls signed with Ed25519, as fal and Ideogram do alike: over four lines, by a key that the vendor publishes.

Facts: fal's page on webhooks and nine public verifiers; Ideogram's page on webhooks and two. They differ in the prefix
of the headers, in what the id is called, and Ideogram also names the key.

Fetching the published keys is I/O, which an adapter does not do: the operator copies them. They change, so several may
stand side by side.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct

from apiinone.providers.reading import is_upstream_id
from apiinone.providers.shared_secrets import is_fresh

KEY_BYTES: Final = 32
KEYS_MAX: Final = 16


class Scheme(Struct, frozen=True):
    """What the vendor's headers are called: `x-fal-webhook-`, and `request-id` after it."""

    prefix: str
    id_name: str


def signed_id(scheme: Scheme, headers: Mapping[str, str], body: bytes, keys: str, now_s: int) -> str | None:
    """The id that such a call is about, or None where none of the public keys has signed it in the last 300 s.

    `keys` are in base64, also in its spelling for URLs (the `x` of a JWK), or hexadecimal, comma-separated.
    """
    prefix = scheme.prefix
    call_id, timestamp = headers.get(f"{prefix}{scheme.id_name}", ""), headers.get(f"{prefix}timestamp", "")
    if not is_fresh(timestamp, now_s):
        return None
    try:
        signature = bytes.fromhex(headers.get(f"{prefix}signature", ""))
        lines = (call_id, headers.get(f"{prefix}user-id", ""), timestamp, hashlib.sha256(body).hexdigest())
        signed = "\n".join(lines).encode()
    except ValueError:
        return None
    if not is_upstream_id(call_id):
        return None
    return call_id if any(_signs(key, signature, signed) for key in _public_keys(keys)) else None


def _public_keys(text: str) -> Iterator[bytes]:
    """Those that are keys; what is none is passed over, since a call must not be taken without one."""
    for word in text.split(",")[:KEYS_MAX]:
        key = _key(word.strip())
        if len(key) == KEY_BYTES:
            yield key


def _key(word: str) -> bytes:
    try:
        if len(word) == 2 * KEY_BYTES:
            return bytes.fromhex(word)
        standard = word.replace("-", "+").replace("_", "/").rstrip("=")
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _signs(key: bytes, signature: bytes, signed: bytes) -> bool:
    # Imported with the first call: only operators who take calls pay for loading it.
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, signed)
    except (InvalidSignature, ValueError):
        return False
    return True
