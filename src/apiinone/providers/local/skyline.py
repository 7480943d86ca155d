"""What people built: the skyline of a city, and a cabin."""

from apiinone.providers.local.palette import Tone
from apiinone.providers.local.pen import Point, arc_points, box, curve, lerp, polyline, sliver
from apiinone.providers.local.stage import Stage
from apiinone.providers.local.waters import paint_water

BUILDINGS_MAX = 44
WINDOWS_MAX = 520
MAST_FROM = 3
"""A house so many times as high as wide may carry a mast."""
FLAT_ROOF: tuple[Point, ...] = ((0, 0), (1, 0))
ROOFS: tuple[tuple[Point, ...], ...] = (
    FLAT_ROOF,
    FLAT_ROOF,
    ((0, 0.3), (1, 0)),
    ((0, 0.25), (0.22, 0.25), (0.22, 0), (0.78, 0), (0.78, 0.25), (1, 0.25)),
    ((0, 0.2), (0.5, -0.35), (1, 0.2)),
)
"""From left to right, in widths of the house; down is positive."""


def paint_city(stage: Stage) -> None:
    """Three rows of buildings on the horizon, the tallest near the middle, and the ground before them."""
    canvas = stage.canvas
    canvas.note("city")
    scenery = stage.scenery
    ground = not {"sea", "lake"} & set(scenery.terrains)
    base = stage.horizon + 2
    rows = ((0.62, 0.15, 0.75), (0.5, 0.55, 1.0), (0.3, 1.0, 0.62))
    for row, (height, depth, fill) in enumerate(rows):
        with canvas.group("buildings"):
            _row(stage, base, stage.horizon * height, depth, (fill, row))
    if ground and scenery.time in {"night", "sunset"} and not canvas.is_line_art:
        canvas.note("river")
        paint_water(stage, base)
    elif ground:
        with canvas.group("ground"):
            canvas.area(box(-4, base, stage.width + 8, stage.height - base + 4), Tone("land", depth=1.0))
            edge = 0.05 * stage.width if canvas.is_line_art else 0.0
            canvas.hatch(sliver((edge, base), (stage.width - edge, base), 3.4), Tone("land", depth=1.0))


def _row(stage: Stage, base: float, tallest: float, depth: float, row: tuple[float, int]) -> None:
    canvas, dice = stage.canvas, stage.dice
    fill, number = row
    inset = (0.1 + 0.02 * number) * stage.width if canvas.is_line_art else -10.0
    unit = max(46.0 + 14 * number, (stage.width - 2 * inset) / BUILDINGS_MAX)
    x = inset
    windows: list[str] = []
    while x < stage.width - inset - unit * 0.5:
        width = unit * dice.between(0.75, 1.45)
        middle = max(0.0, 1 - abs((x + width / 2) / stage.width - 0.5) * 2)
        height = tallest * lerp(0.3, 1.0, middle**1.2) * dice.between(0.45, 1.0)
        if dice.chance(fill):
            _building(stage, (x, base), (width, height), depth)
            if number:
                windows += _windows(stage, (x, base), (width, height))
        x += width + (dice.between(0, 10) if number else 0)
    if windows:
        lit = stage.scenery.time in {"night", "sunset"}
        tone = Tone("sun") if lit else Tone("land", depth=max(0.0, depth - 0.3))
        canvas.dash("".join(windows[:WINDOWS_MAX]), tone if not canvas.is_line_art else Tone("accent"), opacity=0.85)


