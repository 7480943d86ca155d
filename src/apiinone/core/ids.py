"""Opaque, time-ordered ids (UUIDv7 in base32hex, so that text order is time order)."""

import secrets
from collections.abc import Callable

from apiinone.core.clock import Clock

ID_LENGTH = 26
_DIGITS = "0123456789abcdefghijklmnopqrstuv"
_PAIRS = tuple(first + second for first in _DIGITS for second in _DIGITS)
_OF_ANY_BYTE = bytes(ord(_DIGITS[byte % 32]) for byte in range(256))
"""A random digit for a random byte: 32 divides 256, so none is likelier than another."""
_RANDOM_DIGITS = 13
_OF_FOUR_BITS = {digit: _DIGITS[value & 0xF] for value, digit in enumerate(_DIGITS)}
"""What may follow the second bit of the variant, which is 0: the first random digit loses a bit to it."""
_OF_THREE_BITS = {digit: _DIGITS[value & 0x1C] for value, digit in enumerate(_DIGITS)}
"""What may come last: 26 digits have two bits more than an id."""
_TAILS = 256
"""So many ids get their random digits by one system call; none is given twice."""
_AGE_CHARACTERS = 8
"""40 bits of time. Those of its milliseconds that follow are a pair of characters with the first two of the version."""
_FRACTIONS = tuple(
    "".join(_DIGITS[(0b11 << 13 | us * 4096 // 1000 << 1 | 1) >> shift & 0x1F] for shift in (10, 5, 0))
    for us in range(1000)
)
"""The characters behind the milliseconds, by microsecond: the version's last bits, 12 of time, the variant's first."""


class Ids:
    """Makes ids. The clock and the randomness arrive as arguments, so tests can repeat a run."""

    def __init__(self, clock: Clock, randomness: Callable[[int], bytes] = secrets.token_bytes) -> None:
        """Take the clock that orders the ids and the source of their random bits."""
        self._clock = clock
        self._randomness = randomness
        self._age = -1
        self._head = ""
        self._tails: list[str] = []

    def new(self) -> str:
        """26 characters ``0-9a-v``: 48 bits of milliseconds, 12 bits below them, 62 random bits (RFC 9562).

        Written from tables and not from one large number, because ids are made for every row.
        """
        ms, us = divmod(self._clock.now_us(), 1000)
        if ms >> 8 != self._age:
            self._age, self._head = ms >> 8, _in_pairs(ms >> 8, _AGE_CHARACTERS)
        if not self._tails:
            digits = self._randomness(_TAILS * _RANDOM_DIGITS).translate(_OF_ANY_BYTE).decode()
            self._tails = [_tail(digits[at : at + _RANDOM_DIGITS]) for at in range(0, len(digits), _RANDOM_DIGITS)]
        return f"{self._head}{_PAIRS[ms << 2 & 0x3FF | 0b01]}{_FRACTIONS[us]}{self._tails.pop()}"


def is_id(text: str) -> bool:
    """Whether the text has the form of one of our ids; anything else need not reach the database."""
    return len(text) == ID_LENGTH and text.isascii() and text.isalnum() and text == text.lower()


def id_floor(moment_us: int) -> str:
    """The smallest id made at or after this moment; time ranges become key ranges with it."""
    ms = max(0, moment_us // 1000)
    return _in_pairs(ms << 82, ID_LENGTH)


def _tail(random: str) -> str:
    return f"{_OF_FOUR_BITS[random[0]]}{random[1:-1]}{_OF_THREE_BITS[random[-1]]}"


def _in_pairs(value: int, length: int) -> str:
    """A number in base32hex, two characters at a time from a table."""
    return "".join([_PAIRS[value >> shift & 0x3FF] for shift in range(5 * length - 10, -1, -10)])
