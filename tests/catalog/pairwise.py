"""Requests for a model that together have every two values of its declared parameters in one of them."""

from collections.abc import Iterator
from itertools import combinations, product

from apiinone.catalog.entry import Entry
from apiinone.catalog.parameters import (
    Flag,
    Fraction,
    Media,
    MediaList,
    OneOf,
    OneOfNumbers,
    Parameter,
    Records,
    Size,
    Text,
    Whole,
)
from apiinone.core.errors import BadRequest
from catalog.catalogue_for_tests import BODIES, CATALOGUE, chosen

Fields = dict[str, object]
ABSENT = object()
PHOTO = "https://example.com/photo.png"
FILM = "https://example.com/film.mp4"


def pairwise(entry: Entry) -> list[tuple[str, Fields]]:
    """Accepted requests: a public name of a sub-model, and its parsed fields."""
    return [found for sub in entry.sub_models for found in _of_sub(entry, sub.id)]


def _of_sub(entry: Entry, sub_model: str) -> Iterator[tuple[str, Fields]]:
    values = {parameter.name: _values(parameter) for parameter in entry.parameters}
    wanted = set(_pairs(values))
    seen: set[tuple[tuple[str, int], tuple[str, int]]] = set()
    for first, second in combinations(values, 2) if len(values) > 1 else [(name, name) for name in values]:
        for one, other in product(range(len(values[first])), range(len(values[second]))):
            if ((first, one), (second, other)) in seen:
                continue
            for body in _bodies(entry, sub_model, values, {first: one, second: other}):
                try:
                    fields = dict(BODIES.parse(chosen(sub_model), body[0]).fields)
                except BadRequest:
                    continue
                places = sorted(body[1].items(), key=lambda item: list(values).index(item[0]))
                seen |= set(combinations(places, 2)) & wanted
                yield sub_model, fields
                break


def _pairs(values: dict[str, list[object]]) -> Iterator[tuple[tuple[str, int], tuple[str, int]]]:
    for first, second in combinations(values, 2):
        for one, other in product(range(len(values[first])), range(len(values[second]))):
            yield (first, one), (second, other)


def _bodies(
    entry: Entry, sub_model: str, values: dict[str, list[object]], fixed: dict[str, int]
) -> Iterator[tuple[Fields, dict[str, int]]]:
    """The pair beside several fillings of the rest, the least one and fuller ones: rules between fields refuse some."""
    for filling in (0, 1, -1, 2):
        places = {name: fixed.get(name, filling % len(values[name])) for name in values}
        chosen_values = {name: values[name][place] for name, place in places.items()}
        yield {"model": sub_model, **{k: v for k, v in chosen_values.items() if v is not ABSENT}}, places
    example = {name: value for name, value in entry.example.items() if name != "model"}
    given = {name: values[name][place] for name, place in fixed.items()}
    merged = {**example, **given}
    yield {"model": sub_model, **{k: v for k, v in merged.items() if v is not ABSENT}}, fixed


def _values(parameter: Parameter) -> list[object]:
    values = _given(parameter)
    return values if parameter.required else [ABSENT, *values]


def _given(parameter: Parameter) -> list[object]:
    match parameter:
        case OneOf() | OneOfNumbers():
            return list(parameter.values)
        case Whole() | Fraction():
            return [parameter.min, parameter.max]
        case Flag():
            return [False, True]
        case Size():
            return [f"{parameter.side_min}x{parameter.side_max}", "640*480"]
        case Records():
            return [[{field.name: _given(field)[-1] for field in parameter.fields if field.required}]]
        case Media() | MediaList():
            url = PHOTO if parameter.of == "image" else FILM
            return [url if isinstance(parameter, Media) else [url]]
        case Text():
            return ["a red boat on a calm lake"]
        case _:
            return ["n31abc_grok"]


def file_makers() -> Iterator[Entry]:
    """The models that make files."""
    return (entry for entry in CATALOGUE.entries if entry.output != "text")
