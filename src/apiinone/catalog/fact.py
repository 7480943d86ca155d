"""What every record of a data file shares: frozen, keyword-only, and an unknown field in the file is an error."""

from typing import Annotated

from msgspec import Meta, Struct

Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._/-]{0,63}$")]
"""A name that clients put into `model`: a catalogue id, an alias, a slug or a sub-model id."""

FieldName = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
"""A name of a field in a request body, ours or an upstream's."""

Sentence = Annotated[str, Meta(min_length=1)]
"""Text for people; never empty."""


class CatalogueInvalid(Exception):
    """A data file is not what it must be; the message names the file and the field."""


class Fact(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One record of a data file."""


class Condition(Fact, frozen=True, kw_only=True):
    """That a field of the request, its default included, has a value. `model` stands for the chosen sub-model."""

    field: FieldName
    equals: str | bool | int
