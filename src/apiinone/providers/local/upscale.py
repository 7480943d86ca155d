"""Enlarges a picture by interpolation and sharpens it a little: the right size, and no more detail than there was."""

from PIL import Image, ImageFilter

from apiinone.providers.local.media_briefs import EditBrief, Made, Result
from apiinone.providers.local.photo import answered, decoded, resized, saved

ORIGIN = "enlarged by interpolation by the built-in local engine of API in One (test mode); not made by any vendor"
SHARPENED = ImageFilter.UnsharpMask(radius=2, percent=60, threshold=2)


def upscale(brief: EditBrief) -> Result:
    """The picture with the brief's sides; one that is turned by its metadata comes upright."""
    return answered(lambda: _upscaled(brief))


def _upscaled(brief: EditBrief) -> Made:
    picture = decoded(brief.picture, mode="RGBA")
    if picture.getchannel("A").getextrema() == (255, 255):
        picture = picture.convert("RGB")  # nothing shines through: a channel less to work on and to keep
    sides = (brief.width, brief.height) if _same_way(picture, brief) else (brief.height, brief.width)
    if picture.size != sides:
        picture = resized(picture, sides).filter(SHARPENED)
    return saved(picture, brief.format, ORIGIN)


def _same_way(picture: Image.Image, brief: EditBrief) -> bool:
    """Whether the picture lies as its header said; its metadata may turn it."""
    return (picture.width >= picture.height) == (brief.width >= brief.height)
