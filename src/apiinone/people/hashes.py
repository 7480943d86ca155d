"""What of a credential is stored: an HMAC under the installation's own key, so that a copy of rows opens nothing."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Final

TOKEN_BYTES: Final = 32


class Hashes:
    """Makes credentials, and what is kept of them. Each use is apart: one made for a link opens no session."""

    def __init__(self, key: bytes, randomness: Callable[[int], bytes]) -> None:
        """Take the key, and what credentials are made of."""
        self._key = key
        self._randomness = randomness

    def new(self) -> str:
        """256 random bits in 52 characters ``0-9a-v``."""
        return base64.b32hexencode(self._randomness(TOKEN_BYTES)).decode().rstrip("=").lower()

    def of(self, use: str, text: str) -> str:
        """What is stored of a text for one use, 64 characters ``0-9a-f``."""
        return hmac.digest(self._key, f"{use}:{text}".encode(), hashlib.sha256).hex()

    def same(self, use: str, text: str, stored: str) -> bool:
        """Whether this text is the one, compared in constant time."""
        return hmac.compare_digest(self.of(use, text), stored)
