"""From a prompt to what it asks for. Never fails: what is not understood is told, not guessed."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, cast, get_args

from msgspec import Struct

from apiinone.providers.local.abstract import AbstractKind
from apiinone.providers.local.brief import Style, Subject
from apiinone.providers.local.oklab import lightness, toned
from apiinone.providers.local.pattern import PatternKind
from apiinone.providers.local.stage import Scenery, Season, Terrain, Thing, Time
from apiinone.providers.local.words import COLOURS, MEANINGS, NEGATIONS, SHADES, SILENT

PHRASE_WORDS_MAX = 4
CJK_WORD_MAX = 6
COLOURS_MAX = 5
NOT_DRAWN_MAX = 16
WORD_LENGTH_MAX = 40
PROMPT_READ_MAX = 4000
"""Characters that are read; what follows cannot change a picture of three subjects."""
NEGATION_REACH = 2

_TOKEN = re.compile(r"#[0-9a-f]{6}\b|#[0-9a-f]{3}\b|[^\W_]+(?:['’][^\W_]+)?|&")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


class Reading(Struct, frozen=True):
    """What a prompt asks for."""

    subject: Subject
    style: Style
    scenery: Scenery
    abstract_kind: AbstractKind | None
    pattern_kind: PatternKind | None
    colours: tuple[str, ...]
    """``#rrggbb``, in the order of the prompt."""
    background: str | None
    """The colour that was asked for behind everything."""
    mood: str | None
    """The palette that a word of the prompt stands for."""
    not_drawn: tuple[str, ...]


def read(prompt: str) -> Reading:
    """Understand what can be understood."""
    found = _Found()
    _scan(list(_tokens(prompt)), found)
    terrains = tuple(name for name in get_args(Terrain) if name in found.terrains)
    subject: Subject = "abstract"
    if "pattern" in found.kinds and not (terrains and "any" not in found.patterns):
        subject = "pattern"
    elif terrains:
        subject = "landscape"
    return Reading(
        subject=subject,
        style=_style(found, subject),
        scenery=_scenery(found, terrains),
        abstract_kind=found.first("abstract", AbstractKind),
        pattern_kind=found.first("pattern", PatternKind),
        colours=tuple(found.colours)[:COLOURS_MAX],
        background=found.background,
        mood=found.first("palette", None),
        not_drawn=tuple(found.unknown)[:NOT_DRAWN_MAX],
    )
