"""The shapes of land: mountains with a spine and two faces, far ranges, hills and dunes. No colour, no style."""

import math
from itertools import pairwise

from msgspec import Struct

from apiinone.providers.local.pen import Dice, Point, fractal, lerp, smooth_noise


class Peak(Struct, frozen=True):
    """One mountain. All lines run downwards; those of the spine and ribs lie on its front."""

    left: tuple[Point, ...]
    right: tuple[Point, ...]
    spine: tuple[Point, ...]
    ribs: tuple[tuple[Point, ...], ...]

    @property
    def summit(self) -> Point:
        """The highest point."""
        return self.left[0]

    @property
    def height(self) -> float:
        """From the foot to the summit."""
        return self.left[-1][1] - self.left[0][1]

    @property
    def ridge(self) -> list[Point]:
        """The outline, from the left foot over the summit to the right foot."""
        return [*reversed(self.left), *self.right[1:]]


def peak(dice: Dice, summit: Point, base: float, reach: tuple[float, float]) -> Peak:
    """A mountain that stands on `base`, its feet `reach` to the left and right of the summit."""
    x, _ = summit
    left = _flank(dice, summit, (x - reach[0], base))
    right = _flank(dice, summit, (x + reach[1], base))
    side = 1 if reach[1] > reach[0] else -1
    spine = _spine(dice, summit, base, side * 0.16 * min(reach))
    ribs = tuple(_rib(dice, flank, base) for flank in (left, right) for _ in range(1))
    return Peak(left, right, spine, ribs)


def _flank(dice: Dice, top: Point, foot: Point) -> tuple[Point, ...]:
    """Steep at the top, easing out towards the foot, broken by a shoulder or two and many small crags."""
    height, run = foot[1] - top[1], foot[0] - top[0]
    knots = [top]
    for middle in (0.12, 0.3, 0.48, 0.72):
        part = middle + dice.between(-0.05, 0.05)
        out = part**1.22 + dice.between(-0.022, 0.03) * (1.2 - part)
        knots.append((top[0] + run * out, top[1] + height * part))
    knots.append(foot)
    return tuple(_craggy(dice, knots, 0.085, 3))


def _craggy(dice: Dice, points: list[Point], rough: float, levels: int) -> list[Point]:
    """The line with every piece broken once per level, ever finer."""
    for _ in range(levels):
        broken = [points[0]]
        for (x0, y0), (x1, y1) in pairwise(points):
            off = rough * dice.between(-1, 1)
            part = dice.between(0.36, 0.64)
            broken.append((lerp(x0, x1, part) - off * (y1 - y0), lerp(y0, y1, part) + off * (x1 - x0) * 0.6))
            broken.append((x1, y1))
        points = broken
        rough *= 0.92
    return points


def _spine(dice: Dice, summit: Point, base: float, drift: float) -> tuple[Point, ...]:
    """The line between the lit and the shaded face: it swings from the summit down to the foot."""
    knots = [summit]
    swing = 1 if dice.chance(0.5) else -1
    for part in (0.1, 0.22, 0.38, 0.52, 0.68, 0.82, 1.04):
        place = part + dice.between(-0.03, 0.03)
        swing = -swing
        off = swing * dice.between(0.25, 0.6) * abs(drift) * (0.35 + place)
        knots.append((summit[0] + drift * place + off, lerp(summit[1], base, place)))
    return tuple(_craggy(dice, knots, 0.12, 1))


def _rib(dice: Dice, flank: tuple[Point, ...], base: float) -> tuple[Point, ...]:
    """A short line that leaves a flank and falls towards the middle of the mountain."""
    start = flank[int(len(flank) * dice.between(0.3, 0.42))]
    run = flank[-1][0] - flank[0][0]
    drop = (base - start[1]) * dice.between(0.36, 0.5)
    knots = [
        start,
        (start[0] - run * 0.015, start[1] + drop * 0.35),
        (start[0] + run * 0.03, start[1] + drop * 0.62),
        (start[0] + run * 0.0, start[1] + drop),
    ]
    return tuple(_craggy(dice, knots, 0.13, 1))


def slope(flank: tuple[Point, ...]) -> Point:
    """The direction of a flank, of length 1."""
    (x0, y0), (x1, y1) = flank[0], flank[-1]
    size = math.hypot(x1 - x0, y1 - y0) or 1.0
    return (x1 - x0) / size, (y1 - y0) / size


def far_range(dice: Dice, span: tuple[float, float], base: float, height: float, summits: int = 7) -> list[Point]:
    """A distant range from left to right: small summits of uneven height, lower towards the ends."""
    points = [(span[0], base)]
    for index in range(summits):
        part = (index + 0.5 + dice.between(-0.22, 0.22)) / summits
        swell = 0.35 + 0.65 * math.sin(math.pi * part)
        points.append((lerp(span[0], span[1], part), base - height * swell * dice.between(0.55, 1)))
        if index < summits - 1:
            valley = part + 0.5 / summits + dice.between(-0.1, 0.1) / summits
            points.append((lerp(span[0], span[1], valley), base - height * swell * dice.between(0.15, 0.42)))
    points.append((span[1], base))
    return _craggy(dice, points, 0.09, 3)


def hill(dice: Dice, span: tuple[float, float], base: float, height: float, waves: float = 2.2) -> list[Point]:
    """A rolling line from left to right, never away from `base` by more than `height`."""
    noise = smooth_noise(dice)
    shift = dice.between(0, 40)
    steps = 14
    return [
        (lerp(span[0], span[1], step / steps), base - height * fractal(noise, shift + waves * step / steps, 2))
        for step in range(steps + 1)
    ]


def height_at(line: list[Point], x: float) -> float:
    """The `y` of a line that runs from left to right, at `x`."""
    for (x0, y0), (x1, y1) in pairwise(line):
        if x0 <= x <= x1:
            return lerp(y0, y1, (x - x0) / (x1 - x0)) if x1 > x0 else y0
    return line[0][1] if x < line[0][0] else line[-1][1]
