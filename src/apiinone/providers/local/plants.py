"""Trees and other plants, each drawn for one place on the ground."""

import math

from apiinone.providers.local.palette import Tone
from apiinone.providers.local.pen import Dice, Point, circle, curve, lerp, number, polyline, sliver
from apiinone.providers.local.stage import Stage

TIERS = 4


def paint_pine(stage: Stage, foot: Point, height: float, depth: float) -> None:
    """A fir: in line art a trunk with drooping strokes, otherwise its silhouette."""
    canvas = stage.canvas
    if canvas.is_line_art:
        canvas.hatch(_pine_strokes(stage.dice, foot, height), Tone("leaf", depth=depth))
    else:
        canvas.light(pine_shape(stage.dice, foot, height), Tone("leaf", depth=depth))


def pine_shape(dice: Dice, foot: Point, height: float) -> str:
    """The silhouette of a fir with its trunk."""
    x, y = foot
    half = height * dice.between(0.17, 0.22)
    right: list[Point] = [(x, y - height)]
    left: list[Point] = []
    for tier in range(1, TIERS + 1):
        part = tier / TIERS
        low = y - height * (1 - 0.9 * part)
        out = half * part**0.85
        right += [(x + out * dice.between(0.85, 1.1), low), (x + out * 0.45, low - height * 0.035)]
        left += [(x - out * dice.between(0.85, 1.1), low), (x - out * 0.45, low - height * 0.035)]
    trunk = height * 0.022
    return polyline(
        [*right, (x + trunk, y - height * 0.13), (x + trunk, y), (x - trunk, y), *reversed(left)], closed=True
    )


def _pine_strokes(dice: Dice, foot: Point, height: float) -> str:
    x, y = foot
    strokes = [sliver((x, y + 1), (x, y - height), 2.6, heavy=0.25)]
    tiers = TIERS + int(height / 34)
    for tier in range(tiers):
        part = (tier + 0.5) / tiers
        from_y = y - height * (0.97 - 0.82 * part)
        for side in (-1, 1):
            out = height * (0.035 + 0.175 * part) * dice.between(0.8, 1.12)
            end = (x + side * out, from_y + height * (0.04 + 0.045 * part) * dice.between(0.85, 1.2))
            strokes.append(sliver((x, from_y), end, 2.1, heavy=0.45, bow=-side * height * 0.012))
    return "".join(strokes)


def paint_tree(stage: Stage, foot: Point, height: float, depth: float) -> None:
    """A round tree on a thin trunk."""
    canvas, dice = stage.canvas, stage.dice
    x, y = foot
    radius = height * dice.between(0.26, 0.32)
    middle = (x, y - height + radius)
    bare = stage.scenery.season == "winter"
    tone = Tone("leaf", depth=depth)
    thick = min(height * 0.045, 4.0) if canvas.is_line_art else height * 0.045
    trunk = sliver((x, y + 2), (x, middle[1] - radius * 0.4), thick, heavy=0.2)
    for side in (-1, 1):
        start, end = (x, middle[1] + radius * 0.5), (x + side * radius * 0.45, middle[1] - radius * 0.1)
        trunk += sliver(start, end, thick * 0.55)
    crown = [
        (middle[0] + radius * dice.between(0.92, 1.1) * math.cos(turn), middle[1] + radius * 1.12 * math.sin(turn))
        for turn in (math.tau * step / 9 for step in range(9))
    ]
    if not bare:
        canvas.area(curve(crown, closed=True), tone)
        canvas.ink([*crown, crown[0]], 2.2, tone, (0.04, 0.04))
        canvas.light(
            circle(middle[0] - radius * 0.25, middle[1] - radius * 0.3, radius * 0.55),
            Tone("leaf", depth=depth, lift=0.06),
        )
    canvas.dash(trunk, Tone("land", depth=min(1.0, depth + 0.15)))


def paint_cactus(stage: Stage, foot: Point, height: float) -> None:
    """A saguaro with two arms."""
    canvas = stage.canvas
    x, y = foot
    thick = height * 0.085
    tone = Tone("leaf", depth=1.0)
    parts = [_column(x, y, y - height, thick)]
    for side, low, high, out in ((-1, 0.42, 0.72, 0.24), (1, 0.55, 0.86, 0.22)):
        arm_x = x + side * out * height
        parts.append(_column(arm_x, y - low * height, y - high * height, thick * 0.75))
        joint = min(x, arm_x) - (thick * 0.75 if side < 0 else 0)
        parts.append(_bar(joint, y - low * height - thick * 0.75, abs(arm_x - x) + thick * 0.75, thick * 1.5))
    for part in parts[1:]:
        canvas.area(part, tone, outline=2.2)
    canvas.area(parts[0], tone, outline=2.4)


def _column(x: float, low: float, high: float, half: float) -> str:
    """An upright bar with a round top."""
    r, d = number(half), number(2 * half)
    return f"M{number(x - half)} {number(low)}V{number(high + half)}a{r} {r} 0 0 1 {d} 0V{number(low)}z"


def _bar(x: float, y: float, width: float, height: float) -> str:
    r = number(height / 2)
    inner = number(max(0.0, width - height))
    d = number(height)
    return f"M{number(x + height / 2)} {number(y)}h{inner}a{r} {r} 0 0 1 0 {d}h-{inner}a{r} {r} 0 0 1 0-{d}z"


def spread(dice: Dice, span: tuple[float, float], count: int) -> list[float]:
    """Places along a line, uneven but never two on top of one another."""
    return [lerp(span[0], span[1], (index + dice.between(0.15, 0.85)) / count) for index in range(count)]
