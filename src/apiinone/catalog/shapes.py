"""How the shape of an answer follows from the fields of a request: sides, seconds, sound. Typed facts of data files."""

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta

from apiinone.catalog.fact import Fact, FieldName

PictureFormat = Literal["png", "jpeg", "webp", "svg"]
TrackFormat = Literal["mp3", "wav"]
Pixels = Annotated[int, Meta(ge=16, le=4096)]
Seconds = Annotated[int, Meta(ge=1, le=120)]


class SizeField(Fact, frozen=True, tag_field="by", tag="size", kw_only=True):
    """The picture's sides are the value of a field."""

    field: FieldName


class RatioField(Fact, frozen=True, tag_field="by", tag="ratio", kw_only=True):
    """The picture has the ratio in one field and the area of a square with the side that another field names."""

    field: FieldName
    side: int = 1024
    side_field: FieldName | None = None
    """The field that names a class such as `2K`; None: always `side`."""
    sides: Mapping[str, int] = {}
    multiple_of: int = 16


class SizeTable(Fact, frozen=True, tag_field="by", tag="table", kw_only=True):
    """The picture's sides stand in a table under the value of a field."""

    field: FieldName
    sizes: Mapping[str, str]


class InputField(Fact, frozen=True, tag_field="by", tag="input", kw_only=True):
    """The picture is an input picture worked over: it has the sides of the one in this field, times `scale`."""

    field: FieldName
    scale: Annotated[int, Meta(ge=1, le=8)] = 1
    """The most; less where the result would be larger than we make pictures."""


PictureShape = SizeField | RatioField | SizeTable | InputField


class ClipShape(Fact, frozen=True, kw_only=True):
    """How a clip follows from the fields. Sides are pixels, the shorter one counts; all but defaults are even."""

    side: Pixels = 720
    side_field: FieldName | None = None
    """The field that names a class such as `720p`; None: always `side`."""
    sides: Mapping[str, Pixels] = {}
    ratio: str = "16:9"
    """Width to height, where no field names it and no picture gives it."""
    ratio_field: FieldName | None = None
    start: FieldName | None = None
    """The field with the picture (or, of several, the first) that the clip begins with; None: there is none."""
    like_start: bool = False
    """Whether that picture, where it is given, gives the ratio."""
    seconds: Seconds = 5
    seconds_field: FieldName | None = None
    """The field with the seconds, a number or its digits; None: always `seconds`."""
    sound: bool = False
    sound_field: FieldName | None = None
    """The flag that asks for sound; None: always `sound`."""
    steady_field: FieldName | None = None
    """The flag that keeps the camera still; None: it moves."""


class TrackShape(Fact, frozen=True, kw_only=True):
    """How a sound file follows from the fields."""

    format: TrackFormat = "mp3"
    seconds: Seconds = 24
    """How long the built-in provider's songs are; a vendor's are as long as the vendor likes."""
    spoken_field: FieldName | None = None
    """The records whose `text` is spoken by their `voice`: then it lasts as long as that takes; None: a song."""
    sample_rate_hz: int = 44_100
    sample_rate_field: FieldName | None = None
    bitrate: int = 128_000
    """Bits per second."""
    bitrate_field: FieldName | None = None
    channels: Literal[1, 2] = 2
