"""Landscapes: where the horizon and the sun stand, and which parts are painted in which order, from far to near."""

from collections.abc import Mapping

from apiinone.providers.local.canvas import Canvas
from apiinone.providers.local.country import paint_desert, paint_forest, paint_grove, paint_hills, paint_land
from apiinone.providers.local.landforms import far_range, height_at, hill
from apiinone.providers.local.mountains import paint_mountains
from apiinone.providers.local.palette import Tone
from apiinone.providers.local.pen import Dice, curve, lerp, polyline
from apiinone.providers.local.plants import paint_tree
from apiinone.providers.local.sky import paint_birds, paint_fog, paint_sky, paint_snowfall
from apiinone.providers.local.skyline import paint_bridge, paint_cabin, paint_city
from apiinone.providers.local.stage import Painter, Scenery, Stage, Terrain
from apiinone.providers.local.waters import paint_boat, paint_water, paint_waves

HORIZONS: Mapping[Terrain, float] = {
    "mountains": 0.645,
    "hills": 0.5,
    "desert": 0.58,
    "city": 0.78,
    "forest": 0.52,
    "lake": 0.6,
    "sea": 0.56,
}
"""Height of the horizon as a part of the picture's, from the top."""


def draw_landscape(canvas: Canvas, dice: Dice, scenery: Scenery) -> None:
    """Paint from far to near: sky, mountains, country or city, water, and what stands in front."""
    stage = _stage(canvas, dice, scenery)
    paint_sky(stage)
    for terrain, painter in PAINTERS.items():
        if terrain in scenery.terrains:
            painter(stage)
    if set(scenery.terrains) <= {"mountains", "lake"}:
        _valley(stage)
    if scenery.wants("fog"):
        paint_fog(stage)
    _furnish(stage)
    if scenery.wants("snow"):
        paint_snowfall(stage)


def _stage(canvas: Canvas, dice: Dice, scenery: Scenery) -> Stage:
    """Choose the horizon by what stands on it, and put the sun to one side, low where the day begins or ends."""
    horizon = max(HORIZONS[terrain] for terrain in scenery.terrains) * canvas.height
    side = 1 if dice.chance(0.7) else -1
    radius = 56.0 if scenery.time == "night" else 74.0
    x = canvas.width / 2 + side * min(0.13 * canvas.width, 170.0)
    height_over = {"day": 0.44, "sunrise": 0.34, "sunset": 0.3, "night": 0.66}[scenery.time]
    if "sea" in scenery.terrains and scenery.time in {"sunrise", "sunset"}:
        height_over = 0.04
    y = max(horizon * (1 - height_over), min(horizon, radius * 1.4))
    return Stage(canvas, dice, scenery, horizon, (x, y), radius)


def _valley(stage: Stage) -> None:
    """The foreground of mountains: water, its far shore, and firs on the banks."""
    canvas, dice = stage.canvas, stage.dice
    if canvas.is_line_art:
        _shores_in_line(stage)
        return
    canvas.note("lake")
    top = stage.horizon + 4
    paint_water(stage, top)
    with canvas.group("far-shore"):
        shore = far_range(dice, (-20, stage.width + 20), top + 5, 24, 16)
        canvas.area(
            polyline([*shore, (stage.width + 20, top + 8), (-20, top + 8)], closed=True), Tone("leaf", depth=0.75)
        )
    _bank(stage)


def _bank(stage: Stage) -> None:
    """The near bank of a lake, with trees at both sides that frame the view."""
    canvas, dice = stage.canvas, stage.dice
    edge = 0.08 * stage.width if canvas.is_line_art else -20.0
    with canvas.group("bank"):
        line = hill(dice, (edge, stage.width - edge), stage.height * 0.92, 26, 1.4)
        paint_land(stage, line, 1.0)
        if not stage.scenery.allows("trees"):
            return
        canvas.note("trees")
        tall = min(stage.height, stage.width) * 0.3
        if "hills" not in stage.scenery.terrains:
            paint_grove(dice, stage, line, 0.1, (6, tall))
            paint_grove(dice, stage, line, 0.92, (4, tall * 0.75))
            return
        for across, height in ((0.2, 0.8), (0.1, 1.15), (0.9, 0.95)):
            x = across * stage.width + dice.between(-12, 12)
            paint_tree(stage, (x, height_at(line, x) + 6), tall * height, 1.0)


