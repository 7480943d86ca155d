"""Lakes, the sea and what floats on them."""

from apiinone.providers.local.oklab import mix
from apiinone.providers.local.palette import Tone
from apiinone.providers.local.pen import Point, box, lerp, polyline, sliver
from apiinone.providers.local.stage import Stage

WATER = Tone("water")


def paint_water(stage: Stage, top: float, *, strokes: int = 14) -> None:
    """Water from `top` down to the lower edge, with the light of the sun on it."""
    canvas, palette = stage.canvas, stage.canvas.palette
    with canvas.group("water"):
        if not canvas.is_line_art:
            surface = box(-4, top, stage.width + 8, stage.height - top + 4)
            near = mix(palette.water, palette.land[-1], 0.5)
            far = mix(palette.sky[-1], palette.water, 0.45)
            canvas.paint(
                surface, canvas.fade((far, palette.water, near)) if canvas.style == "gradient" else palette.water
            )
            _reflections(stage, top)
            _glitter(stage, top)
        _ripples(stage, top, strokes)


def _reflections(stage: Stage, top: float) -> None:
    """The land on the horizon, upside down, shortened and faint."""
    room = stage.height - top
    for silhouette in stage.silhouettes:
        line = [(x, top + min(room, 0.62 * max(0.0, top - y))) for x, y in silhouette.line]
        stage.canvas.light(polyline(line, closed=True), Tone("land", depth=silhouette.depth), 0.26)
    if stage.silhouettes:
        stage.canvas.note("reflection")


def _glitter(stage: Stage, top: float) -> None:
    """The broken reflection of the sun below it."""
    dice = stage.dice
    path = ""
    for index in range(18):
        part = (index + 0.5) / 18
        y = top + 6 + (stage.height - top) * 0.8 * part**1.2
        half = stage.sun_radius * dice.between(0.3, 1.15) * (1 - 0.5 * part)
        x = stage.sun[0] + dice.between(-1, 1) * stage.sun_radius * 0.5 * (0.25 + part)
        path += sliver((x - half, y), (x + half, y), 3.2 + 3.4 * part)
    stage.canvas.light(path, Tone("sun"), 0.6)


def _ripples(stage: Stage, top: float, strokes: int) -> None:
    """Level strokes, longer and wider apart towards the viewer, gathered below the land."""
    canvas, dice = stage.canvas, stage.dice
    depth = stage.height - top
    reach = min(stage.width, 1600.0)
    middle = stage.width / 2
    paths = ["", ""]
    for index in range(strokes):
        part = index / strokes
        y = top + depth * (0.05 + 0.62 * part**1.25)
        half = reach * (0.2 - 0.12 * part) * dice.between(0.35, 1.0)
        x = middle + dice.between(-1, 1) * reach * (0.17 - 0.08 * part)
        paths[index % 2] += sliver(
            (x - half, y), (x + half, y + dice.between(-0.5, 0.5)), 2.1 if canvas.is_line_art else 3.4
        )
    if canvas.is_line_art:
        canvas.dash("".join(paths), WATER)
    else:
        canvas.light(paths[0], Tone("water", lift=0.08), 0.5)
        canvas.light(paths[1], Tone("water", lift=-0.07), 0.4)


def paint_waves(stage: Stage, top: float) -> None:
    """The open sea: rows of short bows, larger towards the viewer."""
    canvas, dice = stage.canvas, stage.dice
    path = ""
    rows = 8
    inset = 0.07 * stage.width if canvas.is_line_art else 0.0
    for row in range(rows):
        part = row / rows
        y = top + (stage.height - top) * (0.05 + 0.8 * part**1.2)
        size = lerp(26, 96, part)
        count = max(2, min(14, int(stage.width / (size * 4.2))))
        for index in range(count):
            x = lerp(inset + size, stage.width - inset - size, (index + dice.between(0.0, 1.0)) / count)
            at = y + dice.between(-6, 6)
            path += sliver((x - size, at), (x + size * 0.2, at - size * 0.06), lerp(2, 3.0, part), bow=-size * 0.07)
            if dice.chance(0.5):
                path += sliver((x - size * 0.1, at + 7), (x + size, at + 3), lerp(1.6, 2.4, part), bow=size * 0.05)
    if canvas.is_line_art:
        canvas.dash(path, WATER)
    else:
        canvas.light(path, Tone("water", lift=0.1), 0.6)


def paint_boat(stage: Stage, at: Point, size: float) -> None:
    """A small sailing boat; `at` is where its hull meets the water."""
    canvas = stage.canvas
    x, y = at
    canvas.note("boat")
    with canvas.group("boat"):
        sail = [(x + size * 0.04, y - size * 1.5), (x + size * 0.04, y - size * 0.3), (x + size * 0.62, y - size * 0.3)]
        jib = [(x - size * 0.04, y - size * 1.25), (x - size * 0.04, y - size * 0.3), (x - size * 0.44, y - size * 0.3)]
        hull = [
            (x - size * 0.6, y - size * 0.2),
            (x + size * 0.7, y - size * 0.2),
            (x + size * 0.45, y + size * 0.06),
            (x - size * 0.42, y + size * 0.06),
        ]
        canvas.area(polyline(sail, closed=True), Tone("snow"), outline=2.2)
        canvas.area(polyline(jib, closed=True), Tone("accent", turn=0), outline=2.2)
        canvas.area(polyline(hull, closed=True), Tone("land", depth=1.0), outline=2.4)
        canvas.dash(sliver((x, y - size * 0.18), (x, y - size * 1.6), 2.4, heavy=0.2), Tone("land", depth=1.0))
        for row in range(3):
            half = size * (0.55 - 0.15 * row)
            wake = sliver((x - half, y + size * (0.16 + 0.13 * row)), (x + half, y + size * (0.16 + 0.13 * row)), 2.4)
            canvas.dash(wake, Tone("water", lift=0.12), opacity=0.7)
