"""Pixels for vendors that take them, from a ratio and a class such as 1K. Pure."""

import math
from typing import Final

SIDE_MULTIPLE: Final = 16
"""What both sides are multiples of: Black Forest Labs asks for it, and nobody minds."""


def pixel_sides(ratio: str, side: int) -> tuple[int, int] | None:
    """Width and height of this ratio (`16:9`) with at most `side` times `side` pixels; None where it is no ratio.

    Never more: vendors that charge by the megapixel charge for each that is begun.
    """
    width, colon, height = ratio.partition(":")
    if not (colon and width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        return None
    stretch = math.sqrt(int(width) / int(height))
    return _floored(side * stretch), _floored(side / stretch)


def _floored(pixels: float) -> int:
    return int(pixels) // SIDE_MULTIPLE * SIDE_MULTIPLE
