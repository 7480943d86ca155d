"""Samples as the file of a sound: MP3 where the optional `av` is installed, WAV always."""

import importlib.util
import io
import sys
import wave
from array import array
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from apiinone.providers.local.canvas import ORIGIN
from apiinone.providers.local.media_briefs import Made, Sound

if TYPE_CHECKING:
    from av import AudioFrame

SAMPLE_BYTES = 2
WIDENED_S = 0.011
"""How much later the right ear hears what is one sound for both: it seems to be wider."""
BITRATES = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
BITRATES_LOW = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
"""What MP3 has in kilobits per second (ISO/IEC 11172-3), and below 32 kHz (ISO/IEC 13818-3)."""
LOW_BELOW_HZ = 32_000
LAME_OPTIONS = {"compression_level": "7"}
"""Of 9: half the time of the usual 5, and nobody hears it in a test."""
PIECE_SAMPLES = 1152


class Samples(Struct, frozen=True):
    """Sound for one ear, 16 bits a sample."""

    values: "array[int]"
    rate_hz: int


def base_rate(rate_hz: int, most_hz: int) -> int:
    """The rate to compute sound at: the whole rate or the largest whole part of it that is at most this."""
    parts = next(parts for parts in range(1, rate_hz + 1) if rate_hz % parts == 0 and rate_hz // parts <= most_hz)
    return rate_hz // parts


def sound_file(samples: Samples, sound: Sound) -> Made:
    """The samples as the file that is asked for; its rate must be a multiple of theirs."""
    data = interleaved(samples, sound.sample_rate_hz, sound.channels)
    if sound.format == "mp3" and _has_mp3():
        return Made(_mp3(data, sound), "audio/mpeg")
    return Made(_wav(data, sound), "audio/wav")


def mp3_bitrate(asked: int, rate_hz: int) -> int:
    """The bitrate nearest to what is asked that an MP3 of this sample rate can have; the higher of two."""
    table = BITRATES_LOW if rate_hz < LOW_BELOW_HZ else BITRATES
    return min(table, key=lambda kilobits: (abs(kilobits * 1000 - asked), -kilobits)) * 1000


def interleaved(samples: Samples, rate_hz: int, channels: Literal[1, 2]) -> "array[int]":
    """The samples at another rate, a multiple of theirs, in one channel or, a little apart, in two."""
    left = _more(samples.values, rate_hz // samples.rate_hz)
    if channels == 1:
        return left
    late = min(len(left), round(WIDENED_S * rate_hz))
    both = array("h", bytes(2 * SAMPLE_BYTES * len(left)))
    both[0::2] = left
    both[1::2] = array("h", bytes(SAMPLE_BYTES * late)) + left[: len(left) - late]
    return both


def av_frames(data: "array[int]", rate_hz: int, channels: Literal[1, 2]) -> Iterator["AudioFrame"]:
    """The samples as `av` takes them."""
    from av import AudioFrame  # noqa: PLC0415 - optional, and heavy

    layout = "stereo" if channels == 2 else "mono"  # noqa: PLR2004 - two ears
    view = memoryview(data).cast("B")
    for at in range(0, len(data) // channels, PIECE_SAMPLES):
        piece = view[at * channels * SAMPLE_BYTES : (at + PIECE_SAMPLES) * channels * SAMPLE_BYTES]
        frame = AudioFrame(format="s16", layout=layout, samples=len(piece) // (channels * SAMPLE_BYTES))
        plane = frame.planes[0]
        plane.update(bytes(piece).ljust(plane.buffer_size, b"\0"))
        frame.sample_rate, frame.pts = rate_hz, at
        yield frame


def _more(values: "array[int]", times: int) -> "array[int]":
    """So many times as many samples, on straight lines between those there are."""
    if times == 1:
        return values
    after = values[1:] + values[-1:]
    more = array("h", bytes(SAMPLE_BYTES * len(values) * times))
    more[0::times] = values
    for step in range(1, times):
        more[step::times] = array("h", [a + (b - a) * step // times for a, b in zip(values, after, strict=True)])
    return more


def _wav(data: "array[int]", sound: Sound) -> bytes:
    """A WAV with the sentence of origin in a LIST chunk behind the samples."""
    if sys.byteorder == "big":
        data = data[:]
        data.byteswap()
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(sound.channels)
        file.setsampwidth(SAMPLE_BYTES)
        file.setframerate(sound.sample_rate_hz)
        file.writeframes(data.tobytes())
    text = ORIGIN.encode("latin-1") + b"\0"
    text += b"\0" * (len(text) % 2)
    comment = b"INFOICMT" + len(text).to_bytes(4, "little") + text
    whole = out.getvalue() + b"LIST" + len(comment).to_bytes(4, "little") + comment
    return whole[:4] + (len(whole) - 8).to_bytes(4, "little") + whole[8:]


def _has_mp3() -> bool:
    if importlib.util.find_spec("av") is None:
        return False
    from av.codec import codecs_available  # noqa: PLC0415 - optional, and heavy

    return "libmp3lame" in codecs_available


def _mp3(data: "array[int]", sound: Sound) -> bytes:
    import av  # noqa: PLC0415 - optional, and heavy

    out = io.BytesIO()
    container: Any  # its annotations leave open which kind of stream `add_stream` gives
    with av.open(out, "w", format="mp3", options={"fflags": "+bitexact"}) as container:
        container.metadata["comment"] = ORIGIN
        stream = container.add_stream("libmp3lame", rate=sound.sample_rate_hz, options=dict(LAME_OPTIONS))
        stream.layout = "stereo" if sound.channels == 2 else "mono"  # noqa: PLR2004 - two ears
        stream.bit_rate = mp3_bitrate(sound.bitrate, sound.sample_rate_hz)
        for frame in av_frames(data, sound.sample_rate_hz, sound.channels):
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return out.getvalue()