def _shores_in_line(stage: Stage) -> None:
    """Two low foothills that slide down to the water from either side, with a few firs on them."""
    canvas, dice = stage.canvas, stage.dice
    near = 0 if stage.lit_from_right else 1
    for start, end, depth, firs in ((0.965, 0.36, 0.7, (3, 62.0)), (0.035, 0.66, 1.0, (5, 84.0))):
        across = (abs(near - start), abs(near - end))
        line = [
            (lerp(across[0], across[1], part) * stage.width, stage.horizon + drop * stage.height + dice.between(-3, 3))
            for part, drop in ((0.0, -0.02), (0.18, -0.014), (0.4, 0.012), (0.62, 0.034), (0.82, 0.05), (1.0, 0.056))
        ]
        line.sort()
        with canvas.group("shore"):
            foot = stage.horizon + 0.07 * stage.height
            canvas.area(f"{curve(line)}L{line[-1][0]:.0f} {foot:.0f}L{line[0][0]:.0f} {foot:.0f}z", Tone("land"))
            canvas.ink(line, 2.4 + depth, Tone("land", depth=depth), (0.5, 0.5))
        if stage.scenery.allows("trees"):
            canvas.note("trees")
            with canvas.group("firs"):
                paint_grove(dice, stage, line, lerp(across[0], across[1], 0.27), firs)
    canvas.note("lake")
    paint_water(stage, stage.horizon + 0.07 * stage.height, strokes=11)


def _sea(stage: Stage) -> None:
    """Open water with an island on the horizon."""
    canvas, dice = stage.canvas, stage.dice
    canvas.note("sea")
    if "mountains" not in stage.scenery.terrains and "city" not in stage.scenery.terrains:
        with canvas.group("island"):
            side = 0.08 if stage.lit_from_right else 0.55
            span = (side * stage.width, (side + 0.36) * stage.width)
            line = far_range(dice, span, stage.horizon + 2, 74, 4)
            canvas.area(polyline(line, closed=True), Tone("land", depth=0.2))
            canvas.crag(line, 2.0, Tone("land", depth=0.4), (0.3, 0.3))
    paint_water(stage, stage.horizon, strokes=8)
    with canvas.group("waves"):
        paint_waves(stage, stage.horizon + 8)


def _lake(stage: Stage) -> None:
    """Still water before whatever stands on the horizon; alone it gets mountains of its own in the distance."""
    stage.canvas.note("lake")
    terrains = set(stage.scenery.terrains)
    if terrains & {"hills", "forest", "city", "desert"}:
        paint_water(stage, stage.horizon + 0.14 * (stage.height - stage.horizon))
        if "city" not in terrains:
            _bank(stage)
    elif "mountains" not in terrains:
        paint_mountains(stage)


def _furnish(stage: Stage) -> None:
    """The small things that were asked for, and birds where they do no harm."""
    scenery = stage.scenery
    wet = bool({"sea", "lake"} & set(scenery.terrains))
    side = 0.3 if stage.lit_from_right else 0.7
    short, ground = min(stage.height, stage.width), stage.height - stage.horizon
    if scenery.wants("boat") or (set(scenery.terrains) == {"sea"} and scenery.allows("boat")):
        paint_boat(stage, (side * stage.width, stage.horizon + ground * 0.34), 0.062 * short)
    if scenery.wants("cabin") or scenery.wants("village"):
        _cabins(stage, stage.horizon + ground * (0.06 if wet else 0.3), 1 - side)
    if scenery.wants("bridge") and wet:
        span = min(0.36 * stage.width, 420.0)
        paint_bridge(
            stage,
            ((0.56 if stage.lit_from_right else 0.44) * stage.width - span / 2, stage.horizon + ground * 0.5),
            span,
        )
    if scenery.wants("birds") or scenery.time in {"day", "sunset"}:
        paint_birds(stage)


def _cabins(stage: Stage, y: float, across: float) -> None:
    """One cabin, or the few of a village."""
    size = 0.085 * min(stage.height, stage.width)
    places = ((0.0, 0.0, 1.0),)
    if stage.scenery.wants("village"):
        stage.canvas.note("village")
        places = ((-1.9, -0.5, 0.8), (1.7, -0.4, 0.85), (-0.2, 0.1, 1.0), (-3.4, 0.5, 0.95), (1.3, 0.9, 1.1))
    for right, down, scale in places:
        x = across * stage.width + right * size * 1.25 - size / 2
        paint_cabin(stage, (x, y + down * size), size * scale)


PAINTERS: Mapping[Terrain, Painter] = {
    "mountains": paint_mountains,
    "hills": paint_hills,
    "desert": paint_desert,
    "city": paint_city,
    "forest": paint_forest,
    "sea": _sea,
    "lake": _lake,
}
"""From far to near."""
