"""Cuts a subject out by colour: what is like the picture's edge and hangs together with it becomes transparent.

Found on a small copy, in plain Python; the mask is enlarged and softened. No neural model: pictures with a calm ground
come out well, others plainly do not.
"""

from collections import deque

from PIL import Image, ImageDraw, ImageFilter

from apiinone.providers.local.media_briefs import EditBrief, Made, Result
from apiinone.providers.local.photo import answered, decoded, mapped, resized, saved

ORIGIN = "cut out by colour by the built-in local engine of API in One (test mode); not made by any vendor"
SMALL_SIDE = 256
NEAR = 26
"""How far a colour may be from its neighbour's and still be the same ground: the largest difference of a channel."""
FAR = 72
"""How far it may be from the colour of the edge where the ground began."""
KEPT_MIN = 0.01
"""A subject smaller than this part of the picture is none: then an oval in the middle is kept."""
HIDDEN = [255 - value for value in range(256)]
"""How strongly the ground's place is cleared."""
SHOWN = [255 if value else 0 for value in range(256)]
"""Colours of what cannot be seen go, too: they only cost bytes."""
Pixel = tuple[int, int, int]


def remove_background(brief: EditBrief) -> Result:
    """The picture in its own size as a PNG with a transparent ground."""
    return answered(lambda: _cut_out(brief))


def _cut_out(brief: EditBrief) -> Made:
    picture = decoded(brief.picture, mode="RGBA")
    small = picture.convert("RGB")
    small.thumbnail((SMALL_SIDE, SMALL_SIDE), Image.Resampling.BILINEAR)
    mask = _subject(small.filter(ImageFilter.MedianFilter(3)))
    mask = resized(mask, picture.size).filter(ImageFilter.GaussianBlur(1.2))
    alpha = Image.composite(picture.getchannel("A"), Image.new("L", picture.size, 0), mask)
    alpha.paste(0, mask=mapped(mask, HIDDEN))
    picture.putalpha(alpha)
    ground = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    return saved(Image.composite(picture, ground, mapped(alpha, SHOWN)), "png", ORIGIN)


def _subject(small: Image.Image) -> Image.Image:
    """White where the subject is."""
    width, height = small.size
    flat = small.tobytes()
    pixels: list[Pixel] = [(flat[at], flat[at + 1], flat[at + 2]) for at in range(0, len(flat), 3)]
    ground = _ground(pixels, width, height)
    kept = len(pixels) - sum(ground)
    if kept < KEPT_MIN * len(pixels):
        mask = Image.new("L", small.size, 0)
        ImageDraw.Draw(mask).ellipse((width * 0.15, height * 0.1, width * 0.85, height * 0.95), fill=255)
        return mask
    return Image.frombytes("L", small.size, bytes(0 if one else 255 for one in ground))


def _ground(pixels: list[Pixel], width: int, height: int) -> list[bool]:
    """What is reached from the edge by small steps in colour, without going far from where it began."""
    reached = [False] * len(pixels)
    waiting: deque[tuple[int, Pixel]] = deque()
    for at in _edge(width, height):
        if not reached[at]:
            reached[at] = True
            waiting.append((at, pixels[at]))
    while waiting:
        at, began = waiting.popleft()
        for beside in _beside(at, width, height):
            here = pixels[beside]
            if not reached[beside] and _apart(here, pixels[at]) <= NEAR and _apart(here, began) <= FAR:
                reached[beside] = True
                waiting.append((beside, began))
    return reached


def _edge(width: int, height: int) -> list[int]:
    rows = [*range(width), *range(width * (height - 1), width * height)]
    return [*rows, *range(0, width * height, width), *range(width - 1, width * height, width)]


def _beside(at: int, width: int, height: int) -> list[int]:
    column = at % width
    found = [at - 1] if column else []
    if column < width - 1:
        found.append(at + 1)
    if at >= width:
        found.append(at - width)
    if at < width * (height - 1):
        found.append(at + width)
    return found


def _apart(one: Pixel, other: Pixel) -> int:
    return max(abs(one[0] - other[0]), abs(one[1] - other[1]), abs(one[2] - other[2]))
