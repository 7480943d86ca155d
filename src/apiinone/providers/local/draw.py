"""The engine: from a brief to a picture. Pure: the same brief gives the same bytes in every process."""

import hashlib
import re

from apiinone.providers.local.abstract import AbstractKind, draw_abstract
from apiinone.providers.local.brief import SIDE_MAX, SIDE_MIN, Brief, Drawing, Understood
from apiinone.providers.local.canvas import Canvas
from apiinone.providers.local.landscape import draw_landscape
from apiinone.providers.local.palettes import palette_for
from apiinone.providers.local.pattern import PatternKind, draw_pattern
from apiinone.providers.local.pen import Dice
from apiinone.providers.local.raster import CONTENT_TYPES, encoded
from apiinone.providers.local.reading import Reading, read

TITLE_LENGTH_MAX = 1000
NOT_DRAWN_MAX = 16
ABSTRACT_KINDS: tuple[AbstractKind, ...] = ("waves", "shapes", "mesh", "shapes", "contours")
PATTERN_KINDS: tuple[PatternKind, ...] = ("geometric", "leaves", "scallops", "terrazzo", "geometric")

_NO_XML_CHARACTER = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def draw(brief: Brief) -> Drawing:
    """Read the prompt, choose colours, paint, encode. Raises ValueError where a side is out of bounds."""
    if not (SIDE_MIN <= brief.width <= SIDE_MAX and SIDE_MIN <= brief.height <= SIDE_MAX):
        raise ValueError("a side is out of bounds")
    reading = read(brief.prompt)
    dice = dice_of(brief.prompt, brief.seed)
    palette = palette_for(reading, dice)
    canvas = Canvas((brief.width, brief.height), palette, reading.style)
    match reading.subject:
        case "landscape":
            draw_landscape(canvas, dice, reading.scenery)
        case "abstract":
            draw_abstract(canvas, dice, dice.pick(reading.abstract_kinds or ABSTRACT_KINDS))
        case "pattern":
            draw_pattern(canvas, dice, dice.pick(reading.pattern_kinds or PATTERN_KINDS))
    title = _NO_XML_CHARACTER.sub("", brief.prompt)[:TITLE_LENGTH_MAX]
    return Drawing(
        data=encoded(canvas.svg(title), brief.format),
        content_type=CONTENT_TYPES[brief.format],
        understood=_understood(reading, canvas),
    )


def dice_of(prompt: str, seed: int) -> Dice:
    """Chance that depends on prompt and seed alone, so that every size and format shows the same picture."""
    text = f"{seed}\0{prompt}".encode("utf-8", "replace")
    return Dice(int.from_bytes(hashlib.sha256(text).digest()[:8], "big"))


def _understood(reading: Reading, canvas: Canvas) -> Understood:
    missing = (thing.word for thing in reading.things if thing.name not in canvas.drawn)
    not_drawn = tuple(dict.fromkeys((*reading.unknown, *missing)))
    return Understood(
        subject=reading.subject,
        style=reading.style,
        palette=canvas.palette.name,
        drawn=tuple(canvas.drawn),
        not_drawn=not_drawn[:NOT_DRAWN_MAX],
    )
