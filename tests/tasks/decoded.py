"""What independent decoders (Pillow, FFmpeg by `av`, the standard library's `wave`) find in a file; the whole of it."""

import io
import wave
from collections.abc import Iterator
from typing import Any

import av
from msgspec import Struct
from PIL import Image


class Seen(Struct, frozen=True):
    """What a file turned out to hold; every frame or sample of it was decoded."""

    format: str
    width: int = 0
    height: int = 0
    duration_s: float = 0.0
    frames: int = 0
    rate_hz: int = 0
    channels: int = 0
    bitrate: int = 0
    loudest: int = 0
    """Of 32,767."""
    moves: bool = False
    sounds: bool = False


def picture(data: bytes) -> Seen:
    with Image.open(io.BytesIO(data)) as found:
        found.load()
        return Seen(str(found.format).lower(), *found.size)


def film(data: bytes) -> Seen:
    container: Any
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        frames, first, last = _looked_through(container.decode(stream))
        sounds = bool(container.streams.audio)
        duration_s = float(container.duration or 0) / 1_000_000
        name = container.format.name
        moves = _small(first) != _small(last)
        seen = Seen(name, stream.width, stream.height, duration_s, frames, moves=moves)
    if sounds:
        heard = sound(data)
        return Seen(
            seen.format, seen.width, seen.height, seen.duration_s, seen.frames, heard.rate_hz, heard.channels,
            loudest=heard.loudest, moves=seen.moves, sounds=True,
        )  # fmt: skip
    return seen


def _looked_through(frames: Iterator[Any]) -> tuple[int, Any, Any]:
    """How many there are, the first and the last; a list of a film's frames would be hundreds of megabytes."""
    first = last = next(frames)
    count = 1
    for count, last in enumerate(frames, 2):  # noqa: B007 - what the loop leaves is what is asked for
        pass
    return count, first, last


def _small(frame: Any) -> bytes:
    shown: Any = frame.to_image()
    small: bytes = shown.resize((32, 32)).tobytes()
    return small


def sound(data: bytes) -> Seen:
    """FFmpeg's decoder gives every sample as a 16-bit number."""
    container: Any
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.audio[0]
        resampler: Any = av.AudioResampler(format="s16", layout="mono", rate=stream.rate)
        samples, loudest = 0, 0
        for frame in container.decode(stream):
            samples += frame.samples
            for piece in resampler.resample(frame):
                values = memoryview(bytes(piece.planes[0])[: piece.samples * 2]).cast("h")
                loudest = max(loudest, max(values, default=0))
        bitrate = int(stream.codec_context.bit_rate or 0)
        channels, rate_hz, name = stream.codec_context.channels, stream.rate, container.format.name
    return Seen(
        name, duration_s=samples / rate_hz, rate_hz=rate_hz, channels=channels, bitrate=bitrate, loudest=loudest
    )


def wav(data: bytes) -> Seen:
    with wave.open(io.BytesIO(data)) as file:
        values: Any = memoryview(file.readframes(file.getnframes())).cast("h")
        return Seen(
            "wav",
            duration_s=file.getnframes() / file.getframerate(),
            rate_hz=file.getframerate(),
            channels=file.getnchannels(),
            loudest=max(values),
        )
