"""Requests whose files together show whatever any model can be asked for, and take as little work as can be."""

from collections.abc import Iterable, Mapping
from functools import cache

from msgspec import Struct, to_builtins

from apiinone.catalog.entry import Entry
from apiinone.catalog.rendering import Clip, Edited, Picture, Rendering, Track, rendering
from catalog.catalogue_for_tests import chosen
from catalog.pairwise import Fields, file_makers, pairwise

_SIDES = {"width", "height"}
_POINTS_OF_ANY = 200_000
"""What a file takes beside its points: a start, a look at it."""
_POINTS_OF_A_SAMPLE = 3

Shown = frozenset[tuple[str, str, str]]
"""Of a kind of file: what can be said about it, and a value of that."""


class File(Struct, frozen=True):
    """What several requests for a model ask for alike; the first of them stands for all."""

    entry: Entry
    wanted: Rendering
    sub_model: str
    fields: Fields
    shown: Shown

    @property
    def points(self) -> float:
        """What it takes to make grows with these."""
        match self.wanted:
            case Clip() as clip:
                own = clip.width * clip.height * clip.duration_s
            case Picture() as picture:
                own = picture.width * picture.height
            case Track() as track:
                own = track.duration_s * track.sample_rate_hz * track.channels * _POINTS_OF_A_SAMPLE
            case Edited():
                own = 0
        return own + _POINTS_OF_ANY


@cache
def all_files() -> tuple[File, ...]:
    """All that the models can be asked for by any two parameters."""
    found: dict[tuple[str, str], File] = {}
    for entry in file_makers():
        for sub_model, fields in pairwise(entry):
            wanted = rendering(chosen(sub_model), fields)
            key = (entry.id, repr(wanted))
            shown = _shown(entry, wanted, {"sub-model": sub_model, **fields})
            first = found.get(key, File(entry, wanted, sub_model, fields, shown))
            found[key] = File(entry, wanted, first.sub_model, first.fields, first.shown | shown)
    return tuple(found.values())


@cache
def least_files() -> Mapping[str, list[File]]:
    """By model, each with one at least, the quicker first.

    Every sub-model is there. Every value of a parameter is there for each kind of file, and so is every value of what
    the engines are told, sides apart: which value of which model stands for which of these is a rule without files.
    """
    kept = sorted(_without_needless(_cover(all_files())), key=lambda file: file.points)
    return {entry.id: [file for file in kept if file.entry.id == entry.id] for entry in file_makers()}


def all_shown(files: Iterable[File]) -> Shown:
    """What is shown by one of them at least."""
    return frozenset[tuple[str, str, str]]().union(*(file.shown for file in files))


def _shown(entry: Entry, wanted: Rendering, fields: Fields) -> Shown:
    told = {f"told {name}": value for name, value in to_builtins(wanted).items() if name not in _SIDES}
    absent = {parameter.name: "absent" for parameter in entry.parameters if parameter.name not in fields}
    kind = type(wanted).__name__
    return frozenset((kind, name, str(value)) for name, value in (fields | told | absent).items())


def _cover(files: tuple[File, ...]) -> list[File]:
    """Each time the one that shows most for its points, until all is shown."""
    missing = set(all_shown(files))
    found: list[File] = []
    while missing:
        best = max(files, key=lambda file: len(file.shown & missing) / file.points)
        found.append(best)
        missing -= best.shown
    return found


def _without_needless(files: list[File]) -> list[File]:
    """Less those that show nothing by themselves, the dearest first."""
    kept = files
    for one in sorted(files, key=lambda file: -file.points):
        others = [file for file in kept if file is not one]
        if one.shown <= all_shown(others):
            kept = others
    return kept
