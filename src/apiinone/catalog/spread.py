"""From the short form of a data file to a full entry: what is written once for a model is spread to its sub-models."""

from typing import Any, cast

import msgspec

from apiinone.catalog.endpoints import ENDPOINTS
from apiinone.catalog.entry import Entry

_SHARED = ("price", "offers", "lifecycle", "format")
"""Fields that a file may write once for all its sub-models."""
_ENDPOINT_NAMES = tuple(endpoint.name for endpoint in ENDPOINTS)


def entry_of(model: str, raw: dict[str, Any]) -> Entry:
    """The entry that a file named after `model` describes.

    Raises ValueError naming the field; unknown fields, wrong types and values are refused.
    """
    facts = {"slug": model, **raw}
    if facts.pop("id", model) != model:
        raise ValueError(f"`$.id` is not the file's name, {model}")
    endpoint = facts.pop("endpoint", None)
    if endpoint not in _ENDPOINT_NAMES:
        raise ValueError(f"`$.endpoint` is not one of {', '.join(_ENDPOINT_NAMES)}: {endpoint!r}")
    shared = {name: facts.pop(name) for name in _SHARED if name in facts}
    subs: object = facts.pop("sub_models", [{"id": model}])
    if isinstance(subs, list):
        subs = [_with(shared, sub) for sub in cast("list[object]", subs)]
    return msgspec.convert({**facts, "id": model, "endpoint_name": endpoint, "sub_models": subs}, Entry)


def _with(shared: dict[str, Any], sub: object) -> object:
    """The sub-model with what it shares; anything that is no mapping is left for the typed reading to refuse."""
    return {**shared, **cast("dict[str, Any]", sub)} if isinstance(sub, dict) else sub


def overlaid(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """The fields of `over` in place of those of `base`; sub-models are matched by their id.

    A field that the base writes for each sub-model (a price, say) takes effect there too when `over` writes it once.
    Raises ValueError where a sub-model has no id.
    """
    merged = {**base, **over}
    if "sub_models" not in base or not isinstance(over.get("sub_models", []), list):
        return merged
    subs: dict[str, dict[str, Any]] = {sub["id"]: dict(sub) for sub in base["sub_models"]}
    for sub in subs.values():
        sub.update({name: over[name] for name in _SHARED if name in over})
    for sub in over.get("sub_models", []):
        name = cast("dict[str, object]", sub).get("id") if isinstance(sub, dict) else None
        if not isinstance(name, str):
            raise ValueError("`$.sub_models[…].id` is missing")  # noqa: TRY004 - a mistake in a file, not in a call
        subs[name] = {**subs.get(name, {}), **sub}
    return {**merged, "sub_models": list(subs.values())}
