"""Size and length of a WebM film, read from its elements; nothing is decoded.

Facts from: RFC 8794 (EBML) and RFC 9559 (Matroska). The elements must fill the file, a segment of unknown size (as
live recorders write) included, so that a file that is cut off is refused as broken.
"""

from collections.abc import Iterator
from struct import Struct
from typing import Final

from apiinone.assets.media import Measure, Unacceptable

ELEMENTS_MAX = 50_000
"""Elements beside one another; a film has a cluster for every few seconds."""
_NS_PER_MS: Final = 1_000_000
_SCALE_NS: Final = 1_000_000
"""What a time unit is where the file does not say."""

Part = tuple[int, int]
Element = tuple[int, Part]
"""An element's id, and where its content begins and ends."""

_EBML, _DOC_TYPE, _SEGMENT, _INFO, _TRACKS, _CLUSTER = (
    0x1A45DFA3,
    0x4282,
    0x18538067,
    0x1549A966,
    0x1654AE6B,
    0x1F43B675,
)
_TIMESTAMP_SCALE, _DURATION, _TRACK, _VIDEO, _WIDTH, _HEIGHT = (0x2AD7B1, 0x4489, 0xAE, 0xE0, 0xB0, 0xBA)


def measure_webm(data: bytes) -> Measure:
    """What a film says of itself; it may not say how long it is. Raises Unacceptable."""
    (head, segment) = _two(data)
    kind = next((data[slice(*part)] for name, part in _elements(data, head) if name == _DOC_TYPE), b"")
    if kind.rstrip(b"\0") not in (b"webm", b"matroska"):
        raise Unacceptable("broken", "EBML of another kind")
    inside: dict[int, Part] = {}
    clusters = 0
    for name, part in _elements(data, segment):
        inside.setdefault(name, part)
        clusters += name == _CLUSTER and part[1] > part[0]
    if _TRACKS not in inside or not clusters:
        raise Unacceptable("broken", "WebM without tracks or data")
    width, height = _sides(data, inside[_TRACKS])
    return Measure(width, height, _duration_ms(data, inside.get(_INFO)))


def _two(data: bytes) -> tuple[Part, Part]:
    """The header and the segment, which are all there is."""
    found = list(_elements(data, (0, len(data))))
    if [name for name, _ in found] != [_EBML, _SEGMENT]:
        raise Unacceptable("broken", "WebM without a segment, or with more than one")
    return found[0][1], found[1][1]


def _sides(data: bytes, tracks: Part) -> tuple[int, int]:
    """Of the first track with pictures."""
    for name, track in _elements(data, tracks):
        video = (
            next((part for kind, part in _elements(data, track) if kind == _VIDEO), None) if name == _TRACK else None
        )
        if video is not None:
            values = {kind: int.from_bytes(data[slice(*part)]) for kind, part in _elements(data, video)}
            return values.get(_WIDTH, 0), values.get(_HEIGHT, 0)
    raise Unacceptable("wrong_type", "WebM without a film")


def _duration_ms(data: bytes, info: Part | None) -> int | None:
    if info is None:
        return None
    found = {name: data[slice(*part)] for name, part in _elements(data, info)}
    scale_ns = int.from_bytes(found.get(_TIMESTAMP_SCALE, _SCALE_NS.to_bytes(4))[:8])
    length = _float(found.get(_DURATION, b""))
    if length is None or not 0 <= length < 2**53:
        return None
    return int(length * scale_ns / _NS_PER_MS)


def _float(data: bytes) -> float | None:
    match len(data):
        case 4:
            return _F32.unpack(data)[0]
        case 8:
            return _F64.unpack(data)[0]
        case _:
            return None


def _elements(data: bytes, part: Part) -> Iterator[Element]:
    """The elements that fill a part of the file. Raises Unacceptable where they do not."""
    at, end = part
    for _ in range(ELEMENTS_MAX):
        if at == end:
            return
        name, start = _number(data, at, end, keep_marker=True)
        size, start = _number(data, start, end, keep_marker=False)
        stop = _stop(data, name, (start, end)) if size == _UNKNOWN else start + size
        if stop > end:
            break
        yield name, (start, stop)
        at = stop
    raise Unacceptable("broken", "WebM cut off, or bytes after its end")


def _stop(data: bytes, name: int, part: Part) -> int:
    """Where an element of unknown size ends: a segment at the end of the file, a cluster before the next one."""
    start, end = part
    if name != _CLUSTER:
        return end
    following = data.find(_CLUSTER.to_bytes(4), start, end)
    return end if following < 0 else following


def _number(data: bytes, at: int, end: int, *, keep_marker: bool) -> tuple[int, int]:
    """A number of variable length and where it ends; `_UNKNOWN` for a size that says so."""
    length = 9 - data[at].bit_length() if at < end else 0
    if not 1 <= length <= 8 or at + length > end:  # noqa: PLR2004 - bytes of a number (RFC 8794, 4)
        raise Unacceptable("broken", "WebM element")
    value = int.from_bytes(data[at : at + length])
    if keep_marker:
        return value, at + length
    plain = value - (1 << 7 * length)
    return (_UNKNOWN if plain == (1 << 7 * length) - 1 else plain), at + length


_UNKNOWN = -1
_F32 = Struct(">f")
_F64 = Struct(">d")
