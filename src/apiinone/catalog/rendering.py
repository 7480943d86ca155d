"""What a right answer to a picture request looks like. Pure; sides in pixels."""

from collections.abc import Mapping
from typing import Literal, assert_never, cast

from msgspec import Struct

from apiinone.catalog.entry import Choice, PictureFormat, PictureSides, RatioField, SizeField, SizeTable
from apiinone.catalog.price_rules import PerOutput
from apiinone.catalog.sizes import read_ratio, read_size, sides_of

DEFAULT_SIDE = 1024
"""For models whose picture is as large as an input that only the upstream sees."""
DOUBLED_UP_TO = 1536
"""The longest side of the 1K sizes that Recraft's pro tier doubles (vendor appendix); larger ones are its own."""
SIDE_MAX = 4096


class Rendering(Struct, frozen=True):
    """`count` files of one kind, format and size."""

    kind: Literal["raster", "vector"]
    format: PictureFormat
    width: int
    height: int
    count: int


def rendering(choice: Choice, fields: Mapping[str, object]) -> Rendering:
    """The picture that a parsed request asks for. Raises ValueError for a model that makes no pictures."""
    entry, sub = choice.entry, choice.sub_model
    if entry.output != "image":
        raise ValueError(f"{entry.id} makes no pictures")
    width, height = (DEFAULT_SIDE, DEFAULT_SIDE) if entry.picture is None else _sides(entry.picture, fields)
    if sub.doubles_size and max(width, height) <= DOUBLED_UP_TO:
        width, height = width * 2, height * 2
    named = sub.format if entry.format_field is None else _format(str(fields[entry.format_field]))
    count = fields[sub.price.field] if isinstance(sub.price, PerOutput) else entry.outputs_per_task
    return Rendering("vector" if named == "svg" else "raster", named, width, height, cast("int", count))


def _sides(picture: PictureSides, fields: Mapping[str, object]) -> tuple[int, int]:
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
