"""`catalog check`: proves of a catalogue that each of its facts holds together with the others. Pure."""

from collections.abc import Callable, Iterator
from typing import Literal

from msgspec import Struct

from apiinone.catalog.check_fields import conditions_wrong, fields_wrong
from apiinone.catalog.check_money import offers_wrong, prices_wrong
from apiinone.catalog.check_routes import routes_wrong
from apiinone.catalog.check_shapes import shape_wrong
from apiinone.catalog.endpoints import ENDPOINTS
from apiinone.catalog.entry import Entry, Lifecycle
from apiinone.catalog.load import Catalogue
from apiinone.catalog.pricing import price
from apiinone.catalog.schema import Bodies
from apiinone.core.errors import BadRequest

Wrong = tuple[str, str]
"""Where, as a path in the model's data file, and what."""


class Finding(Struct, frozen=True):
    """One thing that is wrong. Errors make the catalogue unfit to serve; warnings can be meant."""

    severity: Literal["error", "warning"]
    model: str
    where: str
    what: str


def check(catalogue: Catalogue) -> list[Finding]:
    """All findings, in catalogue order; none where the catalogue is sound."""
    found = [finding for entry in catalogue.entries for finding in _of_entry(catalogue, entry)]
    found += [
        Finding("warning", endpoint.default_model, "endpoint", f"{endpoint.path} has lost its default model")
        for endpoint in ENDPOINTS
        if endpoint.default_model and catalogue.resolve(endpoint.default_model) is None
    ]
    return found


def _of_entry(catalogue: Catalogue, entry: Entry) -> list[Finding]:
    found = [Finding("error", entry.id, where, what) for look in _LOOKS for where, what in look(entry)]
    # a model whose rules are wrong has no schema to try its example on
    return found or [Finding("error", entry.id, "example", what) for what in _example(catalogue, entry)]


def _example(catalogue: Catalogue, entry: Entry) -> Iterator[str]:
    choice = catalogue.resolve(str(entry.example.get("model")))
    if choice is None or choice.entry is not entry:
        yield "its model is not this one"
        return
    try:
        price(choice, Bodies().parse(choice, entry.example).fields)
    except (BadRequest, KeyError) as error:
        yield f"does not work: {error}"


def _sub_models(entry: Entry) -> Iterator[Wrong]:
    defaults = sum(sub.default for sub in entry.sub_models)
    if len(entry.sub_models) > 1 and defaults != 1:
        yield "sub_models", f"{defaults} of them are the default, not one"
    if entry.seconds[0] > entry.seconds[1]:
        yield "seconds", "the first is the longer one"


def _lifecycles(entry: Entry) -> Iterator[Wrong]:
    for position, sub in enumerate(entry.sub_models):
        for what in _lifecycle(sub.lifecycle):
            yield f"sub_models[{position}].lifecycle", what


def _lifecycle(lifecycle: Lifecycle) -> Iterator[str]:
    if lifecycle.state == "ending" and lifecycle.ends_at is None:
        yield "ending, but no day is named"
    if lifecycle.state == "active" and lifecycle.ends_at is not None:
        yield "active, but a last day is named"
    if lifecycle.state != "active" and not lifecycle.note:
        yield f"{lifecycle.state}, but no note says why"


def _choices(entry: Entry) -> Iterator[Wrong]:
    known = {*Entry.__struct_fields__, "price", "lifecycle", *(field.name for field in entry.parameters)}
    for key in entry.our_choices:
        if key.split(".")[0] not in known:
            yield f"our_choices.{key}", "speaks of no field of this model"


_LOOKS: tuple[Callable[[Entry], Iterator[Wrong]], ...] = (
    _sub_models,
    fields_wrong,
    conditions_wrong,
    shape_wrong,
    prices_wrong,
    offers_wrong,
    _lifecycles,
    _choices,
    routes_wrong,
)
