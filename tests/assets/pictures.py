"""Pictures to test with: whole ones from Pillow, and ones built chunk by chunk to lie."""

import io
import struct
import zlib
from typing import Literal

from PIL import Image

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


def picture(kind: Literal["PNG", "JPEG", "WEBP", "GIF"], size: tuple[int, int] = (40, 30), mode: str = "RGB") -> bytes:
    return _saved(_drawn(size, mode), kind)


def progressive_jpeg(size: tuple[int, int] = (40, 30)) -> bytes:
    return _saved(_drawn(size, "RGB"), "JPEG", progressive=True)


def webp(size: tuple[int, int] = (40, 30), mode: str = "RGB", *, lossless: bool) -> bytes:
    return _saved(_drawn(size, mode), "WEBP", lossless=lossless)


def webp_with_metadata() -> bytes:
    return _saved(_drawn((40, 30), "RGB"), "WEBP", exif=b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x00\x00")


def animated(kind: Literal["PNG", "WEBP", "GIF"]) -> bytes:
    frames = [_drawn((40, 30), "RGB"), Image.new("RGB", (40, 30), "red")]
    out = io.BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=100)
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_header(width: int, height: int, depth: int = 8, colour: int = 2) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))


def png_of(header: bytes, pixels: bytes) -> bytes:
    return PNG_MAGIC + header + chunk(b"IDAT", zlib.compress(pixels, 9)) + chunk(b"IEND", b"")


def png_bomb(side: int) -> bytes:
    """One bit per pixel, all the same: a large picture in a small file."""
    return png_of(png_header(side, side, 1, 0), bytes(side * (1 + (side + 7) // 8)))


def _drawn(size: tuple[int, int], mode: str) -> Image.Image:
    drawn = Image.new("RGB", size, "white")
    for x in range(size[0]):
        drawn.putpixel((x, x % size[1]), (x * 5 % 256, 80, 160))
    return drawn.convert(mode)


def _saved(drawn: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    drawn.save(out, kind, **options)
    return out.getvalue()


def noise_png(side: int = 500) -> bytes:
    """A picture that does not compress, so that its file is large."""
    return _saved(Image.effect_noise((side, side), 90), "PNG")
