"""What people built: the skyline of a city, and a cabin."""

from apiinone.providers.local.palette import Tone
from apiinone.providers.local.pen import Point, box, lerp, polyline, sliver
from apiinone.providers.local.stage import Stage

BUILDINGS_MAX = 44
WINDOWS_MAX = 520


def paint_city(stage: Stage) -> None:
    """Three rows of buildings on the horizon, the tallest near the middle, and the ground before them."""
    canvas = stage.canvas
    canvas.note("city")
    ground = "sea" not in stage.scenery.terrains and "lake" not in stage.scenery.terrains
    base = stage.horizon + 2
    rows = ((0.62, 0.15, 0.75), (0.5, 0.55, 1.0), (0.3, 1.0, 0.62))
    for row, (height, depth, fill) in enumerate(rows):
        with canvas.group("buildings"):
            _row(stage, base, stage.horizon * height, depth, (fill, row))
    if ground:
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
        tone = Tone("accent", turn=2) if lit else Tone("land", depth=max(0.0, depth - 0.3))
        canvas.dash("".join(windows[:WINDOWS_MAX]), tone if not canvas.is_line_art else Tone("accent"), opacity=0.85)


def _building(stage: Stage, foot: Point, size: tuple[float, float], depth: float) -> None:
    """One house front with one of five roofs."""
    canvas, dice = stage.canvas, stage.dice
    (x, base), (width, height) = foot, size
    top = base - height
    roofs: tuple[list[Point], ...] = (
        [(x, top), (x + width, top)],
        [(x, top), (x + width, top)],
        [(x, top + width * 0.3), (x + width, top)],
        [(x, top + width * 0.25), (x + width * 0.22, top + width * 0.25), (x + width * 0.22, top)]
        + [(x + width * 0.78, top), (x + width * 0.78, top + width * 0.25), (x + width, top + width * 0.25)],
        [(x, top + width * 0.2), (x + width * 0.5, top - width * 0.35), (x + width, top + width * 0.2)],
    )
    choice = dice.whole(0, 4)
    shape = [(x, base + 3), *roofs[choice], (x + width, base + 3)]
    tone = Tone("land", depth=depth)
    canvas.area(polyline(shape, closed=True), tone, mist=stage.mist if depth < 1 else None)
    canvas.crag(shape, 1.7 + 1.2 * depth, Tone("land", depth=0.35 + 0.65 * depth), (0.05, 0.05))
    if choice and height > 3 * width:
        peak = min(y for _, y in roofs[choice])
        mast = sliver((x + width / 2, peak + width * 0.2), (x + width / 2, peak - width * 0.7), 2.4, heavy=0.1)
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
        for column in range(columns):
            if dice.chance(share):
                panes.append(box(x + width * (column + 0.5) / columns - pane[0] / 2, y, *pane))
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
        canvas.area(polyline(roof, closed=True), Tone("land", depth=1.0), outline=2.3)
        canvas.area(box(x + size * 0.16, y - size * 0.34, size * 0.2, size * 0.37), Tone("land", depth=1.0), outline=1.8)
        canvas.area(box(x + size * 0.56, y - size * 0.36, size * 0.24, size * 0.2), Tone("sun"), outline=1.8)
