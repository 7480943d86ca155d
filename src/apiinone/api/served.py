"""Which of the catalogue's endpoints have routes here, and what a creation body may not name yet."""

from collections.abc import Mapping
from typing import Final, cast

from apiinone.catalog.entry import Entry
from apiinone.catalog.schema import body_schema

SERVED: Final = ("images",)
"""Endpoints by their catalogue names; the models of the others are listed, but cannot be called."""
NOT_YET: Final[Mapping[str, str]] = {}
"""Fields that the catalogue knows and no route takes yet, and what to do instead."""


def published_schema(entry: Entry) -> dict[str, object]:
    """The body's schema as this release takes it."""
    schema = body_schema(entry)
    properties = cast("dict[str, object]", schema["properties"])
    return {**schema, "properties": {name: value for name, value in properties.items() if name not in NOT_YET}}
