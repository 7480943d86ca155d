"""Width and height of a PNG, JPEG or WebP, read from its structure; nothing is decoded or decompressed.

The whole structure is walked, so that a file that is cut off, goes on after its end, or promises more pixels than its
data can hold is refused as broken. Facts from: PNG specification third edition; ITU-T T.81; RFC 9649 (WebP), RFC 6386.
"""

import zlib
from collections.abc import Iterator
from struct import Struct

from apiinone.assets.media import Unacceptable

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
CHUNKS_MAX = 20_000
"""Chunks or segments in one file; encoders write far fewer, and walking more would hold up the caller."""
DEFLATE_RATIO_MAX = 1032
"""The most that deflate compresses (zlib's technical notes): 258 bytes in two bits, so 1032 to one."""
JPEG_PIXELS_PER_BYTE_MAX = 512
"""A block of 8x8 pixels takes at least one bit."""

Size = tuple[int, int]
Part = tuple[int, int, int]
"""Kind of a chunk or segment (a marker, or four letters as a number), where its data begins and how long it is."""


def png_size(data: bytes) -> Size:
    """Width and height of a still PNG. Raises Unacceptable."""
    if data[8:_PNG_DATA] != _PNG_FIRST or len(data) < _PNG_DATA + _PNG_HEADER.size:
        raise Unacceptable("broken", "no PNG header")
    width, height, depth, colour, compression, filtering, interlace = _PNG_HEADER.unpack_from(data, _PNG_DATA)
    bits_per_pixel = _BITS_PER_PIXEL.get((depth, colour))
    if bits_per_pixel is None or compression or filtering or interlace > 1:
        raise Unacceptable("broken", "PNG header out of range")
    if height * (width * bits_per_pixel // 8) > _png_picture_bytes(data) * DEFLATE_RATIO_MAX:
        raise Unacceptable("broken", "more pixels than the data can hold")
    return width, height


def _png_picture_bytes(data: bytes) -> int:
    """Compressed bytes of the picture, after a walk over all chunks to the very end.

    Those that a reader must understand have their checksums proven.
    """
    view = memoryview(data)
    picture_bytes, kind = 0, 0
    at, end = len(PNG_MAGIC), len(data) - _CHECKSUM_BYTES
    for _ in range(CHUNKS_MAX):
        start = at + _PNG_CHUNK.size
        length, following = _PNG_CHUNK.unpack_from(data, at) if start <= end else (end, 0)
        stop = start + length
        if stop > end:  # no whole chunk follows
            break
        kind = following
        if not kind & _ANCILLARY and zlib.crc32(view[at + 4 : stop]) != _PNG_CHECKSUM.unpack_from(data, stop)[0]:
            raise Unacceptable("broken", "PNG checksum")
        if kind == _IDAT:
            picture_bytes += length
        elif kind == _ANIMATION:
            raise Unacceptable("wrong_type", "animated PNG")
        elif kind == _IEND and stop != end:
            raise Unacceptable("broken", "bytes after the end of the PNG")
        at = stop + _CHECKSUM_BYTES
    if kind != _IEND:
        raise Unacceptable("broken", "PNG cut off")
    return picture_bytes


_PNG_CHUNK = Struct(">II")
_PNG_CHECKSUM = Struct(">I")
_CHECKSUM_BYTES = _PNG_CHECKSUM.size
_PNG_FIRST = b"\x00\x00\x00\x0dIHDR"
_PNG_DATA = len(PNG_MAGIC) + len(_PNG_FIRST)
_PNG_HEADER = Struct(">IIBBBBB")
_IDAT, _IEND, _ANIMATION = (int.from_bytes(kind) for kind in (b"IDAT", b"IEND", b"acTL"))
_ANCILLARY = 0x20000000
"""The bit of a chunk type's first letter that lets a reader ignore the chunk."""
_DEPTHS = ((0, 1, (1, 2, 4, 8, 16)), (2, 3, (8, 16)), (3, 1, (1, 2, 4, 8)), (4, 2, (8, 16)), (6, 4, (8, 16)))
"""Colour type, samples per pixel, and the bits that each sample may have."""
_BITS_PER_PIXEL = {(depth, colour): depth * samples for colour, samples, depths in _DEPTHS for depth in depths}


def jpeg_size(data: bytes) -> Size:
    """Width and height of a JPEG as stored; a rotation noted in its metadata is not applied. Raises Unacceptable."""
    size: Size | None = None
    for marker, at, length in _jpeg_segments(data):
        if marker in _FRAMES:
            size = _jpeg_frame(data[at : at + length])
        elif marker == _SCAN and size is not None:
            return _jpeg_scanned(size, data, at + length)
    raise Unacceptable("broken", "JPEG without a picture")


def _jpeg_segments(data: bytes) -> Iterator[Part]:
    """The segments before the first scan, and its header."""
    at, end = len(_JPEG_START), len(data)
    for _ in range(CHUNKS_MAX):
        while data[at : at + 2] == _FILL:
            at += 1
        if at + _SEGMENT.size > end:
            return
        prefix, marker, length = _SEGMENT.unpack_from(data, at)
        stop = at + 2 + length
        if prefix != _MARKER or marker in _WITHOUT_LENGTH or length < 2 or stop > end:  # noqa: PLR2004 - its own bytes
            return
        yield marker, at + _SEGMENT.size, length - 2
        if marker == _SCAN:
            return
        at = stop


def _jpeg_frame(segment: bytes) -> Size:
    """Read a frame header: precision, height, width, components, then three bytes for each component."""
    if len(segment) < _FRAME.size:
        raise Unacceptable("broken", "JPEG frame header")
    _, height, width, _ = _FRAME.unpack_from(segment)
    return width, height


def _jpeg_scanned(size: Size, data: bytes, scan_at: int) -> Size:
    """Judge what follows the header of the first scan: it must be enough, and the end marker must end it."""
    if not data.endswith(_JPEG_END, scan_at):
        raise Unacceptable("broken", "JPEG cut off, or bytes after its end")
    if size[0] * size[1] > (len(data) - scan_at) * JPEG_PIXELS_PER_BYTE_MAX:
        raise Unacceptable("broken", "more pixels than the data can hold")
    return size


_JPEG_START = b"\xff\xd8"
_JPEG_END = b"\xff\xd9"
_FILL = b"\xff\xff"
_MARKER = 0xFF
_SEGMENT = Struct(">BBH")
_FRAME = Struct(">BHHB")
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
"""Baseline, extended and progressive; browsers show no other kind, so a JPEG of another has no picture for us."""
_SCAN = 0xDA
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xDA)})
"""TEM, RST0-7, SOI, EOI: none of them belongs before the first scan."""


