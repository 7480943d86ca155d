"""A composite that is plainly one: the middle of one picture in an oval on another, with a visible label.

It finds no faces and matches none; it exists so that clients can try the whole way of a request.
"""

from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

from apiinone.providers.local.media_briefs import Made, Result, SwapBrief
from apiinone.providers.local.photo import answered, decoded, saved

LABEL = "test composite"
ORIGIN = "test composite by the built-in local engine of API in One; no face was recognised, not made by any vendor"
PLACES = ((0.5, 0.42), (0.27, 0.42), (0.73, 0.42), (0.5, 0.75), (0.27, 0.75), (0.73, 0.75))
"""Where the oval goes, as parts of width and height, by the number of the face that was asked for."""
OVAL = 0.34
"""The oval's height as a part of the scene's shorter side."""
LABEL_PART = 0.05
LABEL_PX_MIN = 8


def swap(brief: SwapBrief) -> Result:
    """The scene in its own size with the other picture's middle in it."""
    return answered(lambda: _swapped(brief))


def _swapped(brief: SwapBrief) -> Made:
    scene, face = decoded(brief.scene, 0), decoded(brief.face, 1)
    high = max(4, round(min(scene.size) * OVAL))
    wide = max(3, round(high * 0.78))
    oval = ImageOps.fit(face, (wide, high), Image.Resampling.LANCZOS, centering=(0.5, 0.4))
    mask = Image.new("L", (wide, high), 0)
    ImageDraw.Draw(mask).ellipse((1, 1, wide - 2, high - 2), fill=255)
    x, y = PLACES[brief.place % len(PLACES)]
    at = (round(scene.width * x - wide / 2), round(scene.height * y - high / 2))
    scene.paste(oval, at, mask.filter(ImageFilter.GaussianBlur(max(1.0, high / 40))))
    _label(scene)
    return saved(scene, brief.format, ORIGIN)


def _label(scene: Image.Image) -> None:
    """White on a dark strip along the lower edge, so that nobody takes the picture for a real one."""
    high = max(LABEL_PX_MIN, round(min(scene.size) * LABEL_PART))
    drawing = ImageDraw.Draw(scene)
    drawing.rectangle((0, scene.height - high - high // 2, scene.width, scene.height), fill=(20, 20, 24))
    font = ImageFont.load_default(high)
    drawing.text((high // 2, scene.height - high - high // 3), LABEL, fill=(255, 255, 255), font=font)
