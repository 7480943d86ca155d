"""Geometry without colour: seeded chance, smooth noise, and paths as SVG writes them.

Lengths are drawing units: the shorter side of every picture is 1000 of them. `y` grows downwards.
"""

import math
import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

T = TypeVar("T")
Point = tuple[float, float]
Noise = Callable[[float], float]

NOISE_POINTS = 61
MITER_MAX = 1.7
SMOOTH_STEP = 24.0
SHARP_STEP = 13.0
ROUNDING = 5
BRUSH_STEPS_MIN = 8
BRUSH_STEPS_MAX = 120


class Dice:
    """Repeatable chance: only `Random.random`, whose sequence Python promises to keep, is ever asked."""

    def __init__(self, seed: int) -> None:
        """Take any integer."""
        self._random = random.Random(seed)  # noqa: S311 - pictures, not secrets

    def between(self, low: float, high: float) -> float:
        """Evenly from the range."""
        return low + (high - low) * self._random.random()

    def whole(self, low: int, high: int) -> int:
        """An integer from the range, both ends included."""
        return low + int(self._random.random() * (high - low + 1))

    def chance(self, probability: float) -> bool:
        """True so often."""
        return self._random.random() < probability

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices."""
        return choices[int(self._random.random() * len(choices))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """The items in another order."""
        return [item for _, item in sorted(((self._random.random(), item) for item in items), key=lambda pair: pair[0])]


def smooth_noise(dice: Dice) -> Noise:
    """A smooth curve through random heights in -1…1, one for each whole number."""
    heights = [dice.between(-1, 1) for _ in range(NOISE_POINTS)]

    def at(x: float) -> float:
        whole = math.floor(x)
        part = x - whole
        part = part * part * (3 - 2 * part)
        return heights[whole % NOISE_POINTS] * (1 - part) + heights[(whole + 1) % NOISE_POINTS] * part

    return at


def fractal(noise: Noise, x: float, octaves: int = 4) -> float:
    """The noise with finer noise on top, about -1…1."""
    return sum(noise(x * 2**octave + 13.7 * octave) * 0.5**octave for octave in range(octaves)) / 1.6


def lerp(low: float, high: float, part: float) -> float:
    """The value that lies `part` of the way."""
    return low + (high - low) * part


def number(value: float) -> str:
    """One decimal at most, as short as it can be written."""
    text = f"{value:.1f}"
    return "0" if text == "-0.0" else text.removesuffix(".0")


def polyline(points: Sequence[Point], *, closed: bool = False) -> str:
    """Straight lines through the points, written relative to one another."""
    x, y = _tenths(points[0])
    text = [f"M{_short(x)} {_short(y)}l"]
    for point in points[1:]:
        next_x, next_y = _tenths(point)
        text.append(_joined((next_x - x, next_y - y)))
        x, y = next_x, next_y
    return _packed(text, closed=closed)


def curve(points: Sequence[Point], *, closed: bool = False) -> str:
    """A smooth line through the points (Catmull-Rom, written as relative cubic Béziers)."""
    count = len(points)
    x, y = _tenths(points[0])
    text = [f"M{_short(x)} {_short(y)}c"]
    for index in range(count if closed else count - 1):
        here, there = points[index], points[(index + 1) % count]
        before = points[index - 1] if closed or index else here
        after = points[(index + 2) % count] if closed or index + 2 < count else there
        x1, y1 = _tenths((here[0] + (there[0] - before[0]) / 6, here[1] + (there[1] - before[1]) / 6))
        x2, y2 = _tenths((there[0] - (after[0] - here[0]) / 6, there[1] - (after[1] - here[1]) / 6))
        x3, y3 = _tenths(there)
        text.append(_joined((x1 - x, y1 - y, x2 - x, y2 - y, x3 - x, y3 - y)))
        x, y = x3, y3
    return _packed(text, closed=closed)


def _tenths(point: Point) -> tuple[int, int]:
    return round(point[0] * 10), round(point[1] * 10)


def _short(tenths: int) -> str:
    """A count of tenths as the shortest number."""
    whole, rest = divmod(abs(tenths), 10)
    sign = "-" if tenths < 0 else ""
    if not rest:
        return f"{sign}{whole}"
    return f"{sign}{whole or ''}.{rest}"


def _joined(values: tuple[int, ...]) -> str:
    return " ".join([_short(value) for value in values])


def _packed(text: list[str], *, closed: bool) -> str:
    return (text[0] + " ".join(text[1:]).replace(" -", "-")) + ("z" if closed else "")


def circle(x: float, y: float, radius: float) -> str:
    """A whole circle as a path."""
    r, d = number(radius), number(2 * radius)
    return f"M{number(x - radius)} {number(y)}a{r} {r} 0 1 0 {d} 0a{r} {r} 0 1 0 -{d} 0Z"


def box(x: float, y: float, width: float, height: float) -> str:
    """A rectangle as a path."""
    return f"M{number(x)} {number(y)}h{number(width)}v{number(height)}h{number(-width)}Z"


def arc_points(x: float, y: float, radius: float, turn: tuple[float, float] = (0, 1), steps: int = 48) -> list[Point]:
    """Points along a circle from one part of a full turn to another, clockwise from the right."""
    angles = (2 * math.pi * lerp(turn[0], turn[1], step / steps) for step in range(steps + 1))
    return [(x + radius * math.cos(angle), y + radius * math.sin(angle)) for angle in angles]


def _evenly(points: Sequence[Point], steps: int) -> list[Point]:
    """So many steps of equal length along the line."""
    step = length(points) / steps
    kept = [points[0]]
    walked = 0.0
    for (x0, y0), (x1, y1) in pairwise(points):
        piece = math.hypot(x1 - x0, y1 - y0)
        while piece and len(kept) < steps and walked + piece >= step * len(kept):
            part = (step * len(kept) - walked) / piece
            kept.append((lerp(x0, x1, part), lerp(y0, y1, part)))
        walked += piece
    return [*kept, points[-1]]


def _with_corners(points: Sequence[Point], step: float) -> list[Point]:
    """Points about so far apart, all corners of the original among them."""
    kept = [points[0]]
    for (x0, y0), (x1, y1) in pairwise(points):
        pieces = max(1, round(math.hypot(x1 - x0, y1 - y0) / step))
        kept += [(lerp(x0, x1, piece / pieces), lerp(y0, y1, piece / pieces)) for piece in range(1, pieces + 1)]
    return kept


def _rounded(points: Sequence[Point]) -> list[Point]:
    """More points, along the same curve that `curve` draws."""
    count = len(points)
    if count == 2:  # noqa: PLR2004 - nothing to round
        return list(points)
    kept = [points[0]]
    for index in range(count - 1):
        before, here = points[max(0, index - 1)], points[index]
        there, after = points[index + 1], points[min(count - 1, index + 2)]
        for step in range(1, ROUNDING + 1):
            part = step / ROUNDING
            kept.append(
                (
                    _spline(before[0], here[0], there[0], after[0], part),
                    _spline(before[1], here[1], there[1], after[1], part),
                )
            )
    return kept


def _spline(before: float, here: float, there: float, after: float, part: float) -> float:
    """One coordinate of a Catmull-Rom curve between `here` and `there`."""
    first, last = (there - before) / 2, (after - here) / 2
    cubic, square = 2 * (here - there) + first + last, 3 * (there - here) - 2 * first - last
    return ((cubic * part + square) * part + first) * part + here


def length(points: Sequence[Point]) -> float:
    """How long the line is."""
    return sum(math.hypot(x1 - x0, y1 - y0) for (x0, y0), (x1, y1) in pairwise(points))


def brush(
    points: Sequence[Point], weight: float, *, taper: tuple[float, float] = (0.2, 0.2), smooth: bool = True
) -> str:
    """The outline of a pen stroke along the points: full weight inside, thinning out over `taper` of either end."""
    total = length(points)
    steps = min(BRUSH_STEPS_MAX, max(BRUSH_STEPS_MIN, total / (SMOOTH_STEP if smooth else SHARP_STEP)))
    line = _evenly(_rounded(points), int(steps)) if smooth else _with_corners(points, total / steps)
    left: list[Point] = []
    right: list[Point] = []
    for index, (x, y) in enumerate(line):
        part = index / max(1, len(line) - 1)
        half = weight / 2 * _swelling(part, taper)
        across_x, across_y = _across(line, index)
        left.append((x + across_x * half, y + across_y * half))
        right.append((x - across_x * half, y - across_y * half))
    outline = left + right[::-1]
    return curve(outline, closed=True) if smooth else polyline(outline, closed=True)


def sliver(start: Point, end: Point, weight: float, *, heavy: float = 0.5, bow: float = 0.0) -> str:
    """A short stroke that is thin at both ends and heaviest at a part of its way, bent sideways by `bow`."""
    x, y = lerp(start[0], end[0], heavy), lerp(start[1], end[1], heavy)
    across_x, across_y = _normal(start, end)
    out, back = 2 * bow + weight, 2 * bow - weight
    text = f"M{number(start[0])} {number(start[1])}Q{number(x + across_x * out)} {number(y + across_y * out)} "
    text += f"{number(end[0])} {number(end[1])}Q{number(x + across_x * back)} {number(y + across_y * back)} "
    return text + f"{number(start[0])} {number(start[1])}z"


def _swelling(part: float, taper: tuple[float, float]) -> float:
    """How wide a stroke is at a part of its way, 0.12…1."""
    start = min(1.0, part / taper[0]) if taper[0] else 1.0
    end = min(1.0, (1 - part) / taper[1]) if taper[1] else 1.0
    return 0.12 + 0.88 * math.sin(math.pi / 2 * min(start, end)) ** 0.8


def _across(line: Sequence[Point], index: int) -> Point:
    """The direction across the line at a point, longer at a corner so that the stroke keeps its width there."""
    here = line[index]
    before = line[max(0, index - 1)]
    after = line[min(len(line) - 1, index + 1)]
    first = _normal(before, here) if index else _normal(here, after)
    second = _normal(here, after) if index + 1 < len(line) else first
    x, y = first[0] + second[0], first[1] + second[1]
    size = math.hypot(x, y) or 1.0
    stretch = min(MITER_MAX, 2 / size)
    return x / size * stretch, y / size * stretch


def _normal(start: Point, end: Point) -> Point:
    x, y = end[0] - start[0], end[1] - start[1]
    size = math.hypot(x, y) or 1.0
    return -y / size, x / size
