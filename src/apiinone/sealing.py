"""Secrets at rest: AES-256-GCM under a key of the installation, bound to the row they belong to."""

from collections.abc import Callable
from typing import Final

NONCE_BYTES: Final = 12
KEY_BYTES: Final = 32


class Unsealable(Exception):
    """Not sealed by this installation, or moved to another row. The text says nothing of either."""

    def __init__(self) -> None:
        """Say which it is to nobody."""
        super().__init__("a sealed secret cannot be opened")


class Seal:
    """Seals and opens. `place` is what a sealed text is bound to: moved elsewhere it cannot be opened."""

    def __init__(self, key: bytes, randomness: Callable[[int], bytes]) -> None:
        """Take 32 bytes, and what nonces are made of. Raises ValueError."""
        if len(key) != KEY_BYTES:
            raise ValueError(f"a sealing key has {KEY_BYTES} bytes")
        self._key = key
        self._randomness = randomness

    def close(self, secret: bytes, place: str) -> bytes:
        """The sealed secret."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - loaded with the first secret

        nonce = self._randomness(NONCE_BYTES)
        return nonce + AESGCM(self._key).encrypt(nonce, secret, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """The secret. Raises Unsealable."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - as above
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - as above

        try:
            return AESGCM(self._key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError):
            failure = Unsealable()
        raise failure
