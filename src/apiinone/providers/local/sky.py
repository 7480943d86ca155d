"""The sky of a landscape: its light, the sun or moon, stars, clouds and birds."""

from apiinone.providers.local.palette import Tone
from apiinone.providers.local.pen import Point, arc_points, circle, curve, lerp, number, sliver
from apiinone.providers.local.stage import Stage

SUN = Tone("sun")
CLOUD = Tone("cloud", depth=0.3)
STARS_MAX = 160


def paint_sky(stage: Stage) -> None:
    """Everything behind the land."""
    stage.canvas.background()
    scenery = stage.scenery
    night = scenery.time == "night"
    if (night or scenery.wants("stars")) and scenery.allows("stars"):
        _stars(stage)
    if scenery.allows("moon" if night else "sun"):
        _sun(stage, moon=night or scenery.wants("moon"))
    if scenery.wants("clouds") or (not stage.canvas.is_line_art and not night and scenery.allows("clouds")):
        _clouds(stage)


def paint_birds(stage: Stage) -> None:
    """A few birds in the open part of the sky, away from the sun."""
    if not stage.scenery.allows("birds"):
        return
    canvas, dice = stage.canvas, stage.dice
    canvas.note("birds")
    side = -1 if stage.lit_from_right else 1
    x, y = stage.sun[0] + side * min(330.0, 0.33 * stage.width), stage.sun[1] * dice.between(0.62, 0.8)
    with canvas.group("birds"):
        for offset_x, offset_y in ((0.0, 0.0), (38.0, -17.0), (-29.0, -24.0)):
            wing = dice.between(10, 15)
            at = (x + offset_x, y + offset_y)
            path = sliver(at, (at[0] - wing, at[1] - wing * 0.42), 1.8, heavy=0.35, bow=2.4)
            path += sliver(at, (at[0] + wing, at[1] - wing * 0.5), 1.8, heavy=0.35, bow=-2.4)
            canvas.dash(path, Tone("land", depth=0.9), opacity=0.8)


def paint_fog(stage: Stage) -> None:
    """Long veils across the foot of the land."""
    canvas, dice = stage.canvas, stage.dice
    canvas.note("fog")
    with canvas.group("fog"):
        for veil in range(6):
            part = veil / 5
            y = stage.horizon + lerp(-0.1, 0.2, part) * stage.height + dice.between(-10, 10)
            half, x = stage.width * dice.between(0.3, 0.55), stage.width * dice.between(0.25, 0.75)
            if canvas.is_line_art:
                canvas.hatch(sliver((x - half * 0.6, y), (x + half * 0.6, y), 1.8), Tone("land", depth=0.3))
            else:
                canvas.light(sliver((x - half, y), (x + half, y), dice.between(26, 52)), CLOUD, 0.3)


def paint_snowfall(stage: Stage) -> None:
    """Flakes everywhere, evenly enough to look like chance."""
    canvas, dice = stage.canvas, stage.dice
    canvas.note("snow")
    columns = max(6, min(40, int(stage.width / 110)))
    rows = max(6, min(40, int(stage.height / 110)))
    flakes = "".join(
        circle(
            stage.width * (column + dice.between(0, 1)) / columns,
            stage.height * (row + dice.between(0, 1)) / rows,
            dice.between(1.6, 4.2),
        )
        for row in range(rows)
        for column in range(columns)
    )
    with canvas.group("snowfall"):
        canvas.dash(flakes, Tone("snow"), opacity=0.85)


def _sun(stage: Stage, *, moon: bool) -> None:
    canvas = stage.canvas
    canvas.note("moon" if moon else "sun")
    (x, y), radius = stage.sun, stage.sun_radius
    with canvas.group("moon" if moon else "sun"):
        canvas.ink(arc_points(x, y, radius, (0.1, 1.1), 64), 2.5, SUN, (0.0, 0.0))
        if canvas.style == "gradient":
            canvas.paint(circle(x, y, radius * 4.6), canvas.glow(canvas.palette.sun, 0.5))
        elif canvas.style == "flat":
            for scale, opacity in ((2.7, 0.13), (1.8, 0.2)):
                canvas.light(circle(x, y, radius * scale), SUN, opacity)
        canvas.light(circle(x, y, radius), SUN)
        if moon:
            _craters(stage)


