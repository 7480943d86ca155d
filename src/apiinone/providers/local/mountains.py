"""Mountains: far ranges, three or more peaks in front of one another, their light, hatching and snow."""

from itertools import pairwise

from apiinone.providers.local.landforms import Peak, far_range, peak, slope
from apiinone.providers.local.palette import Tone
from apiinone.providers.local.pen import Point, lerp, polyline, sliver
from apiinone.providers.local.stage import Silhouette, Stage

Place = tuple[float, float, float, float, float]
"""Summit across (of the massif's width), height (of the tallest), reach left and right (of the width), depth."""

LAYOUTS: tuple[tuple[Place, ...], ...] = (
    ((0.45, 1.0, 0.32, 0.35, 0.45), (0.27, 0.57, 0.21, 0.27, 0.62), (0.705, 0.67, 0.27, 0.22, 0.74)),
    ((0.3, 0.66, 0.24, 0.26, 0.42), (0.76, 0.6, 0.27, 0.19, 0.48), (0.5, 1.0, 0.36, 0.36, 0.7)),
    ((0.3, 0.78, 0.24, 0.3, 0.45), (0.51, 1.0, 0.31, 0.4, 0.58), (0.22, 0.44, 0.15, 0.3, 0.74)),
)
"""Which peaks stand where, from back to front, for light from the right; mirrored for light from the left."""
MASSIF_WIDTH_MAX = 1500.0
STROKE_LENGTH_MIN = 16.0
"""A shorter stroke is a speck."""
SPINE_CLEARANCE = 7.0
"""How far strokes keep from the spine they do not start from."""
SPINE_DRAWN = 11
"""Points of the spine that line art shows; the foot stays open."""


def paint_mountains(stage: Stage) -> None:
    """Far ranges from edge to edge, then a massif around the middle."""
    canvas = stage.canvas
    canvas.note("mountains")
    _far_ranges(stage)
    width = min(stage.width, MASSIF_WIDTH_MAX)
    tallest = min(stage.horizon * 0.64, 410.0 * (stage.height / 1000) ** 0.35)
    for across, height, left, right, depth in stage.dice.pick(LAYOUTS):
        part = across if stage.lit_from_right else 1 - across
        reach = (left, right) if stage.lit_from_right else (right, left)
        x = stage.width / 2 + (part - 0.5) * width + stage.dice.between(-0.022, 0.022) * width
        y = stage.horizon - tallest * height * stage.dice.between(0.95, 1.04)
        with canvas.group("mountain"):
            _paint_peak(stage, peak(stage.dice, (x, y), stage.horizon, (reach[0] * width, reach[1] * width)), depth)


def _far_ranges(stage: Stage) -> None:
    canvas = stage.canvas
    inset = 0.04 * stage.width if canvas.is_line_art else -30.0
    calm = 0.6 if canvas.is_line_art else 1.0
    for index, (height, depth) in enumerate(((0.4, 0.0), (0.28, 0.2))):
        span = (inset * (1 + index * 0.5), stage.width - inset * (1 + index * 0.5))
        line = far_range(stage.dice, span, stage.horizon - 8, stage.horizon * height * calm, 5 + 2 * index)
        with canvas.group("far-range"):
            canvas.area(_down_to(line, stage.horizon + 30), Tone("land", depth=depth), mist=stage.mist)
            canvas.crag(line, 1.7 + 0.3 * index, Tone("land", depth=depth + 0.15), (0.3, 0.3))


def _paint_peak(stage: Stage, mountain: Peak, depth: float) -> None:
    canvas = stage.canvas
    stage.silhouettes.append(Silhouette(tuple(mountain.ridge), depth))
    shaded = mountain.left if stage.lit_from_right else mountain.right
    tone = Tone("land", depth=depth)
    canvas.area(_down_to(mountain.ridge, stage.horizon + 40), tone, mist=stage.mist)
    face = [*mountain.spine, *reversed(shaded)]
    canvas.light(polyline(face, closed=True), Tone("land", depth=min(1.0, depth + 0.2)), 0.5)
    if stage.scenery.allows("snow") and stage.scenery.time != "night":
        _snow(stage, mountain, shaded)
    line = Tone("land", depth=0.45 + 0.75 * depth)
    weight = 1.9 + 2.6 * depth
    canvas.crag(mountain.ridge, weight, line, (0.34, 0.34))
    canvas.crag(mountain.spine[:SPINE_DRAWN], weight * 0.6, line, (0.0, 0.7))
    for rib in mountain.ribs:
        canvas.crag(rib, weight * 0.55, line, (0.0, 0.8))
    canvas.hatch(_hatching(stage, mountain, shaded), line)


def _hatching(stage: Stage, mountain: Peak, shaded: tuple[Point, ...]) -> str:
    """Strokes that fall along the shaded face, from the spine outwards, fewer and shorter further down."""
    dice = stage.dice
    across, down = slope(shaded)
    side = 1 if across > 0 else -1
    top = mountain.summit[1]
    strokes: list[str] = []
    y = top + mountain.height * 0.07
    while y < top + mountain.height * 0.62:
        part = (y - top) / mountain.height
        x = _x_at(mountain.spine, y)
        room = abs(x - _x_at(shaded, y))
        size = min(room * 0.8, mountain.height * 0.3) * dice.between(0.35, 1) * (1.15 - 1.1 * part)
        start = (x + side * 6, y + 6)
        end = (start[0] + across * size, start[1] + down * size)
        clear = side * (end[0] - _x_at(mountain.spine, end[1])) > SPINE_CLEARANCE
        if clear and size > STROKE_LENGTH_MIN:
            strokes.append(sliver(start, end, 1.9, heavy=0.3))
        y += dice.between(11, 17) * (1 + 0.5 * part)
    return "".join(strokes)


def _snow(stage: Stage, mountain: Peak, shaded: tuple[Point, ...]) -> None:
    """A cap whose lower edge is torn, darker on the shaded face."""
    dice = stage.dice
    line = mountain.summit[1] + mountain.height * (0.46 if stage.scenery.wants("snow") else 0.27)
    left = [point for point in mountain.left if point[1] < line]
    right = [point for point in mountain.right if point[1] < line]
    edges = (_x_at(mountain.left, line), _x_at(mountain.right, line))
    drop = mountain.height * 0.06
    teeth = 7
    torn = [
        (lerp(edges[1], edges[0], step / teeth), line + (drop if step % 2 else -drop) * dice.between(0.3, 1.1))
        for step in range(1, teeth)
    ]
    cap = [*reversed(left), *right[1:], (edges[1], line), *torn, (edges[0], line)]
    stage.canvas.light(polyline(cap, closed=True), Tone("snow"), 0.92)
    spine = [point for point in mountain.spine if point[1] < line]
    dark = [*spine, (_x_at(mountain.spine, line), line - drop * 0.4), (_x_at(shaded, line), line)]
    dark += [point for point in reversed(shaded) if point[1] < line]
    stage.canvas.light(polyline(dark, closed=True), Tone("land", depth=0.3), 0.38)


def _x_at(line: tuple[Point, ...], y: float) -> float:
    """Where a line that runs downwards passes a height."""
    for (x0, y0), (x1, y1) in pairwise(line):
        if y0 <= y <= y1:
            return lerp(x0, x1, (y - y0) / (y1 - y0)) if y1 > y0 else x0
    return line[-1][0]


def _down_to(line: list[Point], y: float) -> str:
    """The land below a line."""
    return polyline([*line, (line[-1][0], y), (line[0][0], y)], closed=True)
