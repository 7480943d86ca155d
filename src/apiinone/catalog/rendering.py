"""What a right answer to a request looks like, for every kind of file. Pure; sides in pixels, times in seconds."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final, Literal, assert_never, cast

from msgspec import Struct
from msgspec.structs import replace

from apiinone.catalog.entry import Choice, Entry
from apiinone.catalog.price_rules import PerOutput
from apiinone.catalog.shapes import (
    ClipShape,
    InputField,
    PictureFormat,
    RatioField,
    SizeField,
    SizeTable,
    TrackFormat,
    TrackShape,
)
from apiinone.catalog.sizes import read_ratio, read_size, sides_of

DEFAULT_SIDE = 1024
"""For models whose picture is as large as an input that only the upstream sees."""
DOUBLED_UP_TO = 1536
"""The longest side of the 1K sizes that Recraft's pro tier doubles (vendor appendix); larger ones are its own."""
SIDE_MAX = 4096
EDITED_PIXELS_MAX = 16 * 1024 * 1024
"""The largest picture that an edit gives."""
RATIO_MAX = Fraction(3)
"""How long a clip may be for its height, or high for its width, where it follows a picture."""
FPS = 8
"""Frames a second of the built-in provider's clips; vendors' have 24 and more."""
EXTENDED_S_MAX = 120.0
SPOKEN_S_MAX = 120.0
CHARACTER_S = 0.065
"""How long a character takes to say: about 15 a second, as people speak."""
LINE_S = 0.35
"""What a line takes beside its characters: a breath."""

Operation = Literal["", "music/extend", "music/cover/generate", "music/upload-cover/generate"]
"""Which of a model's routes: empty for its create route."""
OPERATIONS: Final[tuple[Operation, ...]] = ("", "music/extend", "music/cover/generate", "music/upload-cover/generate")


PictureKind = Literal["raster", "vector"]
FileKind = Literal["raster", "vector", "video", "audio"]


class Picture(Struct, frozen=True):
    """`count` pictures of one format and size."""

    kind: PictureKind
    format: PictureFormat
    width: int
    height: int
    count: int


class Edited(Struct, frozen=True):
    """`count` pictures made from the one in `field`, with its sides times at most `scale` (`edited_sides`)."""

    kind: PictureKind
    format: PictureFormat
    field: str
    scale: int
    count: int


class Clip(Struct, frozen=True):
    """`count` films. `start` names the field whose picture they begin with; empty: none.

    With `like_start` that picture gives the ratio (`fitted`).
    """

    format: Literal["mp4"]
    width: int
    height: int
    duration_s: float
    fps: int
    sound: bool
    start: str = ""
    like_start: bool = False
    steady: bool = False
    count: int = 1
    kind: Literal["video"] = "video"


class Track(Struct, frozen=True):
    """`count` sound files: songs, or speech where `spoken` names the field with the lines."""

    format: TrackFormat
    duration_s: float
    sample_rate_hz: int
    bitrate: int
    channels: int
    spoken: str
    count: int
    kind: Literal["audio"] = "audio"


Rendering = Picture | Edited | Clip | Track


def rendering(choice: Choice, fields: Mapping[str, object], operation: str = "") -> Rendering:
    """What a parsed request asks for. Raises ValueError for a model that answers in words, and an unknown operation."""
    entry = choice.entry
    if operation == "music/cover/generate":
        return Picture("raster", "png", DEFAULT_SIDE, DEFAULT_SIDE, 1)
    if operation not in OPERATIONS or (operation and entry.track is None):
        raise ValueError(f"{entry.id} has no operation {operation[:64]!r}")
    if entry.track is not None:
        return _track(entry, entry.track, fields, operation)
    if entry.clip is not None:
        return _clip(entry, entry.clip, fields)
    if entry.output != "image":
        raise ValueError(f"{entry.id} makes no files")
    return _picture(choice, fields)


def kind_made(choice: Choice, fields: Mapping[str, object], operation: str = "") -> FileKind:
    """The kind alone of what `rendering` gives, which is asked for every output. Raises ValueError as that does."""
    if operation or choice.entry.output != "image":
        return rendering(choice, fields, operation).kind
    return _picture_kind(_picture_format(choice, fields))


def edited_sides(edited: Edited, sides: tuple[int, int]) -> tuple[int, int]:
    """The sides of the result for an input of these sides: by the scale, or halves of it that stay in bounds."""
    scale = edited.scale
    while scale > 1 and (max(sides) * scale > SIDE_MAX or sides[0] * sides[1] * scale * scale > EDITED_PIXELS_MAX):
        scale //= 2
    return sides[0] * scale, sides[1] * scale


