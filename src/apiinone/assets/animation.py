"""Size, frames and length of an animated WebP, read from its structure; nothing is decoded.

Facts from: RFC 9649. Each frame must lie on the canvas, and their pixels together are bounded: a small file can ask a
decoder for as many frames of nothing as fit into its chunks.
"""

from apiinone.assets.media import Measure, Unacceptable
from apiinone.assets.raster import RIFF_CHUNK, Size, webp_chunks

FRAMES_MAX = 5_000
"""Frames of one animation; what a film of a few minutes has."""


def is_animated_webp(data: bytes) -> bool:
    """Whether the file says of itself that it moves; what is in it is not looked at."""
    return data[12:16] == b"VP8X" and len(data) > _FLAGS_AT and bool(data[_FLAGS_AT] & _ANIMATED)


def measure_animation(data: bytes) -> Measure:
    """What an animated WebP says of itself. Raises Unacceptable."""
    if not is_animated_webp(data):
        raise Unacceptable("wrong_type", "still WebP")
    canvas: Size | None = None
    frames, duration_ms = 0, 0
    for kind, at, length in webp_chunks(data):
        if kind == _CANVAS and length >= _CANVAS_BYTES and canvas is None:
            canvas = 1 + _three(data, at + 4), 1 + _three(data, at + 7)
        elif kind == _FRAME:
            frames += 1
            duration_ms += _frame_ms(data, at, length, canvas)
            if frames > FRAMES_MAX:
                raise Unacceptable("too_long", "frames of a WebP")
    if canvas is None or not frames:
        raise Unacceptable("broken", "WebP without frames")
    return Measure(*canvas, duration_ms, frames)


def _frame_ms(data: bytes, at: int, length: int, canvas: Size | None) -> int:
    """How long a frame is shown, once it is known to lie on the canvas and to hold a picture."""
    if canvas is None or length < _FRAME_BYTES + RIFF_CHUNK.size:
        raise Unacceptable("broken", "WebP frame")
    x, y = 2 * _three(data, at), 2 * _three(data, at + 3)
    width, height = 1 + _three(data, at + 6), 1 + _three(data, at + 9)
    if x + width > canvas[0] or y + height > canvas[1]:
        raise Unacceptable("broken", "WebP frame beyond its canvas")
    return _three(data, at + 12)


def _three(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 3], "little")


_FLAGS_AT = 20
_ANIMATED = 0x02
_CANVAS, _FRAME = (int.from_bytes(kind, "little") for kind in (b"VP8X", b"ANMF"))
_CANVAS_BYTES = 10
_FRAME_BYTES = 16
