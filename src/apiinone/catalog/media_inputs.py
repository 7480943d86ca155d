"""Which files a request brings along: every field of media, wherever it stands, with where that is. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import assert_never, cast

from msgspec import Struct

from apiinone.catalog.parameters import Media, MediaKind, MediaList, Parameter, Records


class MediaInput(Struct, frozen=True):
    """One file: where its URL stands in the body (a JSON pointer), what it is to be, and the URL."""

    pointer: str
    of: MediaKind
    url: str


def media_inputs(parameters: Sequence[Parameter], fields: Mapping[str, object], at: str = "") -> Iterator[MediaInput]:
    """All files of a parsed request, in the order of the model's fields."""
    for parameter in parameters:
        value = fields.get(parameter.name)
        if value is None or not isinstance(parameter, Media | MediaList | Records):
            continue
        here = f"{at}/{parameter.name}"
        match parameter:
            case Media():
                yield MediaInput(here, parameter.of, str(value))
            case MediaList():
                for index, url in enumerate(cast("Sequence[object]", value)):
                    yield MediaInput(f"{here}/{index}", parameter.of, str(url))
            case Records():
                for index, record in enumerate(cast("Sequence[Mapping[str, object]]", value)):
                    yield from media_inputs(parameter.fields, record, f"{here}/{index}")
            case _:
                assert_never(parameter)
