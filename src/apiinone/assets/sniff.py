"""What bytes are, whatever their sender calls them: the type from their first bytes, the rest from their structure.

Nothing is decoded here, so this is safe and fast in the server's own process. Drawings from outside must have been
through `svg.sanitise` before: of an SVG only the first tag is read.
"""

import re
from collections.abc import Callable
from hashlib import sha256

from msgspec import Struct

from apiinone.assets.animation import is_animated_webp, measure_animation
from apiinone.assets.media import Expected, Measure, Media, MediaLimits, Unacceptable, judge_measure
from apiinone.assets.mp4 import measure_mp4
from apiinone.assets.raster import PNG_MAGIC, jpeg_size, png_size, webp_size
from apiinone.assets.sound import begins_as_mp3, measure_flac, measure_mp3, measure_ogg, measure_wav
from apiinone.assets.svg import svg_size
from apiinone.assets.webm import measure_webm


def examine(data: bytes, limits: MediaLimits) -> Media:
    """Find out what a file is. Raises Unacceptable."""
    kind, measure = measured(data, limits)
    return Media(
        content_type=kind.content_type,
        extension=kind.extension,
        width=measure.width,
        height=measure.height,
        bytes=len(data),
        sha256=sha256(data).hexdigest(),
        duration_ms=measure.duration_ms,
    )


class Kind(Struct, frozen=True):
    """A type that is taken, and how a file of it is measured."""

    content_type: str
    extension: str
    expected: Expected
    measure: Callable[[bytes], Measure]


def measured(data: bytes, limits: MediaLimits) -> tuple[Kind, Measure]:
    """The type, and what the structure says, within the limits. Raises Unacceptable."""
    if not data:
        raise Unacceptable("empty")
    if len(data) > limits.bytes_max:
        raise Unacceptable("too_large")
    kind = judge_type(data, limits.expected)
    measure = kind.measure(data)
    judge_measure(measure, limits)
    return kind, measure


def judge_type(data: bytes, expected: Expected) -> Kind:
    """The type by the first bytes. Raises Unacceptable where it is unknown or not what was expected."""
    kind = kind_of(data)
    if kind.expected != expected:
        raise Unacceptable("wrong_type", kind.content_type)
    return kind


def kind_of(data: bytes) -> Kind:
    """The type by the first bytes. Raises Unacceptable for an unknown one, and for known ones that nobody expects."""
    for kind, magic, form in _BY_MAGIC:
        if data.startswith(magic) and data.startswith(form, _FORM_AT):
            return _ANIMATED_WEBP if kind is _WEBP and is_animated_webp(data) else kind
    if _begins_as_svg(data[:_PROLOGUE_BYTES_MAX]):
        return _SVG
    for name, magic, at in _NEVER_TAKEN:
        if data.startswith(magic, at):
            raise Unacceptable("wrong_type", name)
    if data.startswith(b"ftyp", 4):
        return _MP4
    if begins_as_mp3(data):
        return _MP3
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
    ("AVIF", b"ftypavi", 4),
    ("HEIF", b"ftyphei", 4),
    ("HEIF", b"ftyphev", 4),
    ("HEIF", b"ftypmif", 4),
    ("HEIF", b"ftypmsf", 4),
    ("M4A", b"ftypM4A", 4),
    ("QuickTime", b"ftypqt", 4),
    ("PDF", b"%PDF-", 0),
)


def _sized(size: Callable[[bytes], tuple[int, int]]) -> Callable[[bytes], Measure]:
    return lambda data: Measure(*size(data))


_PNG = Kind("image/png", "png", "raster", _sized(png_size))
_JPEG = Kind("image/jpeg", "jpg", "raster", _sized(jpeg_size))
_WEBP = Kind("image/webp", "webp", "raster", _sized(webp_size))
_SVG = Kind("image/svg+xml", "svg", "vector", _sized(svg_size))
_ANIMATED_WEBP = Kind("image/webp", "webp", "video", measure_animation)
_MP4 = Kind("video/mp4", "mp4", "video", measure_mp4)
_WEBM = Kind("video/webm", "webm", "video", measure_webm)
_WAV = Kind("audio/wav", "wav", "audio", measure_wav)
_MP3 = Kind("audio/mpeg", "mp3", "audio", measure_mp3)
_FLAC = Kind("audio/flac", "flac", "audio", measure_flac)
_OGG = Kind("audio/ogg", "ogg", "audio", measure_ogg)
_FORM_AT = 8
_BY_MAGIC = (
    (_PNG, PNG_MAGIC, b""),
    (_JPEG, _JPEG_MAGIC, b""),
    (_WEBP, b"RIFF", b"WEBP"),
    (_WAV, b"RIFF", b"WAVE"),
    (_WEBM, b"\x1a\x45\xdf\xa3", b""),
    (_FLAC, b"fLaC", b""),
    (_OGG, b"OggS", b""),
)
"""Each type with its first bytes, and what RIFF files say of their form."""
