"""The kinds of fields that a model takes, as data files write them (`kind: …`)."""

from collections.abc import Iterable
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from apiinone.catalog.fact import Condition, Fact, FieldName, Sentence

PROMPT_CHARACTERS_MAX = 10_000
"""Our own limit for a text where neither the reference nor the upstream names one."""

Side = Annotated[int, Meta(ge=1, le=16_384)]
"""A width or height in pixels."""

MediaKind = Literal["image", "video", "audio"]


class _Field(Fact, frozen=True, tag_field="kind"):
    """What all kinds share."""

    name: FieldName
    about: Sentence
    required: bool = False
    required_when: Condition | None = None
    """Must be given where this holds; None: no such case."""
    required_unless: Condition | None = None
    """Must be given except where this holds; None: no such case."""
    required_without: FieldName | None = None
    """Must be given where this field is not; None: no such case."""
    only_when: Condition | None = None
    """May be given only where this holds, because elsewhere it would have no effect; None: always."""
    only_with: FieldName | None = None
    """May be given only beside this field; None: also alone."""


class Text(_Field, frozen=True, tag="text", kw_only=True):
    """Free text, counted in characters (code points)."""

    default: str | UnsetType = UNSET
    length_min: int = 0
    length_max: int = PROMPT_CHARACTERS_MAX
    examples: tuple[str, ...] = ()


class OneOf(_Field, frozen=True, tag="enum", kw_only=True):
    """One of a list of words."""

    values: tuple[str, ...]
    default: str | UnsetType = UNSET


class OneOfNumbers(_Field, frozen=True, tag="numbers", kw_only=True):
    """One of a list of whole numbers."""

    values: tuple[int, ...]
    default: int | UnsetType = UNSET


class Whole(_Field, frozen=True, tag="integer", kw_only=True):
    """A whole number."""

    min: int
    max: int
    default: int | UnsetType = UNSET


class Fraction(_Field, frozen=True, tag="number", kw_only=True):
    """A number that may have decimals; never money."""

    min: float
    above_min: bool = False
    """Whether the least itself is refused."""
    max: float
    default: float | UnsetType = UNSET


class Flag(_Field, frozen=True, tag="flag", kw_only=True):
    """true or false."""

    default: bool | UnsetType = UNSET


class Size(_Field, frozen=True, tag="size", kw_only=True):
    """Width and height in pixels, `1024x1024` or `1024*1024`."""

    default: str
    side_min: Side = 64
    side_max: Side = 4096
    examples: tuple[str, ...] = ()


class Media(_Field, frozen=True, tag="media", kw_only=True):
    """One input file: an https URL or a `data:` URL."""

    of: MediaKind = "image"


class MediaList(_Field, frozen=True, tag="media_list", kw_only=True):
    """Several input files."""

    items_max: int
    of: MediaKind = "image"


class TaskReference(_Field, frozen=True, tag="task", kw_only=True):
    """The id of an earlier task of the same account that made something of this kind."""

    of: MediaKind = "image"


class Records(_Field, frozen=True, tag="records", kw_only=True):
    """A list of small objects with fields of their own."""

    fields: tuple["Parameter", ...]
    items_max: int
    items_min: int = 1


class Json(_Field, frozen=True, tag="json", kw_only=True):
    """A value whose form is another product's (OpenAI's messages and tools), given as JSON Schema."""

    schema: dict[str, object]


Parameter = (
    Text | OneOf | OneOfNumbers | Whole | Fraction | Flag | Size | Media | MediaList | TaskReference | Records | Json
)


def references_among(parameters: Iterable[Parameter]) -> tuple[TaskReference, ...]:
    """Those that name earlier tasks."""
    return tuple(one for one in parameters if isinstance(one, TaskReference))


def default_of(parameter: Parameter) -> object:
    """The value that stands where a request leaves the field out, or UNSET where there is none."""
    match parameter:
        case Media() | MediaList() | TaskReference() | Records() | Json():
            return UNSET
        case _:
            return parameter.default
