"""Opaque, time-ordered ids (UUIDv7 in base32hex, so that text order is time order)."""

import base64
import secrets
from collections.abc import Callable

from apiinone.core.clock import Clock

ID_LENGTH = 26


class Ids:
    """Makes ids. The clock and the randomness arrive as arguments, so tests can repeat a run."""

    def __init__(self, clock: Clock, randomness: Callable[[int], bytes] = secrets.token_bytes) -> None:
        """Take the clock that orders the ids and the source of their random bits."""
        self._clock = clock
        self._randomness = randomness

    def new(self) -> str:
        """26 characters ``0-9a-v``: 48 bits of milliseconds, 12 bits below them, 62 random bits (RFC 9562)."""
        ms, us = divmod(self._clock.now_us(), 1000)
        sub_ms = us * 4096 // 1000
        value = bytearray(ms.to_bytes(6, "big") + (0x7000 | sub_ms).to_bytes(2, "big") + self._randomness(8))
        value[8] = 0x80 | (value[8] & 0x3F)
        return base64.b32hexencode(value)[:ID_LENGTH].decode().lower()


def is_id(text: str) -> bool:
    """Whether the text has the form of one of our ids; anything else need not reach the database."""
    return len(text) == ID_LENGTH and text.isascii() and text.isalnum() and text == text.lower()


def id_floor(moment_us: int) -> str:
    """The smallest id made at or after this moment; time ranges become key ranges with it."""
    ms = max(0, moment_us // 1000)
    return base64.b32hexencode(ms.to_bytes(6, "big") + bytes(10))[:ID_LENGTH].decode().lower()
