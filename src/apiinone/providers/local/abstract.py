"""Abstract pictures: waves, a soft mesh of light, a composition of simple shapes, and contour lines."""

import math
from collections.abc import Callable, Mapping
from typing import Literal

from apiinone.providers.local.canvas import Canvas
from apiinone.providers.local.palette import Tone
from apiinone.providers.local.pen import (
    Dice,
    Point,
    arc_points,
    circle,
    curve,
    fractal,
    lerp,
    number,
    polyline,
    sliver,
    smooth_noise,
)

AbstractKind = Literal["waves", "mesh", "shapes", "contours"]


def draw_abstract(canvas: Canvas, dice: Dice, kind: AbstractKind) -> None:
    """Paint one of the kinds. A mesh has no lines, so line art gets contours in its place."""
    canvas.background()
    if kind == "mesh" and canvas.is_line_art:
        kind = "contours"
    canvas.note(kind)
    PAINTERS[kind](canvas, dice)


def _waves(canvas: Canvas, dice: Dice) -> None:
    """Bands that swell behind one another below a disc; in line art a field of flowing lines."""
    if canvas.is_line_art:
        _flow(canvas, dice)
        return
    _disc(canvas, (canvas.width * dice.pick((0.3, 0.68)), canvas.height * 0.3), 120)
    bands = 7
    noise = smooth_noise(dice)
    for band in range(bands):
        part = band / (bands - 1)
        base = canvas.height * lerp(0.34, 0.93, part)
        shift = dice.between(0, 40)
        size = canvas.height * lerp(0.13, 0.06, part)
        line = [
            (canvas.width * (step / 12 - 0.03) * 1.06, base - size * fractal(noise, shift + 2.1 * step / 12, 2))
            for step in range(13)
        ]
        foot = number(canvas.height + 4)
        with canvas.group("wave"):
            path = f"{curve(line)}L{number(line[-1][0])} {foot}L{number(line[0][0])} {foot}z"
            canvas.area(path, Tone("land", depth=part), mist=canvas.palette.sky[-1] if part < 1 else None)


def _flow(canvas: Canvas, dice: Dice) -> None:
    """Parallel lines that part and close like water around stones."""
    noise, drift = smooth_noise(dice), smooth_noise(dice)
    lines = 30
    top, bottom = canvas.height * 0.2, canvas.height * 0.8
    left, right = canvas.width * 0.08, canvas.width * 0.92
    shift = dice.between(0, 40)
    with canvas.group("flow"):
        for line in range(lines):
            part = line / (lines - 1)
            points: list[Point] = []
            for step in range(25):
                along = step / 24
                swell = math.sin(math.pi * along) ** 1.4
                lift = fractal(noise, shift + 2.6 * along + 0.8 * drift(3 * part), 2) + 0.5 * noise(
                    5 * part + 9 + along
                )
                points.append(
                    (lerp(left, right, along), lerp(top, bottom, part) - canvas.height * 0.115 * swell * lift)
                )
            weight = 1.5 + 2.4 * math.sin(math.pi * part) ** 2
            canvas.ink(points, weight, Tone("accent", turn=line if len(canvas.palette.inks) > 1 else 0), (0.5, 0.5))


def _mesh(canvas: Canvas, dice: Dice) -> None:
    """Large soft lights in the palette's colours; in flat pictures calm organic shapes."""
    accents = canvas.palette.accents
    places = dice.shuffled([(0.14, 0.18), (0.88, 0.3), (0.16, 0.86), (0.74, 0.94)])
    size = max(canvas.width, canvas.height)
    with canvas.group("mesh"):
        for index, (across, down) in enumerate(places):
            at = (
                canvas.width * (across + dice.between(-0.06, 0.06)),
                canvas.height * (down + dice.between(-0.06, 0.06)),
            )
            if canvas.style == "gradient":
                radius = size * dice.between(0.38, 0.47)
                canvas.paint(circle(*at, radius), canvas.glow(accents[index % len(accents)], 0.85))
            else:
                canvas.area(_blob(dice, at, 1000 * dice.between(0.2, 0.34)), Tone("accent", turn=index))


def _contours(canvas: Canvas, dice: Dice) -> None:
    """Height lines around a summit, out to the corners; every fourth is heavier, as on a map."""
    noise, lobes = smooth_noise(dice), smooth_noise(dice)
    x, y = canvas.width * dice.between(0.34, 0.66), canvas.height * dice.between(0.36, 0.62)
    rings = 20
    reach = math.hypot(max(x, canvas.width - x), max(y, canvas.height - y)) * 1.15
    with canvas.group("contours"):
        for ring in range(rings, 0, -1):
            far = ring / rings
            points: list[Point] = []
            for step in range(26):
                turn = math.tau * step / 26
                bend = 0.3 * lobes(9 + 1.3 * math.cos(turn) + 0.9 * far) + 0.28 * noise(
                    30 + 1.5 * math.sin(turn) + 1.4 * far
                )
                radius = reach * far**1.15 * (1 + bend * (0.35 + 0.65 * far))
                points.append((x + radius * math.cos(turn), y + radius * math.sin(turn)))
            canvas.area(
                curve(points, closed=True), _height_tone(canvas, ring, far), outline=3.0 if ring % 4 == 0 else 1.6
            )