def webp_size(data: bytes) -> Size:
    """Width and height of a still WebP. Raises Unacceptable."""
    canvas: Size | None = None
    picture: Size | None = None
    for kind, at, length in webp_chunks(data):
        if kind == _EXTENDED:
            canvas = _webp_canvas(data, at, length)
        elif kind == _LOSSY:
            picture = _webp_lossy(data, at, length)
        elif kind == _LOSSLESS:
            picture = _webp_lossless(data, at, length)
    if picture is None or canvas not in (None, picture):
        raise Unacceptable("broken", "WebP without a picture, or with one of another size")
    return picture


def webp_chunks(data: bytes) -> Iterator[Part]:
    """All chunks, which must fill the file."""
    at, end = _RIFF_BYTES, len(data)
    if int.from_bytes(data[4:8], "little") + 8 != end:
        raise Unacceptable("broken", "WebP cut off, or bytes after its end")
    for _ in range(CHUNKS_MAX):
        if at + RIFF_CHUNK.size > end:
            break
        kind, length = RIFF_CHUNK.unpack_from(data, at)
        at += RIFF_CHUNK.size
        if at + length > end:
            break
        yield kind, at, length
        at += length + (length & 1)
    if at != end:
        raise Unacceptable("broken", "WebP chunks")


def _webp_canvas(data: bytes, at: int, length: int) -> Size:
    """Read the extended header: flags, three unused bytes, width and height less one in 24 bits each."""
    if length < _CANVAS_BYTES:
        raise Unacceptable("broken", "WebP extended header")
    if data[at] & _ANIMATED:
        raise Unacceptable("wrong_type", "animated WebP")
    return 1 + int.from_bytes(data[at + 4 : at + 7], "little"), 1 + int.from_bytes(data[at + 7 : at + 10], "little")


def _webp_lossy(data: bytes, at: int, length: int) -> Size:
    """Read the header of a VP8 key frame (RFC 6386, 9.1)."""
    if length > _VP8.size:
        tag, start_code, width, height = _VP8.unpack_from(data, at)
        bits = int.from_bytes(tag, "little")
        if not bits & 1 and start_code == _VP8_START and bits >> 5 < length:
            return width & _SIDE_BITS, height & _SIDE_BITS
    raise Unacceptable("broken", "WebP frame header")


def _webp_lossless(data: bytes, at: int, length: int) -> Size:
    """Read the header of a lossless picture (RFC 9649, 3.4)."""
    if length > _VP8L.size:
        signature, bits = _VP8L.unpack_from(data, at)
        if signature == _VP8L_SIGNATURE:
            return 1 + (bits & _SIDE_BITS), 1 + (bits >> 14 & _SIDE_BITS)
    raise Unacceptable("broken", "WebP frame header")


_RIFF_BYTES = 12
RIFF_CHUNK = Struct("<II")
_EXTENDED, _LOSSY, _LOSSLESS = (int.from_bytes(kind, "little") for kind in (b"VP8X", b"VP8 ", b"VP8L"))
_CANVAS_BYTES = 10
_ANIMATED = 0x02
_VP8 = Struct("<3s3sHH")
_VP8_START = b"\x9d\x01\x2a"
_VP8L = Struct("<BI")
_VP8L_SIGNATURE = 0x2F
_SIDE_BITS = 0x3FFF
