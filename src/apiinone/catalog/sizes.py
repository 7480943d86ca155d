"""Picture sizes in the spellings that clients and upstreams use. Pure."""

import math
import re
from fractions import Fraction

_SIZE = re.compile(r"([1-9][0-9]{0,4})[x*]([1-9][0-9]{0,4})")
NEAR = 0.04
"""How far a ratio may be from the name it goes by (1344x768 is called 16:9)."""


def read_size(text: str) -> tuple[int, int]:
    """Width and height of `1024x1024` or `1024*1024`. Raises ValueError."""
    match = _SIZE.fullmatch(text)
    if match is None:
        raise ValueError(f"not a size: {text[:32]!r}")
    return int(match[1]), int(match[2])


def read_ratio(text: str) -> Fraction:
    """Width over height of `16:9`. Raises ValueError."""
    width, colon, height = text.partition(":")
    if not (colon and width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise ValueError(f"not a ratio: {text[:32]!r}")
    return Fraction(int(width), int(height))


def ratio_name(width: int, height: int, among: tuple[str, ...]) -> str:
    """What an upstream calls this ratio: the nearest name of `among` if one is near, else the ratio in lowest terms."""
    distances = {name: abs(math.log(width / height) - math.log(read_ratio(name))) for name in among}
    nearest = min(distances, key=distances.__getitem__, default=None)
    if nearest is not None and distances[nearest] <= NEAR:
        return nearest
    exact = Fraction(width, height)
    return f"{exact.numerator}:{exact.denominator}"


def sides_of(ratio: Fraction, side: int, multiple_of: int) -> tuple[int, int]:
    """Width and height of about `side` x `side` pixels in this ratio, both multiples of `multiple_of`."""
    width = side * math.sqrt(ratio)
    height = side / math.sqrt(ratio)
    return (
        max(1, round(width / multiple_of)) * multiple_of,
        max(1, round(height / multiple_of)) * multiple_of,
    )


def range_pattern(low: int, high: int) -> str:
    """A regular expression for the whole numbers from `low` (at least 1) to `high`, for a JSON Schema."""
    return "|".join(_digits(start, end) for start, end in _decades(low, high))


def _decades(low: int, high: int) -> list[tuple[int, int]]:
    """The range cut into pieces whose numbers differ in trailing digits only: 64-4096 begins 64-69, 70-99, 100-999."""
    pieces: list[tuple[int, int]] = []
    while low <= high:
        step = 1
        while low % (step * 10) == 0 and low + step * 10 - 1 <= high:
            step *= 10
        end = low + step - 1
        while (end + 1) % (step * 10) and end + step <= high:
            end += step
        pieces.append((low, end))
        low = end + 1
    return pieces


def _digits(low: int, high: int) -> str:
    """The pattern of one such piece."""
    return "".join(a if a == b else f"[{a}-{b}]" for a, b in zip(str(low), str(high), strict=True))
