"""What can be wrong with how an answer's shape follows from the fields: sides, ratios, seconds, sound. Pure."""

from collections.abc import Iterator
from typing import assert_never

from msgspec import UNSET

from apiinone.catalog.entry import Entry
from apiinone.catalog.parameters import (
    Flag,
    Media,
    MediaList,
    OneOf,
    OneOfNumbers,
    Parameter,
    Records,
    Size,
    Whole,
    default_of,
)
from apiinone.catalog.shapes import ClipShape, InputField, RatioField, SizeField, SizeTable, TrackShape
from apiinone.catalog.sizes import read_ratio, read_size

Wrong = tuple[str, str]
Fields = dict[str, Parameter]


def shape_wrong(entry: Entry) -> Iterator[Wrong]:
    """Values of a field that give no shape, and shapes of something that the model does not make."""
    by_name = {field.name: field for field in entry.parameters}
    if entry.format_field is not None and entry.format_field not in by_name:
        yield "format_field", f"{entry.format_field} is not a field of this model"
    for name, output, shape in (
        ("picture", "image", entry.picture),
        ("clip", "video", entry.clip),
        ("track", "audio", entry.track),
    ):
        if shape is not None and entry.output != output:
            yield name, f"is given, but the output is {entry.output}"
    if entry.output in ("video", "audio") and entry.clip is None and entry.track is None:
        yield "output", f"is {entry.output}, but nothing says what it is like"
    yield from _picture_wrong(entry, by_name)
    if entry.clip is not None:
        yield from _clip_wrong(entry.clip, by_name)
    if entry.track is not None:
        yield from _track_wrong(entry.track, by_name)


def _picture_wrong(entry: Entry, by_name: Fields) -> Iterator[Wrong]:
    picture = entry.picture
    if picture is None:
        return
    field = by_name.get(picture.field)
    match picture:
        case SizeField():
            if not isinstance(field, Size):
                yield "picture.field", "is not a size"
        case RatioField():
            yield from _ratio_wrong(picture, field, by_name.get(picture.side_field or ""))
        case SizeTable():
            yield from _table_wrong(picture, field)
        case InputField():
            if not isinstance(field, Media) or not field.required or field.of != "image":
                yield "picture.field", "is not a picture that must be given"
        case _:
            assert_never(picture)


def _ratio_wrong(picture: RatioField, field: Parameter | None, sides: Parameter | None) -> Iterator[Wrong]:
    if not isinstance(field, OneOf) or field.default is UNSET:
        yield "picture.field", "is not an enum with a default"
        return
    for value in field.values:
        yield from _no_ratio("picture.field", "1:1" if value == "auto" else value)
    if picture.side_field is not None and set(_values(sides)) != set(picture.sides):
        yield "picture.sides", f"are not those of {picture.side_field}"


def _table_wrong(picture: SizeTable, field: Parameter | None) -> Iterator[Wrong]:
    if set(_values(field)) != set(picture.sizes):
        yield "picture.sizes", f"are not those of {picture.field}"
    for text in picture.sizes.values():
        try:
            read_size(text)
        except ValueError:
            yield "picture.sizes", f"{text} is not a size"


def _clip_wrong(clip: ClipShape, by_name: Fields) -> Iterator[Wrong]:
    yield from _no_ratio("clip.ratio", clip.ratio)
    if clip.side_field is not None and set(_values(by_name.get(clip.side_field))) != set(clip.sides):
        yield "clip.sides", f"are not those of {clip.side_field}"
    if clip.ratio_field is not None:
        yield from _named_ratio_wrong(by_name.get(clip.ratio_field))
    yield from _moving_wrong(clip, by_name)


def _named_ratio_wrong(field: Parameter | None) -> Iterator[Wrong]:
    values = _defaulted(field)
    if not values:
        yield "clip.ratio_field", "is not an enum with a default"
    for value in values:
        yield from _no_ratio("clip.ratio_field", str(value))


def _moving_wrong(clip: ClipShape, by_name: Fields) -> Iterator[Wrong]:
    if clip.seconds_field is not None and not _are_seconds(by_name.get(clip.seconds_field)):
        yield "clip.seconds_field", "does not always give seconds"
    for where, name in (("sound_field", clip.sound_field), ("steady_field", clip.steady_field)):
        if name is not None and True not in _defaulted(by_name.get(name)):
            yield f"clip.{where}", "is not a flag with a default"
    start = by_name.get(clip.start or "")
    if clip.start is not None and not (isinstance(start, Media | MediaList) and start.of == "image"):
        yield "clip.start", "is not a picture"


def _track_wrong(track: TrackShape, by_name: Fields) -> Iterator[Wrong]:
    for where, name in (("sample_rate_field", track.sample_rate_field), ("bitrate_field", track.bitrate_field)):
        field = by_name.get(name or "")
        if name is not None and (not isinstance(field, OneOfNumbers) or field.default is UNSET):
            yield f"track.{where}", "is not a choice of numbers with a default"
    spoken = by_name.get(track.spoken_field or "")
    if track.spoken_field is not None and not (
        isinstance(spoken, Records) and spoken.required and "text" in {field.name for field in spoken.fields}
    ):
        yield "track.spoken_field", "is not a list of texts that must be given"


def _no_ratio(where: str, value: str) -> Iterator[Wrong]:
    try:
        read_ratio(value)
    except ValueError:
        yield where, f"{value} is not a ratio"


def _are_seconds(field: Parameter | None) -> bool:
    if isinstance(field, Whole):
        return field.default is not UNSET and field.min > 0
    values = _defaulted(field)
    return bool(values) and all(str(value).isdecimal() and int(str(value)) > 0 for value in values)


def _defaulted(field: Parameter | None) -> tuple[object, ...]:
    """What the field may be, where it always has a value."""
    return () if field is None or default_of(field) is UNSET else _values(field)


def _values(field: Parameter | None) -> tuple[object, ...]:
    match field:
        case OneOf() | OneOfNumbers():
            return field.values
        case Flag():
            return (True, False)
        case _:
            return ()
