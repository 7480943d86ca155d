"""How a still scene becomes a film: where the camera looks and where the light falls, frame by frame. Pure."""

import math

from msgspec import Struct

from apiinone.providers.local.pen import Dice

Box = tuple[float, float, float, float]

ROOM = 1.18
"""How much larger than a frame the scene is, so that there is something to pan over."""
ZOOM_MAX = 1.12
"""The closest that a moving camera comes, beside that room."""


class Shot(Struct, frozen=True):
    """One frame: the part of the scene that is seen, and where its light is, both in parts of width and height."""

    box: Box
    light: tuple[float, float]
    strength: float
    """Of the light, 0…1."""


def shots(count: int, dice: Dice, *, steady: bool) -> list[Shot]:
    """So many frames of one slow, even movement; a steady camera sees the light move alone."""
    turn = dice.between(0, 2 * math.pi)
    closer = dice.chance(0.5)
    sweep = dice.chance(0.5)
    height = dice.between(0.15, 0.4)
    found: list[Shot] = []
    for number in range(count):
        part = number / max(1, count - 1)
        eased = part * part * (3 - 2 * part)
        zoom = 1.0 if steady else 1 + (ZOOM_MAX - 1) * (eased if closer else 1 - eased)
        reach = 0.0 if steady else 2 * eased - 1
        across = part if sweep else 1 - part
        found.append(Shot(_box(zoom, turn, reach), (across, height), 0.5 + 0.5 * math.sin(math.pi * part)))
    return found


def _box(zoom: float, turn: float, reach: float) -> Box:
    """What a camera sees that stands off the middle by `reach` of the room it has, in the direction of the turn."""
    side = 1 / (ROOM * zoom)
    room = (1 - side) / 2
    left = room + room * reach * math.cos(turn)
    top = room + room * reach * math.sin(turn)
    return left, top, left + side, top + side
