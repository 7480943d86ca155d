"""The request side of the OpenAPI document: parameters and bodies."""

from collections.abc import Iterable
from typing import Final, cast

import msgspec
from msgspec import Struct

from apiinone.api.deliveries import DELIVERY_PATTERN
from apiinone.api.orders import ORDER_PATTERN
from apiinone.api.provider_keys import PROVIDER_KEY_PATTERN
from apiinone.api.queries import NoQuery
from apiinone.api.request_headers import IDEMPOTENCY_KEY_CHARACTERS_MAX, SCENARIO_CHARACTERS_MAX
from apiinone.api.route import ROUTE_FIELD, CreationBody, Kind, QuoteBody, Route
from apiinone.api.task_ids import PATTERN
from apiinone.api.webhook_endpoints import ENDPOINT_PATTERN
from apiinone.catalog.endpoints import PAID_ROUTES, CreateRoute
from apiinone.catalog.load import Catalogue
from apiinone.catalog.schema import body_schema

Schema = dict[str, object]
_REF: Final = "#/components/schemas/{name}"
_IDS: Final[dict[Kind, Schema]] = {
    "own_task": {"type": "string", "pattern": PATTERN},
    "own_delivery": {"type": "string", "pattern": DELIVERY_PATTERN},
    "own_provider_key": {"type": "string", "pattern": PROVIDER_KEY_PATTERN},
    "own_order": {"type": "string", "pattern": ORDER_PATTERN},
    "own_document": {"type": "string", "pattern": ORDER_PATTERN},
    "own_member": {"type": "string", "pattern": ORDER_PATTERN},
    "own_saved_method": {"type": "string", "pattern": ORDER_PATTERN},
    "payment_method": {"type": "string", "pattern": "^[a-z0-9-]{1,32}$"},
    "own_endpoint": {"type": "string", "pattern": ENDPOINT_PATTERN},
    "model": {"type": "string", "minLength": 1, "maxLength": 64},
    "linked_task": {"type": "string", "pattern": PATTERN},
    "output_no": {"type": "string", "pattern": "^[0-9]{1,2}$"},
    "provider": {"type": "string", "pattern": "^[a-z0-9-]{1,32}$"},
}
_HEADERS: Final[dict[str, Schema]] = {
    "Idempotency-Key": {
        "description": "Send a request again under the same key and get the same task.",
        "schema": {"type": "string", "pattern": f"^[ -~]{{1,{IDEMPOTENCY_KEY_CHARACTERS_MAX}}}$"},
    },
    "Last-Event-ID": {
        "description": "The number of the last event that came: the stream goes on after it.",
        "schema": {"type": "string", "pattern": "^[0-9]{1,9}$"},
    },
    "Prefer": {
        "description": "`wait=N`: answer once the task has ended, at the latest after N seconds (at most 60).",
        "schema": {"type": "string", "examples": ["wait=30"]},
    },
    "Range": {
        "description": "One range of bytes, such as `bytes=0-1023`; other forms are passed over.",
        "schema": {"type": "string", "maxLength": 64, "examples": ["bytes=0-1023"]},
    },
    "X-Test-Scenario": {
        "description": "Test keys only: what is to be played, such as `delay=2` or `fail=moderation`.",
        "schema": {"type": "string", "maxLength": SCENARIO_CHARACTERS_MAX, "examples": ["delay=2", "fail=moderation"]},
    },
}


def path_parameters(route: Route) -> list[Schema]:
    """The ids in the path."""
    return [
        {"name": path_id.name, "in": "path", "required": True, "schema": _IDS[path_id.kind]} for path_id in route.ids
    ]


def header_parameters(route: Route) -> list[Schema]:
    """The headers that change what the route does."""
    return [{"name": name, "in": "header", **_HEADERS[name]} for name in route.headers]


def query_parameters(route: Route) -> list[Schema]:
    """The query parameters, from the type that reads them."""
    if route.query is NoQuery:
        return []
    schema = _inline(route.query)
    properties = cast("dict[str, Schema]", schema["properties"])
    required = cast("list[str]", schema.get("required", []))
    return [_query_parameter(name, found, needed=name in required) for name, found in properties.items()]


def body_component(body: CreationBody | QuoteBody) -> str:
    """The component's name of a body."""
    return "quote" if isinstance(body, QuoteBody) else f"{_label(body.made_by)}-creation"


def bodies_of(routes: Iterable[Route], catalogue: Catalogue) -> Schema:
    """For each kind of body one schema that is exactly one of its models' schemas, and these."""
    components: Schema = {}
    for route in routes:
        match route.body:
            case CreationBody(made_by):
                own = {name: _without(schema) for name, schema in _bodies(made_by, "creation", catalogue)}
            case QuoteBody():
                own = {
                    name: _quoted(schema, made_by)
                    for made_by in PAID_ROUTES
                    for name, schema in _bodies(made_by, "quote", catalogue)
                }
            case _:
                continue
        components |= own
        references = [{"$ref": _REF.format(name=name)} for name in own]
        components[body_component(route.body)] = {"oneOf": references} if own else {"not": {}}  # all are switched off
    return components


def _bodies(made_by: CreateRoute, kind: str, catalogue: Catalogue) -> list[tuple[str, Schema]]:
    """The component's name and the schema of each body that this create route takes here."""
    label = f"{_label(made_by)}-{kind}"
    if not made_by.operation:
        return [(f"{label}-{entry.id}", body_schema(entry)) for entry in catalogue.on(made_by.endpoint_name)]
    offered = catalogue.offering(made_by.operation)
    return [] if offered is None else [(f"{label}-{offered[0].id}", body_schema(*offered))]


def _label(made_by: CreateRoute) -> str:
    return (made_by.operation or made_by.endpoint_name).replace("/", "-")


def _quoted(schema: Schema, made_by: CreateRoute) -> Schema:
    """A creation's body as a quote is asked for: without a quote's id, and with a word for the route."""
    found = _without(schema, "quote_id")
    named: Schema = {"const": made_by.path, "description": "The create route that the body is for."}
    found["properties"] = {ROUTE_FIELD: named, **cast("Schema", found["properties"])}
    if made_by.operation:
        found["required"] = [ROUTE_FIELD, *cast("list[str]", found["required"])]
    return found


def _without(schema: Schema, *left_out: str) -> Schema:
    properties = cast("Schema", schema["properties"])
    kept = {name: found for name, found in properties.items() if name not in left_out}
    return {name: value for name, value in schema.items() if name != "$schema"} | {"properties": kept}


def _query_parameter(name: str, schema: Schema, *, needed: bool) -> Schema:
    description = schema.pop("description", None)
    parameter: Schema = {"name": name, "in": "query", "required": needed, "schema": schema}
    if description is not None:
        parameter["description"] = description
    if schema.get("type") == "object":
        parameter |= {"style": "deepObject", "explode": True}
    return parameter


def _inline(kind: type[Struct]) -> Schema:
    """The type's own schema; types of queries hold no other types."""
    _, components = msgspec.json.schema_components((kind,), ref_template=_REF)
    return cast("Schema", components[kind.__name__])
