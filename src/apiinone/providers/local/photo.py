"""Pictures from outside, decoded: only in the sandbox's child, only of the formats we name, within its limits."""

import io
from collections.abc import Callable, Sequence
from typing import Literal

from PIL import Image, ImageOps

from apiinone.providers.local.media_briefs import Made, PixelFormat, Result, Undecodable
from apiinone.providers.local.raster import (
    CONTENT_TYPES,
    EXIF_IMAGE_DESCRIPTION,
    JPEG_QUALITY,
    WEBP_QUALITY,
    marked_png,
)

FORMATS = ("PNG", "JPEG", "WEBP")
PIXELS_MAX = 4096 * 4096
PNG_COMPRESSION = 3
"""Of 9: a third of the time of the usual 6, for a tenth more bytes."""


class CannotDecode(Exception):
    """The bytes are no picture, whatever their header says; `which` counts the brief's inputs from 0."""

    def __init__(self, which: int) -> None:
        """Take which input it is."""
        super().__init__("not a picture")
        self.which = which


def answered(make: Callable[[], Made]) -> Result:
    """The result of making a file from inputs: an input that cannot be decoded is an answer, not an error."""
    try:
        return Result(make())
    except CannotDecode as error:
        return Result(Undecodable(error.which))


def decoded(data: bytes, which: int = 0, *, mode: Literal["RGB", "RGBA"] = "RGB") -> Image.Image:
    """The picture as it is meant to be seen: turned upright, in one of two modes. Raises CannotDecode."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            if picture.width * picture.height > PIXELS_MAX:
                raise CannotDecode(which)
            picture.load()
            upright = ImageOps.exif_transpose(picture)
            if mode == "RGBA" or ("transparency" not in upright.info and upright.mode not in ("RGBA", "LA", "PA")):
                return upright.convert(mode)
            return _on_white(upright.convert("RGBA"))
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError):
        raise CannotDecode(which) from None


def saved(picture: Image.Image, format: PixelFormat, origin: str) -> Made:  # noqa: A002 - that is its name
    """The picture as a file, with a sentence of where it comes from inside."""
    out = io.BytesIO()
    if format == "png":
        picture.save(out, "PNG", compress_level=PNG_COMPRESSION)
        return Made(marked_png(out.getvalue(), origin), CONTENT_TYPES[format])
    exif = Image.Exif()
    exif[EXIF_IMAGE_DESCRIPTION] = origin
    if format == "jpeg":
        picture.convert("RGB").save(out, "JPEG", quality=JPEG_QUALITY, subsampling=0, exif=exif)
    else:
        picture.save(out, "WEBP", quality=WEBP_QUALITY, method=2, exif=exif)
    return Made(out.getvalue(), CONTENT_TYPES[format])


def resized(
    picture: Image.Image,
    size: tuple[int, int],
    box: tuple[float, float, float, float] | None = None,
    *,
    fine: bool = True,
) -> Image.Image:
    """The picture, or the box of it, in another size: finely, or quickly."""
    how = Image.Resampling.BICUBIC if fine else Image.Resampling.BILINEAR
    return picture.resize(size, how, box=box)  # pyright: ignore[reportUnknownMemberType] - speaks of numpy, not installed


def mapped(channel: Image.Image, table: Sequence[int]) -> Image.Image:
    """A channel of 8 bits with each value replaced by the one at its place in the table."""
    return channel.point(list(table))  # pyright: ignore[reportUnknownMemberType] - as above


def _on_white(picture: Image.Image) -> Image.Image:
    ground = Image.new("RGB", picture.size, "white")
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground
