"""Frames and sound as the file of a film: MP4 or WebM where the optional `av` is installed, else an animated WebP.

Which encoders there are is asked of the wheel: H.264 plays everywhere and comes first, and nothing is taken for
granted. An animated WebP has no sound.
"""

import importlib.util
import io
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from msgspec import Struct
from PIL import Image

from apiinone.providers.local.canvas import ORIGIN
from apiinone.providers.local.media_briefs import FilmFormat, Made
from apiinone.providers.local.raster import EXIF_IMAGE_DESCRIPTION
from apiinone.providers.local.sound_file import Samples, av_frames, interleaved

CODECS: Mapping[FilmFormat, tuple[str, ...]] = {
    "mp4": ("libx264", "libopenh264", "libsvtav1", "libaom-av1", "mpeg4"),
    "webm": ("libvpx-vp9", "libvpx", "libsvtav1"),
}
"""Encoders of pictures for each container, the best first."""
SOUND_CODECS: Mapping[FilmFormat, tuple[str, ...]] = {"mp4": ("aac",), "webm": ("libopus", "opus")}
OPTIONS: Mapping[str, dict[str, str]] = {
    "libx264": {"preset": "ultrafast", "crf": "26", "tune": "animation"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "crf": "36", "b": "0"},
    "libvpx": {"deadline": "realtime", "cpu-used": "8", "crf": "24"},
    "libsvtav1": {"preset": "12", "crf": "40"},
    "mpeg4": {"qscale": "5"},
}
CONTENT_TYPES: Mapping[FilmFormat, str] = {"mp4": "video/mp4", "webm": "video/webm", "webp": "image/webp"}
KEY_FRAME_EVERY_S = 2
OPUS_RATE_HZ = 48_000
WEBP_QUALITY = 60
WEBP_PIXELS_MAX = 640 * 640
"""Above this, frames of a WebP are quicker to encode at the lowest effort."""
WEBP_FILM_PIXELS_MAX = 48 * 1024 * 1024
"""Pillow takes all frames of a WebP at once, at four bytes a pixel."""
MS_PER_S = 1000


class Film(Struct, frozen=True):
    """What the film is to be like; sides in pixels, `frames` in all."""

    format: FilmFormat
    width: int
    height: int
    fps: int
    frames: int


def write_film(frames: Iterable[Image.Image], film: Film, sound: Samples | None) -> Made:
    """The film in its format; where the encoders for it are missing, in another one."""
    for format_ in dict.fromkeys((film.format, "mp4", "webm")):
        codec = encoder(CODECS.get(format_, ()))
        if codec is not None:
            return Made(_encoded(frames, film, sound, (format_, codec)), CONTENT_TYPES[format_])
    return Made(_animated(frames, film), CONTENT_TYPES["webp"])


def encoder(names: Iterable[str]) -> str | None:
    """The first of these encoders that is here; None without `av`, or where it has none of them."""
    if importlib.util.find_spec("av") is None:
        return None
    from av.codec import Codec  # noqa: PLC0415 - optional, and heavy
    from av.codec.codec import UnknownCodecError  # noqa: PLC0415 - as above

    for name in names:
        try:
            Codec(name, "w")
        except UnknownCodecError:
            continue
        return name
    return None


def _encoded(frames: Iterable[Image.Image], film: Film, sound: Samples | None, kind: tuple[FilmFormat, str]) -> bytes:
    import av  # noqa: PLC0415 - optional, and heavy
    from av.codec.context import Flags  # noqa: PLC0415 - as above

    format_, codec = kind
    out = io.BytesIO()
    container: Any  # its annotations leave open which stream `add_stream` gives, and speak of numpy, not installed
    frames_of: Any = av.VideoFrame
    with av.open(out, "w", format=format_, options={"fflags": "+bitexact"}) as container:
        container.metadata["comment"] = ORIGIN
        stream = container.add_stream(codec, rate=film.fps, options=dict(OPTIONS.get(codec, {})))
        stream.width, stream.height, stream.pix_fmt = film.width, film.height, "yuv420p"
        stream.codec_context.gop_size = film.fps * KEY_FRAME_EVERY_S
        stream.codec_context.thread_count = 1
        stream.codec_context.flags |= int(Flags.bitexact)
        sounding = None if sound is None else _sound_stream(container, format_)
        for number, frame in enumerate(frames):
            picture = frames_of.from_image(frame)
            picture.pts = number
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
        if sound is not None and sounding is not None:
            for piece in av_frames(interleaved(sound, sound.rate_hz, 2), sound.rate_hz, 2):
                container.mux(sounding.encode(piece))
            container.mux(sounding.encode())
    return out.getvalue()


def _sound_stream(container: Any, format_: FilmFormat) -> Any:
    """None where there is no encoder for it."""
    codec = encoder(SOUND_CODECS[format_])
    if codec is None:
        return None
    rate_hz = OPUS_RATE_HZ if format_ == "webm" else 44_100
    stream = container.add_stream(codec, rate=rate_hz)
    stream.layout = "stereo"
    return stream


def _animated(frames: Iterable[Image.Image], film: Film) -> bytes:
    """A WebP whose frames last as long together as the film; of a large film so many as fit into memory."""
    exif = Image.Exif()
    exif[EXIF_IMAGE_DESCRIPTION] = ORIGIN
    kept = min(film.frames, max(2, WEBP_FILM_PIXELS_MAX // (film.width * film.height)))
    numbers = [number * film.frames // kept for number in range(kept)]
    first, *rest = [frame for number, frame in enumerate(frames) if number in set(numbers)]
    starts_ms = [round(number * MS_PER_S / film.fps) for number in (*numbers, film.frames)]
    out = io.BytesIO()
    first.save(
        out,
        "WEBP",
        save_all=True,
        append_images=rest,
        duration=[end - start for start, end in pairwise(starts_ms)],
        quality=WEBP_QUALITY,
        method=0 if film.width * film.height > WEBP_PIXELS_MAX else 2,
        exif=exif,
    )
    return out.getvalue()
