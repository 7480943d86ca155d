"""The body of one of a model's further routes, as JSON Schema, and the reading of bodies against it."""

from collections.abc import Mapping
from decimal import Decimal
from itertools import islice
from typing import Final, cast

from msgspec import UNSET, Struct

from apiinone.catalog.clean import refuse_unclean
from apiinone.catalog.common_fields import COMMON_FIELDS
from apiinone.catalog.entry import Entry, Route
from apiinone.catalog.explain import explain
from apiinone.catalog.field_schema import parameter_schema
from apiinone.catalog.load import Catalogue
from apiinone.catalog.parameters import default_of
from apiinone.core.credits import Credits, parse
from apiinone.core.errors import BadRequest

ERRORS_MAX: Final = 100
CALL_FIELDS: Final = ("metadata", "deadline_s", "max_credits")
"""The common fields that a call which answers at once may have."""


class RouteOf(Struct, frozen=True):
    """A further route, and whose it is."""

    entry: Entry
    route: Route


class ParsedCall(Struct, frozen=True):
    """A body that keeps its route's schema, taken apart."""

    fields: dict[str, object]
    metadata: dict[str, str]
    deadline_s: int | None
    max_credits: Credits | None


def route_at(catalogue: Catalogue, path: str) -> RouteOf:
    """The further route with this path. Raises LookupError where the catalogue has none."""
    for entry in catalogue.entries:
        for route in entry.routes:
            if route.path == path:
                return RouteOf(entry, route)
    raise LookupError(path)


def call_schema(route: Route) -> dict[str, object]:
    """The whole body of such a call (JSON Schema 2020-12)."""
    properties: dict[str, object] = {field.name: parameter_schema(field) for field in route.parameters}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": route.about,
        "type": "object",
        "properties": properties | {name: COMMON_FIELDS[name] for name in CALL_FIELDS},
        "required": [field.name for field in route.parameters if field.required],
        "additionalProperties": False,
    }


def parse_call(route: Route, body: Mapping[str, object]) -> ParsedCall:
    """Read a decoded JSON object. Raises BadRequest whose `param` is the JSON pointer of the field at fault."""
    from jsonschema_rs import Draft202012Validator  # noqa: PLC0415 - a large library, first needed here

    schema = call_schema(route)
    refuse_unclean(body)
    validator = Draft202012Validator(schema)
    if not validator.is_valid(body):
        raise explain(schema, (), list(islice(validator.iter_errors(body), ERRORS_MAX)))
    fields = {field.name: default_of(field) for field in route.parameters if default_of(field) is not UNSET}
    fields |= {name: value for name, value in body.items() if name not in CALL_FIELDS}
    deadline_s, max_credits = body.get("deadline_s"), body.get("max_credits")
    return ParsedCall(
        fields,
        cast("dict[str, str]", body.get("metadata", {})),
        None if deadline_s is None else int(cast("float", deadline_s)),
        None if max_credits is None else _credits(max_credits),
    )


def _credits(value: object) -> Credits:
    try:
        return parse(f"{Decimal(str(value)):f}")
    except ValueError as error:
        raise BadRequest("'max_credits' has more than six decimals.", param="/max_credits") from error