def _building(stage: Stage, foot: Point, size: tuple[float, float], depth: float) -> None:
    """One house front with one of the roofs."""
    canvas, dice = stage.canvas, stage.dice
    (x, base), (width, height) = foot, size
    choice = dice.pick(ROOFS)
    roof = [(x + width * across, base - height + width * down) for across, down in choice]
    shape = [(x, base + 3), *roof, (x + width, base + 3)]
    tone = Tone("land", depth=depth)
    canvas.area(polyline(shape, closed=True), tone, mist=stage.mist if depth < 1 else None)
    canvas.crag(shape, 1.7 + 1.2 * depth, Tone("land", depth=0.35 + 0.65 * depth), (0.05, 0.05))
    if choice is not FLAT_ROOF and height > MAST_FROM * width:
        top = min(y for _, y in roof)
        mast = sliver((x + width / 2, top + width * 0.2), (x + width / 2, top - width * 0.7), 2.4, heavy=0.1)
        canvas.dash(mast, tone)


def _windows(stage: Stage, foot: Point, size: tuple[float, float]) -> list[str]:
    """Small panes in a grid, some left out."""
    dice = stage.dice
    (x, base), (width, height) = foot, size
    columns = max(2, int(width / 17))
    pane = (width * 0.34 / columns, min(11.0, height * 0.05))
    share = 0.3 if stage.canvas.is_line_art else 0.45
    panes: list[str] = []
    y = base - height + width * 0.42
    while y < base - 24:
        lit = [column for column in range(columns) if dice.chance(share)]
        panes += [box(x + width * (column + 0.5) / columns - pane[0] / 2, y, *pane) for column in lit]
        y += 23
    return panes


def paint_cabin(stage: Stage, foot: Point, size: float) -> None:
    """A small house with a pitched roof, a chimney, a door and a window."""
    canvas = stage.canvas
    x, y = foot
    canvas.note("cabin")
    with canvas.group("cabin"):
        canvas.area(box(x + size * 0.62, y - size * 1.1, size * 0.14, size * 0.4), Tone("land", depth=0.9), outline=2.0)
        canvas.area(box(x, y - size * 0.55, size, size * 0.58), Tone("accent", turn=3, lift=0.02), outline=2.3)
        roof = [(x - size * 0.14, y - size * 0.52), (x + size * 0.24, y - size), (x + size * 0.76, y - size)]
        roof.append((x + size * 1.14, y - size * 0.52))
        tone = Tone("snow") if stage.scenery.season == "winter" else Tone("land", depth=1.0)
        canvas.area(polyline(roof, closed=True), tone, outline=2.3)
        canvas.area(
            box(x + size * 0.16, y - size * 0.34, size * 0.2, size * 0.37), Tone("land", depth=1.0), outline=1.8
        )
        canvas.area(box(x + size * 0.56, y - size * 0.36, size * 0.24, size * 0.2), Tone("sun"), outline=1.8)


def paint_bridge(stage: Stage, left: Point, span: float) -> None:
    """An arched wooden bridge with a railing; `left` is where it leaves the bank."""
    canvas = stage.canvas
    canvas.note("bridge")
    x, y = left
    rise = span * 0.24

    def at(part: float, above: float) -> Point:
        return x + span * part, y - above - rise * (1 - (2 * part - 1) ** 2)

    steps = [step / 12 for step in range(13)]
    tone = Tone("accent", turn=1)
    with canvas.group("bridge"):
        for end in (0.0, 1.0):
            mound = arc_points(*at(end, -span * 0.04), span * 0.13, (0.5, 1.0), 14)
            canvas.area(curve(mound) + "z", Tone("land", depth=0.7))
            canvas.ink(mound, 2.0, Tone("land", depth=0.7), (0.2, 0.2))
        deck = [at(part, 0) for part in steps] + [at(part, -span * 0.05) for part in reversed(steps)]
        canvas.area(polyline(deck, closed=True), tone, outline=2.2)
        posts = "".join(sliver(at(part, 0), at(part, span * 0.13), 4.0) for part in steps[1:-1:2])
        canvas.dash(posts, tone)
        rail = [at(part, span * 0.12) for part in steps]
        canvas.area(
            polyline([*rail, *(at(part, span * 0.1) for part in reversed(steps))], closed=True), tone, outline=1.6
        )
