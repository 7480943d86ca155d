"""Size and length of an MP4 film, read from its boxes; nothing is decoded.

Facts from: ISO/IEC 14496-12 (boxes, `mvhd`, `tkhd`, `hdlr`, `stts`, `stsz`, `mehd`) and -14. The boxes must fill the
file, and its samples must fit into its data, so that a file that is cut off is refused as broken.
"""

from collections.abc import Iterator
from struct import Struct, error

import msgspec

from apiinone.assets.media import Measure, Unacceptable

BOXES_MAX = 20_000
"""Boxes beside one another; a film in fragments has two for each."""
TRACKS_MAX = 16
ENTRIES_MAX = 500_000
"""Entries of one table."""

Part = tuple[int, int]
"""Where the content of a box begins and ends."""


class Track(msgspec.Struct, frozen=True):
    """One track: what it holds (`vide`, `soun` …), its size in pixels, its samples and their bytes."""

    handler: bytes
    width: int
    height: int
    samples: int
    samples_bytes: int


def measure_mp4(data: bytes) -> Measure:
    """What a film says of itself. Raises Unacceptable."""
    try:
        return _measured(data)
    except error:
        raise Unacceptable("broken", "MP4 box too short") from None


def _measured(data: bytes) -> Measure:
    boxes = list(_boxes(data, (0, len(data))))
    movie = next((part for kind, part in boxes if kind == b"moov"), None)
    data_bytes = sum(end - start for kind, (start, end) in boxes if kind == b"mdat")
    if movie is None or not data_bytes:
        raise Unacceptable("broken", "MP4 without a movie or its data")
    inside = list(_boxes(data, movie))
    tracks = [_track(data, part) for kind, part in inside if kind == b"trak"]
    if len(tracks) > TRACKS_MAX:
        raise Unacceptable("broken", "MP4 with too many tracks")
    film = next((track for track in tracks if track.handler == b"vide"), None)
    if film is None:
        raise Unacceptable("wrong_type", "MP4 without a film")
    if sum(track.samples_bytes for track in tracks) > data_bytes:
        raise Unacceptable("broken", "MP4 cut off")
    return Measure(film.width, film.height, _movie_ms(data, inside), film.samples or None)


def _movie_ms(data: bytes, inside: list[tuple[bytes, Part]]) -> int | None:
    """How long the movie lasts; None where it is in fragments that do not say."""
    header = next((part for kind, part in inside if kind == b"mvhd"), None)
    if header is None:
        raise Unacceptable("broken", "MP4 without a header")
    wide = data[header[0]] == 1
    scale, length = (_MVHD_WIDE if wide else _MVHD).unpack_from(data, header[0] + (20 if wide else 12))
    extends = next((part for kind, part in inside if kind == b"mvex"), None)
    if not length and extends is not None:
        said = next((part for kind, part in _boxes(data, extends) if kind == b"mehd"), None)
        if said is None:
            return None
        (length,) = (_U64 if data[said[0]] == 1 else _U32).unpack_from(data, said[0] + 4)
    if not scale:
        raise Unacceptable("broken", "MP4 without a time scale")
    return length * 1000 // scale


def _track(data: bytes, part: Part) -> Track:
    found = dict(_deep(data, part, _CONTAINERS))
    header, handler = found.get(b"tkhd"), found.get(b"hdlr")
    if header is None or handler is None:
        raise Unacceptable("broken", "MP4 track without a header")
    width, height = _SIZE.unpack_from(data, header[1] - _SIZE.size)
    samples, samples_bytes = _samples(data, found.get(b"stsz"))
    start = handler[0] + 8
    return Track(data[start : start + 4], width >> 16, height >> 16, samples, samples_bytes)


def _samples(data: bytes, part: Part | None) -> tuple[int, int]:
    """How many samples a track has, and how many bytes they take together (`stsz`)."""
    if part is None:
        return 0, 0
    start, end = part
    each, count = _SIZE.unpack_from(data, start + 4)
    if each:
        return count, each * count
    if count > ENTRIES_MAX or start + 12 + 4 * count > end:
        raise Unacceptable("broken", "MP4 table of samples")
    return count, sum(value for (value,) in _U32.iter_unpack(data[start + 12 : start + 12 + 4 * count]))


def _deep(data: bytes, part: Part, into: frozenset[bytes]) -> Iterator[tuple[bytes, Part]]:
    """All boxes inside, those within the named containers too."""
    for kind, inner in _boxes(data, part):
        if kind in into:
            yield from _deep(data, inner, into - {kind})
        else:
            yield kind, inner


def _boxes(data: bytes, part: Part) -> Iterator[tuple[bytes, Part]]:
    """The boxes that fill a part of the file, each with where its content is. Raises Unacceptable where they do not."""
    at, end = part
    for _ in range(BOXES_MAX):
        if at == end:
            return
        if at + _BOX.size > end:
            break
        size, kind = _BOX.unpack_from(data, at)
        start = at + _BOX.size
        if size == 1 and start + _U64.size <= end:
            (size,) = _U64.unpack_from(data, start)
            start += _U64.size
        elif size == 0:
            size = end - at
        if at + size < start or at + size > end:
            break
        yield kind, (start, at + size)
        at += size
    raise Unacceptable("broken", "MP4 cut off, or bytes after its end")


_BOX = Struct(">I4s")
_U32 = Struct(">I")
_U64 = Struct(">Q")
_SIZE = Struct(">II")
_MVHD = Struct(">II")
_MVHD_WIDE = Struct(">IQ")
_CONTAINERS = frozenset({b"mdia", b"minf", b"stbl"})
