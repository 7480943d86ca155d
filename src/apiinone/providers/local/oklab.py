"""Colours as eyes see them: sRGB hex through Björn Ottosson's OKLab ("A perceptual color space for image processing").

Mixing, lightening and comparing happen there, so that a step of equal size looks equal in every hue.
"""

import math
from collections.abc import Sequence
from functools import lru_cache

Lab = tuple[float, float, float]
"""Lightness 0…1, green to red, blue to yellow."""

CACHE_SIZE = 4096


@lru_cache(CACHE_SIZE)
def lab(colour: str) -> Lab:
    """Read ``#rrggbb``."""
    r, g, b = (_linear(int(colour[start : start + 2], 16) / 255) for start in (1, 3, 5))
    long = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    medium = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    short = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def colour_of(point: Lab) -> str:
    """Write ``#rrggbb``; what a screen cannot show is clipped."""
    lightness, a, b = point
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    channels = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    return "#" + "".join(f"{round(255 * _gamma(channel)):02x}" for channel in channels)


def mix(first: str, second: str, part: float) -> str:
    """The colour that lies `part` of the way from the first to the second; the ends are exact."""
    if part <= 0 or first == second:
        return first
    if part >= 1:
        return second
    a, b = lab(first), lab(second)
    return colour_of((a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part, a[2] + (b[2] - a[2]) * part))


def ramp(stops: Sequence[str], part: float) -> str:
    """The colour at a part 0…1 of the way through all stops."""
    place = min(max(part, 0.0), 1.0) * (len(stops) - 1)
    index = min(int(place), len(stops) - 2) if len(stops) > 1 else 0
    return stops[0] if len(stops) == 1 else mix(stops[index], stops[index + 1], round(place - index, 4))


def lightness(colour: str) -> float:
    """0 is black, 1 white."""
    return lab(colour)[0]


def chroma(colour: str) -> float:
    """0 is grey; the strongest colours of a screen reach about 0.3."""
    _, a, b = lab(colour)
    return math.hypot(a, b)


def difference(first: str, second: str) -> float:
    """How far apart two colours look; about 0.02 can just be seen."""
    return math.dist(lab(first), lab(second))


def toned(colour: str, *, light: float, strength: float = 1.0, turn: float = 0.0) -> str:
    """The same hue at another lightness, its chroma multiplied by `strength`, its hue turned by `turn` radians."""
    _, a, b = lab(colour)
    cos, sin = math.cos(turn) * strength, math.sin(turn) * strength
    return colour_of((light, a * cos - b * sin, a * sin + b * cos))


def lifted(colour: str, amount: float) -> str:
    """Lighter by that much lightness, or darker where it is negative."""
    if amount == 0:
        return colour
    light, a, b = lab(colour)
    return colour_of((min(0.99, max(0.04, light + amount)), a, b))


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - sRGB


def _gamma(channel: float) -> float:
    channel = min(1.0, max(0.0, channel))
    return 12.92 * channel if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055  # noqa: PLR2004 - sRGB