def _height_tone(canvas: Canvas, ring: int, far: float) -> Tone:
    """Darker towards the summit; in line art also another ink for each line where there are several."""
    if not canvas.is_line_art:
        return Tone("land", depth=1 - far)
    if len(canvas.palette.inks) > 1:
        return Tone("accent", turn=ring)
    return Tone("land", depth=1 - 0.45 * far)


def _shapes(canvas: Canvas, dice: Dice) -> None:
    """A still life: a disc, arches, a hill and a stem, set off from the middle."""
    flip = dice.chance(0.5)
    middle, ground = canvas.width / 2, canvas.height * 0.5 + 350

    def across(offset: float) -> float:
        return middle + (-offset if flip else offset)

    with canvas.group("disc"):
        _disc(canvas, (across(165), ground - 620), 170)
    with canvas.group("hill"):
        hill = arc_points(across(230), ground, 285, (0.5, 1.0), 28)
        canvas.area(curve(hill) + "z", Tone("accent", turn=1))
        canvas.ink(hill, 3.2, Tone("accent", turn=1), (0.1, 0.1))
        for radius in (220, 155, 90):
            canvas.ink(arc_points(across(230), ground, radius, (0.5, 1.0), 20), 1.8, Tone("accent", turn=1), (0.2, 0.2))
    with canvas.group("arches"):
        _arches(canvas, (across(-175), ground))
    with canvas.group("stem"):
        _stem(canvas, (across(60), ground), 560)
    with canvas.group("ground"):
        line = sliver((middle - 455, ground), (middle + 455, ground), 3.4)
        canvas.dash(line, Tone("land", depth=1.0))
    with canvas.group("stones"):
        for offset, radius, turn in ((-415.0, 34.0, 3), (-360.0, 20.0, 2)):
            canvas.area(circle(across(offset), ground - radius, radius), Tone("accent", turn=turn), outline=2.4)


def _arches(canvas: Canvas, foot: Point) -> None:
    """Arches inside one another."""
    x, y = foot
    for ring, radius in enumerate((195.0, 145.0, 95.0, 45.0)):
        straight = 215.0
        line = [(x - radius, y), *arc_points(x, y - straight, radius, (0.5, 1.0), 20), (x + radius, y)]
        tone = Tone("paper") if ring == 3 else Tone("accent", turn=ring + (ring > 0))  # noqa: PLR2004 - the opening
        canvas.area(polyline(line, closed=True), tone)
        canvas.crag(line, 3.4 - 0.5 * ring, Tone("accent", turn=0), (0.02, 0.02))


def _stem(canvas: Canvas, foot: Point, height: float) -> None:
    """A stem with pairs of leaves."""
    x, y = foot
    tone = Tone("leaf")
    canvas.dash(sliver((x, y), (x + 16, y - height), 4.5, heavy=0.2, bow=-10), tone)
    for pair in range(6):
        part = 0.3 + 0.13 * pair
        at = (x + 16 * part - 5 * math.sin(math.pi * part), y - height * part)
        size = lerp(92, 44, pair / 5)
        for side in (-1, 1):
            tip = (at[0] + side * size * 0.78, at[1] - size * 0.62)
            canvas.area(_leaf(at, tip, size * 0.2), tone, outline=2.2)
            canvas.hatch(sliver(at, (lerp(at[0], tip[0], 0.75), lerp(at[1], tip[1], 0.75)), 1.6, heavy=0.2), tone)


def _leaf(start: Point, tip: Point, half: float) -> str:
    return sliver(start, tip, 2 * half, heavy=0.45)


def _disc(canvas: Canvas, at: Point, radius: float) -> None:
    """A sun without a sky."""
    canvas.light(circle(*at, radius), Tone("sun"))
    canvas.ink(arc_points(*at, radius, (0.1, 1.1), 64), 3.0, Tone("sun"), (0.0, 0.0))


def _blob(dice: Dice, at: Point, radius: float) -> str:
    """A closed, soft, uneven shape."""
    start = dice.between(0, math.tau)
    points: list[Point] = []
    for step in range(7):
        turn = start + math.tau * step / 7
        reach = radius * dice.between(0.84, 1.12)
        points.append((at[0] + reach * math.cos(turn), at[1] + reach * math.sin(turn)))
    return curve(points, closed=True)


PAINTERS: Mapping[AbstractKind, Callable[[Canvas, Dice], None]] = {
    "waves": _waves,
    "mesh": _mesh,
    "shapes": _shapes,
    "contours": _contours,
}
