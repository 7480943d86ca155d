"""Length of a sound file (WAV, MP3, FLAC, Ogg), read from its structure; nothing is decoded.

Facts from: the RIFF and WAVE documents of Microsoft; ISO/IEC 11172-3 and 13818-3 (MP3), ID3v2.4.0, the info tag of
LAME; RFC 9639 (FLAC); RFC 3533 and 7845 (Ogg, Opus), the Vorbis I specification.
"""

from collections.abc import Iterator
from struct import Struct

from apiinone.assets.media import Measure, Unacceptable

FRAMES_MAX = 200_000
"""Frames of an MP3 that are walked: an hour and a half."""
CHUNKS_MAX = 10_000
PAGES_MAX = 100_000


def measure_wav(data: bytes) -> Measure:
    """Length of a WAV. Raises Unacceptable."""
    if int.from_bytes(data[4:8], "little") + 8 != len(data):
        raise Unacceptable("broken", "WAV cut off, or bytes after its end")
    bytes_per_s, sound_bytes = 0, None
    for kind, at, length in _wav_chunks(data):
        if kind == b"fmt " and length >= _FORMAT.size:
            bytes_per_s = _FORMAT.unpack_from(data, at)[3]
        elif kind == b"data":
            sound_bytes = length
    if not bytes_per_s or sound_bytes is None:
        raise Unacceptable("broken", "WAV without format or data")
    return Measure(duration_ms=sound_bytes * 1000 // bytes_per_s)


def _wav_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    at = _RIFF_BYTES
    for _ in range(CHUNKS_MAX):
        if at >= len(data):
            return
        if at + _CHUNK.size > len(data):
            break
        kind, length = _CHUNK.unpack_from(data, at)
        at += _CHUNK.size
        if at + length > len(data):
            break
        yield kind, at, length
        at += length + (length & 1)
    raise Unacceptable("broken", "WAV chunk")


def measure_mp3(data: bytes) -> Measure:
    """Length of an MP3, whose frames must follow one another to the end. Raises Unacceptable."""
    at, end = _after_id3(data), len(data)
    if data[-128:-125] == b"TAG":
        end -= 128
    samples, rate, frames = 0, 0, 0
    while at + 4 <= end:
        frame = _mp3_frame(data, at)
        if frame is None or at + frame[0] > end or (rate and frame[2] != rate) or frames > FRAMES_MAX:
            raise Unacceptable("broken", "MP3 frame")
        if frames == 0 and (trimmed := _info_tag(data[at : at + frame[0]])) is not None:
            samples -= trimmed  # the frame that says so holds no sound itself
        else:
            samples += frame[1]
        at, rate, frames = at + frame[0], frame[2], frames + 1
    if not rate or at != end or samples < 0:
        raise Unacceptable("broken", "MP3 cut off, or without frames")
    return Measure(duration_ms=samples * 1000 // rate)


def begins_as_mp3(data: bytes) -> bool:
    """Whether it begins with a tag or a frame of layer III."""
    return data.startswith(b"ID3") or _mp3_frame(data[:4], 0) is not None


def _after_id3(data: bytes) -> int:
    """Where the frames begin: after the tag, whose size is four times seven bits (ID3v2.4.0, 3.1)."""
    if not data.startswith(b"ID3") or len(data) < _ID3_BYTES:
        return 0
    size = 0
    for byte in data[6:10]:
        size = size << 7 | byte & 0x7F
    return _ID3_BYTES + size + (_ID3_BYTES if data[5] & 0x10 else 0)


def _mp3_frame(data: bytes, at: int) -> tuple[int, int, int] | None:
    """Bytes, samples and sample rate of the frame of layer III that begins here; None where none does."""
    head = int.from_bytes(data[at : at + 4])
    version, layer = head >> 19 & 3, head >> 17 & 3
    bitrate_no, rate_no, padding = head >> 12 & 15, head >> 10 & 3, head >> 9 & 1
    if head >> 21 != _SYNC or version == 1 or layer != 1 or bitrate_no in (0, 15) or rate_no == 3:  # noqa: PLR2004
        return None
    first = version == 3  # noqa: PLR2004 - MPEG 1; 2 is MPEG 2, 0 is MPEG 2.5
    rate = _RATES[rate_no] >> (0 if first else 1 if version == 2 else 2)  # noqa: PLR2004 - as above
    bitrate = (_BITRATES if first else _BITRATES_LOW)[bitrate_no] * 1000
    samples = 1152 if first else 576
    return samples // 8 * bitrate // rate + padding, samples, rate


def _info_tag(frame: bytes) -> int | None:
    """Samples that the encoder added before and after; None where the frame is one of sound."""
    at = max(frame.find(b"Xing", 0, 64), frame.find(b"Info", 0, 64))
    if at < 0:
        return None
    delay_at = at + _INFO_DELAY_AT
    added = (
        int.from_bytes(frame[delay_at : delay_at + 3])
        if frame[at + 120 : at + 124] in (b"LAME", b"Lavc", b"Lavf")
        else 0
    )
    return (added >> 12) + (added & 0xFFF)


def measure_flac(data: bytes) -> Measure:
    """Length of a FLAC, by its stream information. Raises Unacceptable."""
    if len(data) < _FLAC_BYTES_MIN or data[4] & 0x7F:
        raise Unacceptable("broken", "FLAC without stream information")
    packed = int.from_bytes(data[18:26])
    rate, samples = packed >> 44, packed & (1 << 36) - 1
    if not rate:
        raise Unacceptable("broken", "FLAC without a sample rate")
    return Measure(duration_ms=samples * 1000 // rate if samples else None)


def measure_ogg(data: bytes) -> Measure:
    """Length of an Ogg with Opus or Vorbis, by its last page; pages must fill the file. Raises Unacceptable."""
    at, granule, rate, skipped = 0, 0, 0, 0
    for _ in range(PAGES_MAX):
        if at == len(data):
            break
        if data[at : at + 4] != b"OggS" or at + _PAGE_BYTES > len(data):
            raise Unacceptable("broken", "Ogg page")
        table_at = at + _PAGE_BYTES
        body_at = table_at + data[at + 26]
        position = int.from_bytes(data[at + 6 : at + 14], "little", signed=True)
        granule = max(granule, position)
        if at == 0:
            rate, skipped = _ogg_rate(data[body_at : body_at + 30])
        at = body_at + sum(data[table_at:body_at])
    if not rate or at != len(data):
        raise Unacceptable("broken", "Ogg cut off, or of another kind")
    return Measure(duration_ms=max(0, granule - skipped) * 1000 // rate)


def _ogg_rate(first: bytes) -> tuple[int, int]:
    """Sample rate of what the pages count, and the samples to skip at the start; no rate for another codec."""
    if first.startswith(b"OpusHead"):
        return 48_000, int.from_bytes(first[10:12], "little")
    if first.startswith(b"\x01vorbis"):
        return int.from_bytes(first[12:16], "little"), 0
    return 0, 0


_RIFF_BYTES = 12
_CHUNK = Struct("<4sI")
_FORMAT = Struct("<HHIIHH")
_ID3_BYTES = 10
_SYNC = 0x7FF
_RATES = (44_100, 48_000, 32_000)
_BITRATES = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_BITRATES_LOW = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_INFO_DELAY_AT = 141
"""From the tag's four letters to the two times twelve bits of delay and padding (LAME's info tag)."""
_FLAC_BYTES_MIN = 42
_PAGE_BYTES = 27
