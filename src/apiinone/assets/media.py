"""What a picture is to us: what may come in, what was found out about it, and why one is refused."""

from typing import Literal

from msgspec import Struct

Expected = Literal["raster", "vector"]
"""What an order asked for: pixels (PNG, JPEG, WebP) or shapes (SVG)."""

Refused = Literal["empty", "too_large", "unknown_type", "wrong_type", "too_many_pixels", "broken"]
"""Why bytes are not taken. `wrong_type`: understood, but not what was expected; `broken`: not what they pretend."""

MIB = 1024 * 1024


class Unacceptable(Exception):
    """These bytes are not taken as a picture."""

    def __init__(self, reason: Refused, detail: str = "") -> None:
        """Take the reason and, for the operator's log, what was wrong; no text from the bytes themselves."""
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason: Refused = reason
        self.detail = detail


DRAWING_SIDE_PX_MAX = 100_000
"""A drawing has no pixels before somebody renders it, so its nominal size is only kept from being absurd."""


class MediaLimits(Struct, frozen=True):
    """What may come in. Judged from headers, before anything is decoded. The limits in pixels are for rasters."""

    expected: Expected
    bytes_max: int = 64 * MIB
    pixels_max: int = 8192 * 8192
    side_px_max: int = 16384


class Media(Struct, frozen=True):
    """What was found out about a picture. `sha256` is in hex, `extension` without a dot, sizes are pixels."""

    content_type: str
    extension: str
    width: int
    height: int
    bytes: int
    sha256: str


def judge_size(width: int, height: int, limits: MediaLimits) -> None:
    """Raise Unacceptable for a picture that is larger than the limits allow, or has no size."""
    if width < 1 or height < 1:
        raise Unacceptable("broken", "no width or height")
    raster = limits.expected == "raster"
    side_px_max = limits.side_px_max if raster else DRAWING_SIDE_PX_MAX
    if max(width, height) > side_px_max or (raster and width * height > limits.pixels_max):
        raise Unacceptable("too_many_pixels")
