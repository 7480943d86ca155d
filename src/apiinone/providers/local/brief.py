"""What the design engine is asked and what it answers: the only module of it that the server imports."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

TARGET = "apiinone.providers.local.draw:draw"
"""The engine as the sandbox's table of targets names it."""

SIDE_MIN = 64
SIDE_MAX = 4096
"""Sides of a picture in pixels."""

Format = Literal["png", "jpeg", "webp", "svg"]
Subject = Literal["landscape", "abstract", "pattern"]
Style = Literal["line art", "flat", "gradient"]
Side = Annotated[int, Meta(ge=SIDE_MIN, le=SIDE_MAX)]


class Brief(Struct, frozen=True):
    """One picture to draw. The same brief gives the same bytes; another seed gives another picture of the same."""

    prompt: str
    width: Side
    height: Side
    format: Format
    seed: int = 0


class Understood(Struct, frozen=True):
    """What the engine made of the prompt."""

    subject: Subject
    style: Style
    palette: str
    drawn: tuple[str, ...]
    """What can be seen, such as ``("mountains", "lake", "sun")``."""
    not_drawn: tuple[str, ...]
    """Words of the prompt that ask for something and had no effect."""


class Drawing(Struct, frozen=True):
    """The picture as a file, and what was understood."""

    data: bytes
    content_type: str
    understood: Understood
