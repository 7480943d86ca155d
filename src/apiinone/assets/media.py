"""What a file is to us: what may come in, what was found out about it, and why one is refused."""

from typing import Literal

from msgspec import Struct

Expected = Literal["raster", "vector", "video", "audio"]
"""What an order asked for: pixels (PNG, JPEG, WebP), shapes (SVG), a film (MP4, WebM, animated WebP), or sound."""

Refused = Literal["empty", "too_large", "unknown_type", "wrong_type", "too_many_pixels", "too_long", "broken"]
"""Why bytes are not taken. `wrong_type`: understood, but not what was expected; `broken`: not what they pretend;
`too_long`: more seconds or frames than may be."""

MIB = 1024 * 1024


class Unacceptable(Exception):
    """These bytes are not taken."""

    def __init__(self, reason: Refused, detail: str = "") -> None:
        """Take the reason and, for the operator's log, what was wrong; no text from the bytes themselves."""
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason: Refused = reason
        self.detail = detail


DRAWING_SIDE_PX_MAX = 100_000
"""A drawing has no pixels before somebody renders it, so its nominal size is only kept from being absurd."""


class MediaLimits(Struct, frozen=True):
    """What may come in. Judged from headers, before anything is decoded. The limits in pixels are for rasters, films.

    Those of seconds and frames are for films and sounds.
    """

    expected: Expected
    bytes_max: int = 64 * MIB
    pixels_max: int = 8192 * 8192
    side_px_max: int = 16384
    duration_s_max: float = 3600.0
    frames_max: int = 250_000


class Measure(Struct, frozen=True):
    """What a file's structure says of it: pixels, milliseconds, frames of a film.

    None where it does not say, or has no such thing.
    """

    width: int | None = None
    height: int | None = None
    duration_ms: int | None = None
    frames: int | None = None


class Media(Struct, frozen=True):
    """What was found out about a file. `sha256` is in hex, `extension` without a dot; sizes are pixels, none of sound.

    `duration_ms` is None for pictures, and for films that do not say.
    """

    content_type: str
    extension: str
    width: int | None
    height: int | None
    bytes: int
    sha256: str
    duration_ms: int | None = None


def judge_measure(measure: Measure, limits: MediaLimits) -> None:
    """Raise Unacceptable for what is larger or longer than the limits allow."""
    if limits.expected != "audio":
        judge_size(measure.width or 0, measure.height or 0, limits)
    if (measure.duration_ms or 0) > limits.duration_s_max * 1000 or (measure.frames or 0) > limits.frames_max:
        raise Unacceptable("too_long")


def judge_size(width: int, height: int, limits: MediaLimits) -> None:
    """Raise Unacceptable for a picture that is larger than the limits allow, or has no size."""
    if width < 1 or height < 1:
        raise Unacceptable("broken", "no width or height")
    vector = limits.expected == "vector"
    side_px_max = DRAWING_SIDE_PX_MAX if vector else limits.side_px_max
    if max(width, height) > side_px_max or (not vector and width * height > limits.pixels_max):
        raise Unacceptable("too_many_pixels")
