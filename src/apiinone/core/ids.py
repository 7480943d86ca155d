"""Opaque, time-ordered ids (UUIDv7 in base32hex, so that text order is time order)."""

from collections.abc import Callable

from apiinone.core.clock import Clock
from apiinone.core.randomness import RandomPool

ID_LENGTH = 26
_DIGITS = "0123456789abcdefghijklmnopqrstuv"
_PAIRS = tuple(first + second for first in _DIGITS for second in _DIGITS)


class Ids:
    """Makes ids. The clock and the randomness arrive as arguments, so tests can repeat a run."""

    def __init__(self, clock: Clock, randomness: Callable[[int], bytes] | None = None) -> None:
        """Take the clock that orders the ids and the source of their random bits."""
        self._clock = clock
        self._randomness = randomness or RandomPool()

    def new(self) -> str:
        """26 characters ``0-9a-v``: 48 bits of milliseconds, 12 bits below them, 62 random bits (RFC 9562)."""
        ms, us = divmod(self._clock.now_us(), 1000)
        random_bits = int.from_bytes(self._randomness(8), "big") >> 2
        return _written(ms << 80 | (0x7000 | us * 4096 // 1000) << 64 | 0x8 << 60 | random_bits)


def is_id(text: str) -> bool:
    """Whether the text has the form of one of our ids; anything else need not reach the database."""
    return len(text) == ID_LENGTH and text.isascii() and text.isalnum() and text == text.lower()


def id_floor(moment_us: int) -> str:
    """The smallest id made at or after this moment; time ranges become key ranges with it."""
    ms = max(0, moment_us // 1000)
    return _written(ms << 80)


def _written(value: int) -> str:
    """128 bits in base32hex, two characters at a time from a table: ids are made for every row."""
    value <<= 2
    return "".join([_PAIRS[value >> shift & 0x3FF] for shift in range(120, -1, -10)])