def fitted(clip: Clip, sides: tuple[int, int]) -> Clip:
    """The clip in the ratio of a picture of these sides, its shorter side as before."""
    ratio = min(RATIO_MAX, max(1 / RATIO_MAX, Fraction(*sides)))
    width, height = _clip_sides(ratio, min(clip.width, clip.height))
    return replace(clip, width=width, height=height)


def spoken_lines(fields: Mapping[str, object], field: str) -> list[tuple[str, str]]:
    """Who says what, in order: the voice (empty where none is named) and the text of each line."""
    lines = cast("Sequence[Mapping[str, object]]", fields.get(field, ()))
    return [(str(line.get("voice", "")), str(line.get("text", ""))) for line in lines]


def _picture(choice: Choice, fields: Mapping[str, object]) -> Picture | Edited:
    entry, sub = choice.entry, choice.sub_model
    named = _picture_format(choice, fields)
    kind = _picture_kind(named)
    count = cast("int", fields[sub.price.field]) if isinstance(sub.price, PerOutput) else entry.outputs_per_task
    match entry.picture:
        case None:
            width, height = DEFAULT_SIDE, DEFAULT_SIDE
        case InputField(field=field, scale=scale):
            return Edited(kind, named, field, scale, count)
        case shape:
            width, height = _sides(shape, fields)
    if sub.doubles_size and max(width, height) <= DOUBLED_UP_TO:
        width, height = width * 2, height * 2
    return Picture(kind, named, width, height, count)


def _picture_format(choice: Choice, fields: Mapping[str, object]) -> PictureFormat:
    field = choice.entry.format_field
    return choice.sub_model.format if field is None else _format(str(fields[field]))


def _picture_kind(named: PictureFormat) -> PictureKind:
    return "vector" if named == "svg" else "raster"


def _sides(picture: SizeField | RatioField | SizeTable, fields: Mapping[str, object]) -> tuple[int, int]:
    value = str(fields[picture.field])
    match picture:
        case SizeField():
            return read_size(value)
        case SizeTable():
            return read_size(picture.sizes[value])
        case RatioField():
            side = picture.side if picture.side_field is None else picture.sides[str(fields[picture.side_field])]
            return _within(sides_of(read_ratio("1:1" if value == "auto" else value), side, picture.multiple_of))
        case _:
            assert_never(picture)


def _within(sides: tuple[int, int]) -> tuple[int, int]:
    """Scaled down where a side would pass the largest that we draw."""
    longest = max(sides)
    if longest <= SIDE_MAX:
        return sides
    return sides[0] * SIDE_MAX // longest, sides[1] * SIDE_MAX // longest


def _format(name: str) -> PictureFormat:
    return cast("PictureFormat", "jpeg" if name == "jpg" else name)


def _clip(entry: Entry, shape: ClipShape, fields: Mapping[str, object]) -> Clip:
    side = shape.side if shape.side_field is None else shape.sides[str(fields[shape.side_field])]
    ratio = shape.ratio if shape.ratio_field is None else str(fields[shape.ratio_field])
    width, height = _clip_sides(read_ratio(ratio), side)
    start = shape.start if shape.start is not None and fields.get(shape.start) else ""
    return Clip(
        format="mp4",
        width=width,
        height=height,
        duration_s=float(shape.seconds if shape.seconds_field is None else str(fields[shape.seconds_field])),
        fps=FPS,
        sound=shape.sound if shape.sound_field is None else bool(fields[shape.sound_field]),
        start=start,
        like_start=bool(start) and shape.like_start,
        steady=shape.steady_field is not None and bool(fields[shape.steady_field]),
        count=entry.outputs_per_task,
    )


def _clip_sides(ratio: Fraction, shorter: int) -> tuple[int, int]:
    """Both even, as encoders of film need it."""
    longer = round(shorter * max(ratio, 1 / ratio) / 2) * 2
    return (longer, shorter) if ratio >= 1 else (shorter, longer)


def _track(entry: Entry, shape: TrackShape, fields: Mapping[str, object], operation: str) -> Track:
    rate = shape.sample_rate_hz if shape.sample_rate_field is None else fields[shape.sample_rate_field]
    bitrate = shape.bitrate if shape.bitrate_field is None else fields[shape.bitrate_field]
    duration_s = float(shape.seconds)
    if shape.spoken_field is not None:
        lines = spoken_lines(fields, shape.spoken_field)
        duration_s = min(SPOKEN_S_MAX, sum(LINE_S + CHARACTER_S * len(text) for _, text in lines))
    elif operation == "music/extend":
        start_s = cast("float", fields.get("extensionStartTime", duration_s))
        duration_s = min(EXTENDED_S_MAX, start_s + duration_s)
    return Track(
        format=shape.format,
        duration_s=duration_s,
        sample_rate_hz=cast("int", rate),
        bitrate=cast("int", bitrate),
        channels=shape.channels,
        spoken=shape.spoken_field or "",
        count=entry.outputs_per_task,
    )
