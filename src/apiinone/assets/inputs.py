"""Files that clients bring along, judged from their bytes before anything is decoded: type, size, length, wholeness.

What a `data:` URL or a server calls a file counts for nothing. Pictures of pixels only: an SVG is no input (a renderer
could be made to load files), and neither is what moves.
"""

from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct

from apiinone.assets.data_url import decode_data_url
from apiinone.assets.media import MIB, MediaLimits, Refused, Unacceptable
from apiinone.assets.sniff import measured

InputKind = Literal["image", "video", "audio"]
DATA_BYTES_MAX: Final = 10 * MIB
"""Decoded bytes of a `data:` URL."""
FETCHED_BYTES_MAX: Final = 25 * MIB
PIXELS_MAX: Final = 4096 * 4096
SIDE_PX_MAX: Final = 8192
LIMITS: Final[Mapping[InputKind, MediaLimits]] = {
    "image": MediaLimits("raster", FETCHED_BYTES_MAX, PIXELS_MAX, SIDE_PX_MAX),
    "video": MediaLimits("video", FETCHED_BYTES_MAX, PIXELS_MAX, SIDE_PX_MAX, duration_s_max=300.0, frames_max=36_000),
    "audio": MediaLimits("audio", FETCHED_BYTES_MAX, duration_s_max=600.0),
}
"""What an input of each kind may be."""
_TYPES: Final[Mapping[InputKind, str]] = {
    "image": "a PNG, JPEG or WebP picture that stands still",
    "video": "an MP4 or WebM film, or an animated WebP",
    "audio": "a WAV, MP3, FLAC or Ogg sound",
}
_BECAUSE: Final[Mapping[Refused, str]] = {
    "empty": "it is empty",
    "too_large": "it has more bytes than are taken",
    "too_many_pixels": f"it has more than {PIXELS_MAX // 1024**2} Mi pixels, or a side above {SIDE_PX_MAX}",
    "too_long": "it lasts too long, or has too many frames",
    "broken": "it is not whole: cut off, damaged, or with something after its end",
}


class Input(Struct, frozen=True):
    """A file that was taken. Sides in pixels, None for sounds; those of a picture as its bytes say."""

    data: bytes
    content_type: str
    width: int | None
    height: int | None


def judge_input(data: bytes, of: InputKind) -> Input:
    """The file, once it is known to be of this kind and within its limits. Raises Unacceptable."""
    kind, measure = measured(data, LIMITS[of])
    return Input(data, kind.content_type, measure.width, measure.height)


def judge_data_url(url: str, of: InputKind) -> Input:
    """The file in a `data:` URL. Nothing above the limit is decoded. Raises Unacceptable."""
    return judge_input(decode_data_url(url, DATA_BYTES_MAX).data, of)


def is_data_url(url: str) -> bool:
    """Whether the file stands in the URL itself."""
    return url[:5].lower() == "data:"


def refusal_sentence(pointer: str, of: InputKind, refused: Unacceptable) -> str:
    """What the client reads: which field, and why its file is not taken; nothing from the file itself."""
    because = _BECAUSE.get(refused.reason, f"it is not {_TYPES[of]}")
    return f"'{pointer.removeprefix('/')}' is not taken: {because}."
