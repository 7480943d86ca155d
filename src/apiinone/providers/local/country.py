"""Open country: rolling hills, dunes with far buttes, and forests of firs in the mist."""

from apiinone.providers.local.landforms import height_at, hill
from apiinone.providers.local.palette import Tone
from apiinone.providers.local.pen import Dice, Point, curve, lerp, polyline, sliver
from apiinone.providers.local.plants import paint_cactus, paint_pine, paint_tree, pine_shape, spread
from apiinone.providers.local.stage import Stage

TREES_MAX = 36


def paint_hills(stage: Stage) -> None:
    """Four rolling layers from the horizon to the lower edge, with trees here and there."""
    canvas = stage.canvas
    canvas.note("hills")
    layers = 4
    for layer in range(layers):
        part = layer / (layers - 1)
        base = lerp(stage.horizon + 6, stage.height * 0.9, part**1.1)
        line = hill(stage.dice, _span(stage, part), base, lerp(58, 84, part), 2.4 - part)
        with canvas.group("hill"):
            paint_land(stage, line, 0.3 + 0.7 * part)
            crowded = canvas.is_line_art and "lake" in stage.scenery.terrains
            if layer in {1, 2} and stage.scenery.allows("trees") and not crowded:
                _hill_trees(stage, line, 0.3 + 0.7 * part)


def paint_land(stage: Stage, line: list[Point], depth: float) -> None:
    """The ground below a rolling line, down to the lower edge."""
    canvas = stage.canvas
    foot = stage.height + 4
    ground = f"{curve(line)}L{line[-1][0]:.0f} {foot:.0f}L{line[0][0]:.0f} {foot:.0f}z"
    canvas.area(ground, Tone("land", depth=depth), mist=stage.mist if depth < 1 else None)
    canvas.ink(line, 2.2 + 1.3 * depth, Tone("land", depth=0.4 + 0.6 * depth), (0.45, 0.45))


def _span(stage: Stage, part: float) -> tuple[float, float]:
    """From edge to edge; in line art a margin stays free."""
    inset = (0.05 + 0.04 * part) * stage.width if stage.canvas.is_line_art else -20.0
    return inset, stage.width - inset


def _hill_trees(stage: Stage, line: list[Point], depth: float) -> None:
    dice = stage.dice
    stage.canvas.note("trees")
    many = 4 if stage.scenery.wants("trees") else 2
    for middle in spread(dice, (line[0][0] + 0.08 * stage.width, line[-1][0] - 0.08 * stage.width), many):
        for place in spread(dice, (middle - 70, middle + 70), dice.whole(2, 4)):
            height = dice.between(70, 112) * (0.45 + depth)
            foot = (place, height_at(line, place) + 3)
            if dice.chance(0.35):
                paint_pine(stage, foot, height * 1.15, depth)
            else:
                paint_tree(stage, foot, height, depth)


def paint_desert(stage: Stage) -> None:
    """Far buttes, then dunes with a lit and a shaded side."""
    canvas, dice = stage.canvas, stage.dice
    canvas.note("desert")
    with canvas.group("buttes"):
        for across, size in ((0.2, 0.8), (0.3, 0.5), (0.82, 1.0)):
            part = across if stage.lit_from_right else 1 - across
            _butte(stage, part * stage.width + dice.between(-30, 30), size * dice.between(120, 170))
    for layer in range(4):
        part = layer / 3
        base = lerp(stage.horizon + 22, stage.height * 0.87, part)
        with canvas.group("dune"):
            _dune(stage, base, lerp(40, 120, part), 0.3 + 0.7 * part)
    if stage.scenery.wants("cactus"):
        canvas.note("cactus")
        with canvas.group("cactus"):
            paint_cactus(stage, (stage.width * 0.17, stage.height * 0.88), 0.3 * min(stage.height, stage.width))
            paint_cactus(stage, (stage.width * 0.84, stage.height * 0.8), 0.17 * min(stage.height, stage.width))


def _butte(stage: Stage, x: float, width: float) -> None:
    """A flat-topped rock with sloping feet."""
    dice = stage.dice
    base, top = stage.horizon + 24, stage.horizon - width * dice.between(0.5, 0.75)
    half = width / 2
    points = [
        (x - half * 1.5, base),
        (x - half * 0.95, lerp(base, top, 0.45)),
        (x - half * 0.8, top + dice.between(0, 6)),
    ]
    points += [(x - half * 0.1, top), (x + half * 0.15, top + 5), (x + half * 0.75, top + dice.between(2, 9))]
    points += [(x + half * 0.95, lerp(base, top, 0.42)), (x + half * 1.6, base)]
    stage.canvas.area(polyline(points, closed=True), Tone("land", depth=0.12), mist=stage.mist)
    stage.canvas.crag(points, 2.0, Tone("land", depth=0.4), (0.25, 0.25))
    strokes = "".join(
        sliver(
            (x + half * place, lerp(base, top, 0.85)), (x + half * (place + 0.03), lerp(base, top, 0.5)), 1.6, heavy=0.3
        )
        for place in (-0.5, -0.25, 0.1, 0.4)
    )
    stage.canvas.hatch(strokes, Tone("land", depth=0.35))


