"""Opaque, time-ordered ids (UUIDv7 in base32hex, so that text order is time order)."""

from collections.abc import Callable

from apiinone.core.clock import Clock
from apiinone.core.randomness import RandomPool

ID_LENGTH = 26
_DIGITS = "0123456789abcdefghijklmnopqrstuv"
_PAIRS = tuple(first + second for first in _DIGITS for second in _DIGITS)
_OF_ANY_BYTE = bytes(ord(_DIGITS[byte % 32]) for byte in range(256))
"""A random digit for a random byte: 32 divides 256, so none is likelier than another."""
_RANDOM_BYTES = 13
_MS_CHARACTERS = 10
_FRACTIONS = tuple(
    "".join(_DIGITS[(0b11 << 13 | us * 4096 // 1000 << 1 | 1) >> shift & 0x1F] for shift in (10, 5, 0))
    for us in range(1000)
)
"""The characters behind the milliseconds, by microsecond: the version's last bits, 12 of time, the variant's first."""


class Ids:
    """Makes ids. The clock and the randomness arrive as arguments, so tests can repeat a run."""

    def __init__(self, clock: Clock, randomness: Callable[[int], bytes] | None = None) -> None:
        """Take the clock that orders the ids and the source of their random bits."""
        self._clock = clock
        self._randomness = randomness or RandomPool()
        self._ms = -1
        self._head = ""

    def new(self) -> str:
        """26 characters ``0-9a-v``: 48 bits of milliseconds, 12 bits below them, 62 random bits (RFC 9562).

        Written from tables and not from one large number, because ids are made for every row.
        """
        ms, us = divmod(self._clock.now_us(), 1000)
        if ms != self._ms:
            self._ms, self._head = ms, _written(ms << 80 | 0x7 << 76)[:_MS_CHARACTERS]
        random = self._randomness(_RANDOM_BYTES)
        rest = random[1:-1].translate(_OF_ANY_BYTE).decode()
        return f"{self._head}{_FRACTIONS[us]}{_DIGITS[random[0] & 0xF]}{rest}{_DIGITS[random[-1] & 0x1C]}"


def is_id(text: str) -> bool:
    """Whether the text has the form of one of our ids; anything else need not reach the database."""
    return len(text) == ID_LENGTH and text.isascii() and text.isalnum() and text == text.lower()


def id_floor(moment_us: int) -> str:
    """The smallest id made at or after this moment; time ranges become key ranges with it."""
    ms = max(0, moment_us // 1000)
    return _written(ms << 80)


def _written(value: int) -> str:
    """128 bits in base32hex, two characters at a time from a table."""
    value <<= 2
    return "".join([_PAIRS[value >> shift & 0x3FF] for shift in range(120, -1, -10)])
