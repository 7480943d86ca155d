"""What the engines for films, sounds and edited pictures are asked, and what they answer. The server imports only this.

Each engine is a target of the sandbox: one brief in, one `Result` out. The same brief gives the same bytes on the same
machine; encoders of another version may pack the same frames or samples otherwise.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

FILM_TARGET = "apiinone.providers.local.film:film"
SONG_TARGET = "apiinone.providers.local.song:song"
SPEECH_TARGET = "apiinone.providers.local.speech:speech"
REMOVE_BG_TARGET = "apiinone.providers.local.remove_bg:remove_background"
UPSCALE_TARGET = "apiinone.providers.local.upscale:upscale"
VECTORIZE_TARGET = "apiinone.providers.local.vectorize:vectorize"
FACE_SWAP_TARGET = "apiinone.providers.local.face_swap:swap"
MEDIA_TARGETS = (
    FILM_TARGET,
    SONG_TARGET,
    SPEECH_TARGET,
    REMOVE_BG_TARGET,
    UPSCALE_TARGET,
    VECTORIZE_TARGET,
    FACE_SWAP_TARGET,
)
"""What the sandbox must allow."""

FILM_S_MAX = 20
SOUND_S_MAX = 130
LINES_MAX = 100
FilmFormat = Literal["mp4", "webm", "webp"]
SoundFormat = Literal["mp3", "wav"]
PixelFormat = Literal["png", "jpeg", "webp"]
FilmSide = Annotated[int, Meta(ge=64, le=4096)]


class Sound(Struct, frozen=True):
    """What a sound file is to be like."""

    format: SoundFormat
    duration_s: Annotated[float, Meta(gt=0, le=SOUND_S_MAX)]
    sample_rate_hz: Annotated[int, Meta(ge=8000, le=48_000)]
    bitrate: int
    channels: Literal[1, 2]


class FilmBrief(Struct, frozen=True):
    """One film. Even sides in pixels; `picture` is what to set in motion, empty: a scene drawn from the prompt."""

    prompt: str
    width: FilmSide
    height: FilmSide
    duration_s: Annotated[float, Meta(gt=0, le=FILM_S_MAX)]
    fps: Annotated[int, Meta(ge=1, le=30)]
    sound: bool
    seed: int = 0
    picture: bytes = b""
    steady: bool = False
    """Whether the camera stands still."""
    format: FilmFormat = "mp4"
    """What it is written as where the encoders are there; else animated WebP, which has no sound."""


class SongBrief(Struct, frozen=True):
    """One song, played from the words of the prompt."""

    prompt: str
    sound: Sound
    seed: int = 0


class Line(Struct, frozen=True):
    """What one voice says."""

    voice: str
    text: str


class SpeechBrief(Struct, frozen=True):
    """Lines spoken one after the other: so many seconds for each line, and for each of its characters."""

    lines: Annotated[tuple[Line, ...], Meta(max_length=LINES_MAX)]
    line_s: float
    character_s: float
    sound: Sound


class EditBrief(Struct, frozen=True):
    """A picture to be worked over; the result has these sides."""

    picture: bytes
    width: int
    height: int
    format: PixelFormat = "png"


class SwapBrief(Struct, frozen=True):
    """A scene and the picture whose middle is put into it; `place` counts the places where faces may be, from 0."""

    scene: bytes
    face: bytes
    place: int
    format: PixelFormat


class Made(Struct, frozen=True, tag=True):
    """A file."""

    data: bytes
    content_type: str


class Undecodable(Struct, frozen=True, tag=True):
    """An input cannot be decoded as the picture that its header promises; `which` counts the brief's inputs from 0."""

    which: int


class Result(Struct, frozen=True):
    """What became of a brief."""

    outcome: Made | Undecodable
