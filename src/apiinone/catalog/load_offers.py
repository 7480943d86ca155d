"""Reads the files of offers, one for each provider, and puts each offer to the sub-models that it serves."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from apiinone.catalog.fact import CatalogueInvalid
from apiinone.catalog.read_yaml import read_yaml

OFFERS = Path(__file__).parent / "offers"
OVERLAY_FOLDER = "offers"
"""In an operator's overlay, the folder whose files add offers to those of the product."""
_Raw = dict[str, Any]


def with_offers(entries: Mapping[str, _Raw], overlay: Path | None) -> dict[str, _Raw]:
    """The entries' facts by model, each sub-model with its offers, the packaged ones before an overlay's.

    An entry that lists offers itself keeps those alone. Raises CatalogueInvalid for a file that is no list of offers,
    or an offer for what is no sub-model.
    """
    found: dict[str, list[_Raw]] = {}
    subs = {sub for model, raw in entries.items() for sub in _sub_model_ids(model, raw)}
    for path in _files(overlay):
        for sub, offer in _offers_in(path):
            if sub not in subs:
                raise CatalogueInvalid(f"{path.name}: there is no sub-model {sub!r} to serve")
            found.setdefault(sub, []).append(offer)
    return {model: _joined(model, raw, found) for model, raw in entries.items()}


def _files(overlay: Path | None) -> Iterator[Path]:
    yield from sorted(OFFERS.glob("*.yaml"))
    if overlay is not None:
        yield from sorted((overlay / OVERLAY_FOLDER).glob("*.yaml"))


def _offers_in(path: Path) -> Iterator[tuple[str, _Raw]]:
    """Each sub-model served, with the offer. Raises CatalogueInvalid."""
    raw = read_yaml(path)
    provider, offers = raw.get("provider"), raw.get("offers")
    if raw.keys() != {"provider", "offers"} or not isinstance(offers, list):
        raise CatalogueInvalid(f"{path.name}: must have `provider` and a list `offers`, and nothing else")
    for number, offer in enumerate(cast("list[object]", offers)):
        facts = dict(cast("_Raw", offer)) if isinstance(offer, dict) else {}
        serves = facts.pop("serves", None)
        if not isinstance(serves, list) or not serves:
            raise CatalogueInvalid(f"{path.name}: `offers[{number}].serves` must list the sub-models it serves")
        for sub in cast("list[object]", serves):
            yield str(sub), {"provider": provider, **facts}


def _sub_model_ids(model: str, raw: _Raw) -> list[str]:
    return [sub["id"] for sub in _sub_models(raw)] or [model]


def _sub_models(raw: _Raw) -> list[_Raw]:
    """Those that the file names; what is no list of named mappings is left for the typed reading to refuse."""
    subs: object = raw.get("sub_models", [])
    listed = cast("list[object]", subs if isinstance(subs, list) else [])
    return [cast("_Raw", sub) for sub in listed if isinstance(sub, dict) and "id" in sub]


def _joined(model: str, raw: _Raw, found: Mapping[str, list[_Raw]]) -> _Raw:
    if "offers" in raw:
        return raw
    subs = _sub_models(raw)
    if not subs:
        return {**raw, "offers": found.get(model, [])}
    return {**raw, "sub_models": [{"offers": found.get(sub["id"], []), **sub} for sub in subs]}
