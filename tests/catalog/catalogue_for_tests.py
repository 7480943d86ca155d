"""The packaged catalogue, overlays of it, and the least body that each name takes."""

from collections.abc import Mapping
from pathlib import Path

from apiinone.catalog.entry import Choice
from apiinone.catalog.load import Catalogue, load_catalogue
from apiinone.catalog.schema import Bodies, Parsed

CATALOGUE = load_catalogue()
BODIES = Bodies()


def chosen(name: str, catalogue: Catalogue = CATALOGUE) -> Choice:
    choice = catalogue.resolve(name)
    assert choice is not None, name
    return choice


def parsed(name: str, **fields: object) -> Parsed:
    """The body that has just what this name requires, and these fields."""
    return BODIES.parse(chosen(name), least_body(name) | fields)


def least_body(name: str) -> dict[str, object]:
    entry = chosen(name).entry
    always = {field.name for field in entry.parameters if field.required}
    prompt = {"prompt"} & {field.name for field in entry.parameters} if "upscale" not in name else set[str]()
    return {"model": name} | {field: entry.example.get(field, "A red fox") for field in always | prompt}


def overlaid(folder: Path, files: Mapping[str, str]) -> Catalogue:
    """The packaged catalogue under an operator's files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return load_catalogue(folder)
