"""Films and sounds to test with, made once by FFmpeg (`av`), Pillow and the standard library."""

import io
import wave
from collections.abc import Mapping
from typing import Any

import av
from PIL import Image

SIDES = (64, 48)
FRAMES = 20
FPS = 10
RATE_HZ = 48_000
SOUND_S = 2


_library: Any = av  # its annotations speak of numpy, which is not installed
_image = _library.VideoFrame.from_image


def film(container: str, codec: str, options: Mapping[str, str] | None = None) -> bytes:
    """Two seconds that change."""
    out = io.BytesIO()
    file: Any
    with av.open(out, "w", format=container, options=dict(options or {})) as file:
        stream = file.add_stream(codec, rate=FPS)
        stream.width, stream.height, stream.pix_fmt = *SIDES, "yuv420p"
        for number in range(FRAMES):
            frame: Any = _image(Image.new("RGB", SIDES, (number * 10, 80, 120)))
            frame.pts = number
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return out.getvalue()


def sound(container: str, codec: str) -> bytes:
    """Two seconds of a ramp."""
    out = io.BytesIO()
    file: Any
    with av.open(out, "w", format=container) as file:
        stream = file.add_stream(codec, rate=RATE_HZ)
        stream.layout = "mono"
        for at in range(0, RATE_HZ * SOUND_S, 960):
            frame = av.AudioFrame(format="s16", layout="mono", samples=960)
            frame.planes[0].update(bytes(range(256)) * 7 + bytes(128))
            frame.sample_rate, frame.pts = RATE_HZ, at
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return out.getvalue()


def wav(rate_hz: int = 8000, channels: int = 1) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(bytes(2 * channels * rate_hz * SOUND_S))
    return out.getvalue()


def animated_webp(frames: int = 4, duration_ms: int = 250) -> bytes:
    out = io.BytesIO()
    first, *rest = [Image.new("RGB", SIDES, (number * 40, 10, 10)) for number in range(frames)]
    first.save(out, "WEBP", save_all=True, append_images=rest, duration=duration_ms)
    return out.getvalue()


MP4 = film("mp4", "libx264")
MP4_IN_FRAGMENTS = film("mp4", "libx264", {"movflags": "frag_keyframe+empty_moov"})
WEBM = film("webm", "libvpx-vp9")
WEBM_LIVE = film("webm", "libvpx", {"live": "1"})
MP3 = sound("mp3", "libmp3lame")
FLAC = sound("flac", "flac")
OGG = sound("ogg", "libopus")
M4A = sound("ipod", "aac")
WAV = wav()