def _dune(stage: Stage, base: float, height: float, depth: float) -> None:
    """One wave of sand: a crest, and from it an edge that winds down between light and shade."""
    canvas, dice = stage.canvas, stage.dice
    width = stage.width
    across = dice.between(0.2, 0.8)
    start, end = _span(stage, depth * 0.6)
    crest = (lerp(start, end, across), base - height)
    before = [(start, base + height * 0.1), (lerp(start, crest[0], 0.4), base - height * 0.12)]
    before += [(lerp(start, crest[0], 0.75), base - height * 0.62)]
    after = [(lerp(crest[0], end, 0.2), base - height * 0.62), (lerp(crest[0], end, 0.55), base - height * 0.1)]
    after += [(end, base - height * dice.between(-0.05, 0.25))]
    paint_land(stage, [*before, crest, *after], depth)
    lean = 1 if dice.chance(0.5) else -1
    reach = min(width, 1400.0) * 0.2
    edge = [
        crest,
        (crest[0] + lean * reach * 0.28, base - height * 0.45),
        (crest[0] - lean * reach * 0.1, base + height * 0.1),
    ]
    edge += [(crest[0] + lean * reach * 0.55, base + height * 0.75)]
    line = [*before, crest, *after]
    beyond = [point for point in line if (point[0] - crest[0]) * lean > 0]
    beyond = beyond if lean < 0 else beyond[::-1]
    foot = stage.height + 4
    under = [(edge[-1][0] + lean * reach * 0.4, foot), (beyond[0][0], foot)]
    shade = curve([*edge, (edge[-1][0] + lean * reach * 0.2, lerp(edge[-1][1], foot, 0.5)), under[0]])
    shade += polyline([under[0], under[1]]).replace("M", "L", 1) + curve([*beyond, crest]).replace("M", "L", 1) + "z"
    canvas.light(shade, Tone("land", depth=depth, lift=-0.055), 0.75)
    canvas.ink(edge, 1.8 + depth, Tone("land", depth=0.4 + 0.6 * depth), (0.0, 0.8))


def paint_forest(stage: Stage) -> None:
    """Rows of firs, taller and darker towards the viewer, mist between them."""
    canvas, dice = stage.canvas, stage.dice
    canvas.note("forest")
    rows = 3 if canvas.is_line_art else 4
    for row in range(rows):
        part = row / (rows - 1)
        base = lerp(stage.horizon + 10, stage.height * 0.93, part)
        size = lerp(84, 250, part**1.3)
        line = hill(dice, _span(stage, part), base, lerp(18, 34, part), 1.6)
        gap = size * (0.5 if canvas.is_line_art else 0.27)
        places = spread(dice, (line[0][0] + 12, line[-1][0] - 12), max(4, min(TREES_MAX, int(stage.width / gap))))
        with canvas.group("firs"):
            if canvas.is_line_art:
                paint_land(stage, line, 0.35 + 0.65 * part)
                for x in places:
                    if dice.chance(0.72):
                        paint_pine(
                            stage, (x, height_at(line, x) + 4), size * dice.between(0.6, 1.1), 0.35 + 0.65 * part
                        )
            else:
                _wood(stage, line, [(x, size * dice.between(0.55, 1.15)) for x in places], 0.15 + 0.85 * part)


def _wood(stage: Stage, line: list[Point], trees: list[tuple[float, float]], depth: float) -> None:
    """A row of firs and the ground they stand on as one silhouette."""
    foot = stage.height + 4
    shape = f"{curve(line)}L{line[-1][0]:.0f} {foot:.0f}L{line[0][0]:.0f} {foot:.0f}z"
    shape += "".join(pine_shape(stage.dice, (x, height_at(line, x) + 14), height) for x, height in trees)
    stage.canvas.area(shape, Tone("leaf", depth=depth), mist=stage.mist if depth < 1 else None)


def paint_grove(dice: Dice, stage: Stage, line: list[Point], across: float, size: tuple[int, float]) -> None:
    """A small stand of firs on a line: `size` is how many and how tall."""
    count, height = size
    middle = across * stage.width
    for x in spread(dice, (middle - 13 * count, middle + 13 * count), count):
        paint_pine(stage, (x, height_at(line, x) + 3), height * dice.between(0.55, 1.08), 1.0)
