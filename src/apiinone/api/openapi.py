"""The OpenAPI 3.1 document, made from the table of routes, the types that are encoded, and the catalogue's schemas."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, assert_never, cast

import msgspec
from msgspec import Struct

from apiinone import __version__
from apiinone.api.answer import encode
from apiinone.api.errors import ErrorBody
from apiinone.api.openapi_refusals import refusals_of
from apiinone.api.openapi_requests import (
    Schema,
    bodies_of,
    body_component,
    header_parameters,
    path_parameters,
    query_parameters,
)
from apiinone.api.route import (
    Bare,
    ByKey,
    ByMetricsToken,
    CreationBody,
    EventStreamOf,
    ForeignBody,
    Free,
    Json,
    Listed,
    NoBody,
    QuoteBody,
    Route,
    Several,
    TypedBody,
)
from apiinone.catalog.load import Catalogue

_REF: Final = "#/components/schemas/{name}"
_NO_CONTENT: Final = 204
_PARTLY: Final = 206
_STATUS_WORDS: Final = {
    200: "Done.",
    _NO_CONTENT: "There is nothing left to send.",
    _PARTLY: "The part that was asked for.",
}
_EVERYWHERE: Final[Schema] = {
    "X-Request-Id": {"description": "The client's own id, or ours.", "schema": {"type": "string"}},
    "Server-Timing": {"description": "`app;dur=` our own share in milliseconds.", "schema": {"type": "string"}},
}
_RATES: Final[Schema] = {
    "RateLimit-Policy": {"description": "The key's rate: `q` requests in `w` seconds.", "schema": {"type": "string"}},
    "RateLimit": {"description": "`r` requests are left; in `t` seconds it is full.", "schema": {"type": "string"}},
}
_SECURITY: Final[Schema] = {
    "key": {"type": "http", "scheme": "bearer", "description": "A key, `aio_live_…` or `aio_test_…`."},
    "metrics_token": {"type": "http", "scheme": "bearer", "description": "The operator's token for /metrics."},
}


def document(routes: Sequence[Route], catalogue: Catalogue) -> bytes:
    """The whole document as JSON."""
    types = _types_of(routes)
    _, components = msgspec.json.schema_components(types, ref_template=_REF)
    paths: dict[str, Schema] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "API in One",
                "version": __version__,
                "description": "One key, one contract, every generative-media model.",
            },
            "servers": [{"url": "/"}],
            "paths": paths,
            "components": {
                "schemas": _published(components) | bodies_of(routes, catalogue),
                "securitySchemes": _SECURITY,
            },
        }
    )


def _operation(route: Route) -> Schema:
    operation: Schema = {
        "operationId": route.name,
        "summary": route.about,
        "parameters": [*path_parameters(route), *query_parameters(route), *header_parameters(route)],
        "responses": _responses(route),
    }
    match route.authority:
        case ByKey(scope, _):
            operation["security"] = [{"key": []}]
            operation["description"] = f"Needs the scope `{scope}`." if scope else "Any key may ask."
        case ByMetricsToken():
            operation["security"] = [{"metrics_token": []}]
        case _:
            operation["security"] = []
    match route.body:
        case NoBody():
            pass
        case CreationBody() | QuoteBody():
            content = {"application/json": {"schema": _reference(body_component(route.body))}}
            operation["requestBody"] = {"required": True, "content": content}
        case TypedBody(kind):
            content = {"application/json": {"schema": _reference(kind.__name__)}}
            operation["requestBody"] = {"required": True, "content": content}
        case ForeignBody():
            operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": {}}}}
        case _:
            assert_never(route.body)
    return operation


def _responses(route: Route) -> dict[str, Schema]:
    headers = _EVERYWHERE | (_RATES if isinstance(route.authority, ByKey) else {})
    statuses = statuses_of(route)
    responses: dict[str, Schema] = {}
    for status, kinds in refusals_of(route).items():
        words = ", ".join(f"`{kind}`" for kind in kinds)
        content = {"application/json": {"schema": _reference(ErrorBody.__name__)}}
        responses[str(status)] = {"description": f"Refused: {words}.", "headers": _EVERYWHERE, "content": content}
    for status in statuses:
        words = _STATUS_WORDS.get(status, "Not now.")
        responses[str(status)] = {"description": words, "headers": headers}
        if status != _NO_CONTENT:
            responses[str(status)]["content"] = _content(route)
    return responses


def statuses_of(route: Route) -> tuple[int, ...]:
    """The statuses of its answers that are no refusals."""
    match route.answers:
        case Bare(_, statuses):
            return statuses
        case EventStreamOf():
            return route.answers.statuses
        case Free(_, partly=True):
            return (200, 206)
        case _:
            return (200,)


def _content(route: Route) -> Schema:
    match route.answers:
        case Json(types):
            found = [_reference(kind.__name__) for kind in types]
            return _json(_envelope(found[0] if len(found) == 1 else {"anyOf": found}))
        case Several(row):
            return _json(_envelope({"type": "array", "items": _reference(row.__name__)}))
        case Listed(row):
            cursor: Schema = {"next_cursor": {"type": ["string", "null"], "description": "Null on the last page."}}
            return _json(_envelope({"type": "array", "items": _reference(row.__name__)}, cursor))
        case Bare(body, _, also):
            others: Schema = {content_type: {} for content_type in also}
            return _json(_reference(body.__name__)) | others
        case EventStreamOf(types):
            return {"text/event-stream": {"schema": _event([_reference(kind.__name__) for kind in types])}}
        case Free(content_types, _):
            return {content_type: {} for content_type in content_types}
        case _:
            assert_never(route.answers)


def _envelope(data: Schema, more: Schema | None = None) -> Schema:
    properties: Schema = {"code": {"const": 200}, "message": {"const": "success"}, "data": data, **(more or {})}
    return {"type": "object", "properties": properties, "required": list(properties)}


def _event(data: Sequence[Schema]) -> Schema:
    """One server-sent event, field by field; `data` is JSON in a string."""
    properties: Schema = {
        "id": {"type": "string", "pattern": "^[0-9]+$", "description": "The number; left out where it has none."},
        "event": {"type": "string"},
        "data": {"type": "string", "contentMediaType": "application/json", "contentSchema": {"anyOf": data}},
    }
    return {"type": "object", "properties": properties, "required": ["event", "data"]}


def _json(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def _reference(name: str) -> Schema:
    return {"$ref": _REF.format(name=_name(name))}


def _types_of(routes: Iterable[Route]) -> list[type[Struct]]:
    found: list[type[Struct]] = [ErrorBody]
    for route in routes:
        if isinstance(route.body, TypedBody):
            found.append(route.body.kind)
        match route.answers:
            case Json(types):
                found += types
            case Several(row) | Listed(row):
                found.append(row)
            case Bare(body, _):
                found.append(body)
            case EventStreamOf(types):
                found += types
            case Free():
                pass
            case _:
                assert_never(route.answers)
    return list(dict.fromkeys(found))


def _published(components: Mapping[str, object]) -> Schema:
    """Our types under the names that clients know them by, each as it is on the wire."""
    return {_name(name): _exact(schema) for name, schema in components.items()}


def _name(name: str) -> str:
    """A task is a `Task` to clients; that ours is the page that shows it is no business of theirs."""
    return name.removesuffix("Page")


def _exact(value: object) -> object:
    """The schema with amounts as what they are on the wire, exact JSON numbers, and with names as published."""
    match value:
        case {"$ref": str(reference)}:
            return {**_rest(value, "$ref"), "$ref": _name(reference)}
        case {"title": str(title), "type": "object"}:
            return {"title": _name(title), **cast("Schema", _exact(_rest(value, "title")))}
        case {"type": "string", "format": "decimal"}:
            return {**_rest(value, "type", "format"), "type": "number"}
        case {"anyOf": [{"type": "integer"}, {"type": "string", "format": "decimal"}]}:
            return {**_rest(value, "anyOf"), "type": "number"}
        case dict():
            return {name: _exact(member) for name, member in cast("Schema", value).items()}
        case list() | tuple():
            return [_exact(item) for item in cast("Sequence[object]", value)]
        case _:
            return value


def _rest(value: object, *without: str) -> Schema:
    return {name: member for name, member in cast("Schema", value).items() if name not in without}
