"""From a prompt to what it asks for. Never fails: what is not understood is told, not guessed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import cast, get_args

from msgspec import Struct

from apiinone.providers.local.abstract import AbstractKind
from apiinone.providers.local.brief import Style, Subject
from apiinone.providers.local.lexicon import lexicon, longest_phrase, words_in
from apiinone.providers.local.oklab import lightness, toned
from apiinone.providers.local.pattern import PatternKind
from apiinone.providers.local.stage import Scenery, Season, Terrain, Thing, Time

NEGATION_REACH = 2
"""How many words after a "no" or "without" it rules out."""
COLOURS_MAX = 5
WORD_LENGTH_MAX = 40
SHADE_STEP = 0.16

IMPLIED: Mapping[Thing, Terrain] = {
    "boat": "sea",
    "cactus": "desert",
    "cabin": "hills",
    "village": "hills",
    "bridge": "lake",
    "trees": "hills",
    "snow": "mountains",
    "moon": "mountains",
    "stars": "mountains",
    "fog": "forest",
    "reflection": "lake",
    "sun": "hills",
    "clouds": "hills",
    "birds": "hills",
}
"""Where a thing is put when the prompt names no place."""


SIMILAR = {"waves": "scallops", "shapes": "geometric"}
"""Patterns for what is otherwise an abstract picture."""


class Asked(Struct, frozen=True):
    """One word or phrase of the prompt, and a meaning of it."""

    word: str
    kind: str
    """As in `words.MEANINGS`; also `colour`, `background`, and `unknown` where it has no meaning."""
    name: str


class Reading(Struct, frozen=True):
    """What a prompt asks for."""

    subject: Subject
    style: Style
    scenery: Scenery
    abstract_kinds: tuple[AbstractKind, ...]
    pattern_kinds: tuple[PatternKind, ...]
    palettes: tuple[str, ...]
    """Palettes that words of the prompt stand for."""
    moods: tuple[str, ...]
    """Palettes that would suit, where nothing stronger decides."""
    colours: tuple[str, ...]
    """``#rrggbb``, in the order of the prompt."""
    background: str | None
    """The colour that was asked for behind everything."""
    things: tuple[Asked, ...]
    """The single things that were asked for; whether they can be seen shows when the picture is drawn."""
    unknown: tuple[str, ...]
    """Words that have no meaning here, and places where the subject is no landscape."""


def read(prompt: str) -> Reading:
    """Understand what can be understood."""
    asked, ruled_out = _scan(words_in(prompt))
    abstract, pattern = _names(asked, "abstract"), _names(asked, "pattern")
    terrains = _terrains(asked, implied=not abstract and not pattern)
    subject = _subject(abstract, pattern, terrains)
    elsewhere = {"unknown"} if subject == "landscape" else {"unknown", "terrain"}
    return Reading(
        subject=subject,
        style=_style(_names(asked, "style"), subject, abstract),
        scenery=_scenery(asked, terrains, frozenset(cast("list[Thing]", _names(ruled_out, "thing")))),
        abstract_kinds=tuple(cast("list[AbstractKind]", [name for name in abstract if name != "any"])),
        pattern_kinds=_pattern_kinds(pattern, abstract),
        palettes=tuple(_names(asked, "palette")),
        moods=tuple(_names(asked, "mood")),
        colours=tuple(_names(asked, "colour"))[:COLOURS_MAX],
        background=next(iter(_names(asked, "background")), None),
        things=tuple(one for one in asked if one.kind == "thing"),
        unknown=tuple(dict.fromkeys(one.word[:WORD_LENGTH_MAX] for one in asked if one.kind in elsewhere)),
    )


def _pattern_kinds(pattern: list[str], abstract: list[str]) -> tuple[PatternKind, ...]:
    """The patterns named, or the one that shows what is named as an abstract picture."""
    kinds = [name for name in pattern if name != "any"] or [SIMILAR[name] for name in abstract if name in SIMILAR]
    return tuple(cast("list[PatternKind]", kinds))


def _subject(abstract: list[str], pattern: list[str], terrains: tuple[Terrain, ...]) -> Subject:
    """A pattern where the word is used, a landscape where there is a place, else abstract."""
    if "any" in pattern or (pattern and not terrains and not abstract):
        return "pattern"
    return "landscape" if terrains else "abstract"


def _style(styles: list[str], subject: Subject, abstract: list[str]) -> Style:
    """Line art wherever it is named; else the first style named; else what suits the subject."""
    if "line art" in styles or (not styles and subject == "abstract" and "contours" in abstract):
        return "line art"
    if styles:
        return cast("Style", styles[0])
    return "flat" if subject == "pattern" else "gradient"


def _terrains(asked: Sequence[Asked], *, implied: bool) -> tuple[Terrain, ...]:
    """The places, in a fixed order; where none is named, the place of the first thing or of a low sun."""
    named = _names(asked, "terrain")
    if not named and implied:
        things = cast("list[Thing]", _names(asked, "thing"))
        named = [IMPLIED[thing] for thing in things[:1]]
        if not named and {"sunset", "sunrise"} & set(_names(asked, "time")):
            named = ["sea"]
    return tuple(terrain for terrain in cast("tuple[Terrain, ...]", get_args(Terrain)) if terrain in named)


def _scenery(asked: Sequence[Asked], terrains: tuple[Terrain, ...], without: frozenset[Thing]) -> Scenery:
    things = frozenset(cast("list[Thing]", _names(asked, "thing")))
    times = _names(asked, "time") or (["night"] if things & {"moon", "stars"} else ["day"])
    seasons = _names(asked, "season") or ["none"]
    return Scenery(
        terrains=terrains or ("mountains",),
        time=cast("Time", times[0]),
        season=cast("Season", seasons[0]),
        things=things - without,
        without=without,
    )


def _names(asked: Iterable[Asked], kind: str) -> list[str]:
    """The distinct meanings of a kind, in the order of the prompt."""
    return list(dict.fromkeys(one.name for one in asked if one.kind == kind))


def _scan(words: Sequence[str]) -> tuple[list[Asked], list[Asked]]:
    """What the words ask for, and what they rule out. The longest phrase that has a meaning is taken."""
    asked: list[Asked] = []
    ruled_out: list[Asked] = []
    negated_until, at = -1, 0
    while at < len(words):
        size, meanings = longest_phrase(words, at)
        phrase = " ".join(words[at : at + size])
        for kind, name in meanings:
            if kind == "negation":
                negated_until = at + NEGATION_REACH
            elif kind in {"silent", "shade"}:
                continue
            elif at <= negated_until:
                ruled_out.append(Asked(phrase, kind, name))
            elif kind == "colour":
                asked.append(_colour(words, at, size, name))
            else:
                asked.append(Asked(phrase, kind, name))
        at += size
    return asked, ruled_out


def _colour(words: Sequence[str], at: int, size: int, colour: str) -> Asked:
    """A colour, shifted by the word before it, and whether it is to lie behind everything."""
    before = lexicon().get(words[at - 1], ()) if at else ()
    if ("shade", "dark") in before:
        colour = toned(colour, light=max(0.22, lightness(colour) - SHADE_STEP))
    if ("shade", "light") in before:
        colour = toned(colour, light=min(0.93, lightness(colour) + SHADE_STEP), strength=0.8)
    after = words[at + size] if at + size < len(words) else ""
    start = at - 1 if before and before[0][0] == "shade" else at
    behind = after in {"background", "backdrop", "paper"} or (start > 0 and words[start - 1] == "on")
    return Asked(" ".join(words[at : at + size]), "background" if behind else "colour", colour)
