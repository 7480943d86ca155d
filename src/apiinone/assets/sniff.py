"""What bytes are, whatever their sender calls them: the type from their first bytes, the size from their structure.

Nothing is decoded here, so this is safe and fast in the server's own process. Drawings from outside must have been
through `svg.sanitise` before: of an SVG only the first tag is read.
"""

import re
from collections.abc import Callable
from hashlib import sha256

from msgspec import Struct

from apiinone.assets.media import Expected, Media, MediaLimits, Unacceptable, judge_size
from apiinone.assets.raster import PNG_MAGIC, Size, jpeg_size, png_size, webp_size
from apiinone.assets.svg import svg_size


def examine(data: bytes, limits: MediaLimits) -> Media:
    """Find out what a picture is. Raises Unacceptable."""
    if not data:
        raise Unacceptable("empty")
    if len(data) > limits.bytes_max:
        raise Unacceptable("too_large")
    kind = judge_type(data, limits.expected)
    width, height = kind.size(data)
    judge_size(width, height, limits)
    return Media(kind.content_type, kind.extension, width, height, len(data), sha256(data).hexdigest())


class Kind(Struct, frozen=True):
    """A type that is taken, and how to read a picture's size in it."""

    content_type: str
    extension: str
    expected: Expected
    size: Callable[[bytes], Size]


def judge_type(data: bytes, expected: Expected) -> Kind:
    """The type by the first bytes. Raises Unacceptable where it is unknown or not what was expected."""
    kind = _kind(data)
    if kind.expected != expected:
        raise Unacceptable("wrong_type", kind.content_type)
    return kind


def _kind(data: bytes) -> Kind:
    """The type by the first bytes. Raises Unacceptable for an unknown one, and for known ones that nobody expects."""
    if data.startswith(PNG_MAGIC):
        return _PNG
    if data.startswith(_JPEG_MAGIC):
        return _JPEG
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _WEBP
    if _begins_as_svg(data[:_PROLOGUE_BYTES_MAX]):
        return _SVG
    for name, magic, at in _NEVER_TAKEN:
        if data.startswith(magic, at):
            raise Unacceptable("wrong_type", name)
    raise Unacceptable("unknown_type")


def _begins_as_svg(start: bytes) -> bool:
    """Whether the first tag is `svg`, after a byte order mark, a declaration, comments and a document type."""
    rest = start.removeprefix(_BYTE_ORDER_MARK).lstrip()
    for _ in range(_PROLOGUE_PARTS_MAX):
        closing = next((closing for opening, closing in _PROLOGUE_PARTS if rest.startswith(opening)), None)
        if closing is None:
            break
        rest = rest.partition(closing)[2].lstrip()
    return _SVG_TAG.match(rest) is not None


_JPEG_MAGIC = b"\xff\xd8\xff"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_PROLOGUE_BYTES_MAX = 4096
_PROLOGUE_PARTS_MAX = 20
_SVG_TAG = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?svg[\s/>]")
_PROLOGUE_PARTS = ((b"<?", b"?>"), (b"<!--", b"-->"), (b"<!DOCTYPE", b">"))
_NEVER_TAKEN = (
    ("GIF", b"GIF8", 0),
    ("BMP", b"BM", 0),
    ("TIFF", b"II*\x00", 0),
    ("TIFF", b"MM\x00*", 0),
    ("AVIF, HEIF or MP4", b"ftyp", 4),
    ("PDF", b"%PDF-", 0),
)
_PNG = Kind("image/png", "png", "raster", png_size)
_JPEG = Kind("image/jpeg", "jpg", "raster", jpeg_size)
_WEBP = Kind("image/webp", "webp", "raster", webp_size)
_SVG = Kind("image/svg+xml", "svg", "vector", svg_size)
