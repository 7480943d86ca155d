"""Small real pictures from a prompt's hash: a sky, a sun, some hills. Pillow is imported when the first is drawn."""

import base64
import hashlib
import io
from collections.abc import Iterator
from typing import Final, Literal

from msgspec import Struct

Kind = Literal["raster", "vector"]
RasterFormat = Literal["png", "webp", "jpeg"]

TINY_PNG: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
)
"""One red pixel, for benchmarks."""
TINY_SVG: Final = b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1" viewBox="0 0 1 1"/>'
MEDIA_TYPES: Final = {"png": "image/png", "webp": "image/webp", "jpeg": "image/jpeg", "svg": "image/svg+xml"}


class Picture(Struct, frozen=True):
    """What was made."""

    data: bytes
    extension: Literal["png", "webp", "jpeg", "svg"]

    @property
    def media_type(self) -> str:
        """For the Content-Type."""
        return MEDIA_TYPES[self.extension]


class Motif(Struct, frozen=True):
    """What to draw: the same motif gives the same bytes."""

    prompt: str
    index: int
    width: int
    height: int
    kind: Kind
    raster_format: RasterFormat = "png"


def tiny(motif: Motif) -> Picture:
    """A constant of the right kind, whatever the size."""
    return Picture(TINY_SVG, "svg") if motif.kind == "vector" else Picture(TINY_PNG, "png")


def draw(motif: Motif) -> Picture:
    """The picture in the size that was asked for."""
    if motif.kind == "vector":
        return Picture(_svg(motif), "svg")
    return Picture(_raster(motif), motif.raster_format)


class _Scene(Struct, frozen=True):
    sky: str
    sun: str
    sun_box: tuple[int, int, int, int]
    hills: tuple[tuple[str, tuple[tuple[int, int], ...]], ...]


HILLS: Final = 3
PEAKS: Final = 5


def _scene(motif: Motif) -> _Scene:
    seed = iter(hashlib.sha512(f"{motif.prompt}\x00{motif.index}".encode(errors="replace")).digest())
    width, height = motif.width, motif.height
    radius = min(width, height) * (8 + next(seed) % 8) // 100
    x, y = width * (20 + next(seed) % 60) // 100, height * (15 + next(seed) % 20) // 100
    return _Scene(
        sky=_colour(seed, 200),
        sun=_colour(seed, 150),
        sun_box=(x - radius, y - radius, x + radius, y + radius),
        hills=tuple((_colour(seed, 120 - 40 * n), _ridge(motif, 40 + 18 * n, seed)) for n in range(HILLS)),
    )


def _colour(seed: Iterator[int], floor: int) -> str:
    return "#" + "".join(f"{floor + next(seed) % 56:02x}" for _ in range(3))


def _ridge(motif: Motif, top_percent: int, seed: Iterator[int]) -> tuple[tuple[int, int], ...]:
    width, height = motif.width, motif.height
    peaks = ((width * n // PEAKS, height * (top_percent + next(seed) % 18) // 100) for n in range(PEAKS + 1))
    return ((0, height), *peaks, (width, height))


def _svg(motif: Motif) -> bytes:
    scene, width, height = _scene(motif), motif.width, motif.height
    left, top, right, _ = scene.sun_box
    radius = (right - left) // 2
    hills = "".join(
        f'<polygon fill="{colour}" points="{" ".join(f"{x},{y}" for x, y in ridge)}"/>' for colour, ridge in scene.hills
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f'<rect width="{width}" height="{height}" fill="{scene.sky}"/>'
        f'<circle cx="{left + radius}" cy="{top + radius}" r="{radius}" fill="{scene.sun}"/>{hills}</svg>'
    ).encode()


def _raster(motif: Motif) -> bytes:
    from PIL import Image, ImageDraw  # noqa: PLC0415 - heavy, and not wanted for benchmarks

    scene = _scene(motif)
    image = Image.new("RGB", (motif.width, motif.height), scene.sky)
    pen = ImageDraw.Draw(image)
    pen.ellipse(scene.sun_box, fill=scene.sun)
    for colour, ridge in scene.hills:
        pen.polygon(ridge, fill=colour)
    file = io.BytesIO()
    image.save(file, motif.raster_format.upper())
    return file.getvalue()
