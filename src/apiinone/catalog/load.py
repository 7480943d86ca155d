"""Reads the data files, and an operator's overlay over them, into one catalogue."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from apiinone.catalog.endpoints import ENDPOINTS
from apiinone.catalog.entry import Choice, Entry, Route
from apiinone.catalog.fact import CatalogueInvalid
from apiinone.catalog.load_offers import OVERLAY_FOLDER, with_offers
from apiinone.catalog.read_yaml import read_yaml
from apiinone.catalog.spread import entry_of, overlaid

DATA = Path(__file__).parent / "data"
_Facts = tuple[Path, dict[str, Any]]
"""A data file and what stands in it."""
_ORDER = {endpoint.name: position for position, endpoint in enumerate(ENDPOINTS)}


class Catalogue(Struct, frozen=True):
    """All models that are on, in catalogue order, and what names mean."""

    entries: tuple[Entry, ...]
    version: str
    """Changes with any fact of any entry."""
    choices: Mapping[str, Choice]
    """Every name that a client may send, with what it means."""
    disabled: Mapping[str, Choice]
    """Names of models that the operator switched off: no new task, but old ones can still be read."""

    def resolve(self, name: str) -> Choice | None:
        """What a client's `model` means, be it a catalogue id, an alias, a slug or a sub-model id.

        None: unknown, or switched off.
        """
        return self.choices.get(name)

    def remembered(self, name: str) -> Choice | None:
        """As `resolve`, for the name a stored task bears: finds models that are switched off as well."""
        return self.choices.get(name) or self.disabled.get(name)

    def entry(self, name: str) -> Entry | None:
        """The entry behind any of its names; None as for `resolve`."""
        choice = self.choices.get(name)
        return None if choice is None else choice.entry

    def every_entry(self) -> tuple[Entry, ...]:
        """Also those that are switched off."""
        off = {choice.entry.id: choice.entry for choice in self.disabled.values()}
        return (*self.entries, *off.values())

    def offering(self, operation: str) -> tuple[Entry, Route] | None:
        """The model that has this further create route, and the route; None where it is switched off."""
        for entry in self.entries:
            if (route := entry.route_of(operation)) is not None:
                return entry, route
        return None

    def on(self, endpoint_name: str) -> tuple[Entry, ...]:
        """The models of one endpoint, in catalogue order."""
        return tuple(entry for entry in self.entries if entry.endpoint_name == endpoint_name)


def load_catalogue(overlay: Path | None = None) -> Catalogue:
    """The packaged models, with an operator's folder over them (None: no folder). Raises CatalogueInvalid.

    A file of the overlay is named like a model (`recraft-v4.yaml`) and holds the fields to replace; one with a new
    name adds a model and names its `endpoint`. `enabled: false` switches a model off. Files in its folder `offers`
    add offers to models of the product.
    """
    packaged = sorted(DATA.glob("*/*.yaml"))
    raw = {_model(path): {"endpoint": path.parent.name, **read_yaml(path)} for path in packaged}
    offered = with_offers(raw, overlay)
    facts = {_model(path): (path, offered[_model(path)]) for path in packaged}
    if overlay is not None:
        facts |= _overlaid(facts, overlay)
    entries = [_entry(model, path, fields) for model, (path, fields) in facts.items()]
    return catalogue_of(entries)


def catalogue_of(entries: list[Entry]) -> Catalogue:
    """A catalogue of these entries. Raises CatalogueInvalid where two of them claim one name."""
    ordered = tuple(sorted(entries, key=lambda entry: (_ORDER[entry.endpoint_name], entry.id)))
    named: dict[str, Choice] = {}
    for entry in ordered:
        for name, choice in _names(entry):
            if name in named and named[name] != choice:
                raise CatalogueInvalid(f"{entry.id}: the name {name!r} is taken by {named[name].entry.id}")
            named[name] = choice
    encoded = msgspec.json.encode(ordered, order="deterministic")
    return Catalogue(
        entries=tuple(entry for entry in ordered if entry.enabled),
        version=hashlib.sha256(encoded).hexdigest()[:12],
        choices={name: choice for name, choice in named.items() if choice.entry.enabled},
        disabled={name: choice for name, choice in named.items() if not choice.entry.enabled},
    )


def model_names(entry: Entry) -> tuple[str, ...]:
    """All names that `model` may bear for this entry, the catalogue id first."""
    return tuple(dict.fromkeys(name for name, _ in _names(entry)))


def _names(entry: Entry) -> list[tuple[str, Choice]]:
    default = Choice(entry, entry.default_sub_model)
    names = [(name, default) for name in (entry.id, entry.slug, *entry.aliases)]
    for sub in entry.sub_models:
        names += [(name, Choice(entry, sub)) for name in (sub.id, *sub.aliases)]
    return names


def _model(path: Path) -> str:
    return path.name.removesuffix(".yaml")


def _overlaid(facts: Mapping[str, _Facts], overlay: Path) -> dict[str, _Facts]:
    """What the operator's folder adds and replaces."""
    if not overlay.is_dir():
        raise CatalogueInvalid(f"the overlay folder {overlay} does not exist")
    over: dict[str, _Facts] = {}
    for path in sorted(path for path in overlay.rglob("*.yaml") if path.parent != overlay / OVERLAY_FOLDER):
        model = _model(path)
        if model in over:
            raise CatalogueInvalid(f"{path.name}: there is a second file for this model in {overlay}")
        over[model] = (path, _merged(facts[model][1], path) if model in facts else read_yaml(path))
    return over


def _merged(base: dict[str, Any], path: Path) -> dict[str, Any]:
    try:
        return overlaid(base, read_yaml(path))
    except ValueError as error:
        raise CatalogueInvalid(f"{path.name}: {error}") from error


def _entry(model: str, path: Path, raw: dict[str, Any]) -> Entry:
    try:
        return entry_of(model, raw)
    except (msgspec.ValidationError, ValueError) as error:
        raise CatalogueInvalid(f"{path.name}: {error}") from error