def _craters(stage: Stage) -> None:
    canvas = stage.canvas
    (x, y), radius = stage.sun, stage.sun_radius
    for across, down, size in ((-0.34, -0.2, 0.2), (0.28, 0.26, 0.15), (0.3, -0.36, 0.1), (-0.18, 0.44, 0.11)):
        at = (x + across * radius, y + down * radius)
        canvas.light(circle(*at, size * radius), Tone("sun", lift=-0.06))
        canvas.ink(arc_points(*at, size * radius, (0.4, 1.0), 12), 1.5, SUN, (0.5, 0.5))


def _stars(stage: Stage) -> None:
    canvas, dice = stage.canvas, stage.dice
    canvas.note("stars")
    count = min(STARS_MAX, int(stage.width * stage.horizon / (22000 if canvas.is_line_art else 9000)))
    small, large = "", ""
    for _ in range(count):
        x, y = dice.between(0, stage.width), stage.horizon * dice.between(0, 1) ** 1.3
        if abs(x - stage.sun[0]) + abs(y - stage.sun[1]) < stage.sun_radius * 2.2:
            continue
        if dice.chance(0.09):
            large += _twinkle((x, y), dice.between(5, 9))
        else:
            small += circle(x, y, dice.between(0.7, 1.7))
    with canvas.group("stars"):
        if small:
            canvas.dash(small, SUN, opacity=0.75)
        if large:
            canvas.dash(large, SUN)


def _twinkle(at: Point, size: float) -> str:
    """A star of four points."""
    x, y = at
    corners = ((x, y - size), (x + size, y), (x, y + size), (x - size, y), (x, y - size))
    steps = "".join(f"Q{number(x)} {number(y)} {number(a)} {number(b)}" for a, b in corners[1:])
    return f"M{number(x)} {number(y - size)}{steps}z"


def _clouds(stage: Stage) -> None:
    canvas, dice = stage.canvas, stage.dice
    canvas.note("clouds")
    wanted = stage.scenery.wants("clouds")
    with canvas.group("clouds"):
        for index in range(4 if wanted else 3):
            part = (index + dice.between(0.2, 0.8)) / (4 if wanted else 3)
            at = (stage.width * part, stage.horizon * dice.between(0.12, 0.5))
            if canvas.style == "gradient":
                _streak(stage, at)
            else:
                _cloud(stage, at, dice.between(110, 190))


def _streak(stage: Stage, at: Point) -> None:
    """A thin band of cloud, as at the end of a clear day."""
    canvas, dice = stage.canvas, stage.dice
    half = dice.between(120, 260)
    for _ in range(2):
        y = at[1] + dice.between(-9, 9)
        shift = dice.between(-60, 60)
        path = sliver(
            (at[0] - half + shift, y), (at[0] + half + shift, y), dice.between(7, 13), bow=dice.between(-2, 2)
        )
        canvas.light(path, CLOUD, 0.34)


def _cloud(stage: Stage, at: Point, width: float) -> None:
    """A flat-bottomed cloud of three or four bows."""
    canvas, dice = stage.canvas, stage.dice
    heights = [dice.between(0.1, 0.16), dice.between(0.24, 0.32), dice.between(0.18, 0.26), dice.between(0.08, 0.14)]
    points: list[Point] = [(at[0] - width / 2, at[1])]
    for index, rise in enumerate(heights):
        middle = lerp(-0.36, 0.36, index / 3) * width + at[0]
        points += [(middle - width * 0.09, at[1] - width * rise * 0.8), (middle + width * 0.05, at[1] - width * rise)]
    points.append((at[0] + width / 2, at[1]))
    canvas.area(curve(points) + "z", CLOUD)
    canvas.ink(points, 2.2, Tone("land", depth=0.6), (0.15, 0.15))
    canvas.hatch(sliver(points[0], points[-1], 1.6), Tone("land", depth=0.6))
