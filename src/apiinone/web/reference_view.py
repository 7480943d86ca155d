"""The API reference as a page: every route of `/openapi.json`, its parameters, bodies and answers. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

from msgspec import Struct

from apiinone.web.languages import marked

GROUPS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    (marked("Create"), ("/api/v1/images", "/api/v1/videos", "/api/v1/audio", "/api/v1/chat")),
    (marked("Tasks"), ("/api/v1/tasks",)),
    (marked("Money"), ("/api/v1/quotes", "/api/v1/credits", "/api/v1/usage")),
    (marked("Catalogue"), ("/api/v1/models",)),
    (marked("Callbacks"), ("/api/v1/webhooks",)),
    (marked("Account"), ("/api/v1/me", "/api/v1/provider-keys")),
)
"""Headings of the page and the paths below each; what is below none stands under the last heading, Server."""
LAST_GROUP: Final = marked("Server")
DEPTH_MAX: Final = 4
Node = Mapping[str, Any]  # an OpenAPI document is another product's form


class Field(Struct, frozen=True):
    """One field of a parameter list, a body or an answer."""

    name: str
    type: str
    required: bool
    about: str
    depth: int = 0


class Reply(Struct, frozen=True):
    """A status and what it means."""

    status: str
    about: str


class Operation(Struct, frozen=True):
    """One method on one path."""

    id: str
    method: str
    path: str
    about: str
    keyed: bool
    parameters: tuple[Field, ...]
    bodies: tuple[tuple[str, tuple[Field, ...]], ...]
    """Forms of the body by name."""
    answer: tuple[Field, ...]
    replies: tuple[Reply, ...]


class Group(Struct, frozen=True):
    """Operations under one heading."""

    title: str
    operations: tuple[Operation, ...]


def reference_view(document: bytes) -> tuple[Group, ...]:
    """All groups that have operations."""
    api: Node = json.loads(document)
    found: dict[str, list[Operation]] = {}
    for path, methods in cast("Node", api["paths"]).items():
        for method, described in cast("Node", methods).items():
            found.setdefault(_group(path), []).append(_operation(api, method, path, described))
    order = [*(title for title, _ in GROUPS), LAST_GROUP]
    return tuple(Group(title, tuple(found[title])) for title in order if title in found)


def _group(path: str) -> str:
    return next((title for title, below in GROUPS if path.startswith(below)), LAST_GROUP)


def _operation(api: Node, method: str, path: str, described: Node) -> Operation:
    content = _content(described.get("requestBody", {}))
    good = described["responses"].get("200", {})
    return Operation(
        id=described["operationId"],
        method=method.upper(),
        path=path,
        about=described.get("summary", ""),
        keyed=any("key" in one for one in described.get("security", ())),
        parameters=tuple(_parameter(api, one) for one in described.get("parameters", ())),
        bodies=tuple(_bodies(api, content)),
        answer=tuple(_fields(api, _content(good), 0)),
        replies=tuple(
            Reply(status, one.get("description", "")) for status, one in sorted(described["responses"].items())
        ),
    )


def _content(described: Node) -> Node:
    """The schema of a body; empty where there is none or it is no JSON."""
    kinds: Node = described.get("content", {})
    return cast("Node", kinds.get("application/json", {}).get("schema", {}))


def _parameter(api: Node, described: Node) -> Field:
    one = _resolved(api, described)
    return Field(f"{one['name']} ({one['in']})", _type(api, one["schema"]), one.get("required", False), _about(one))


def _bodies(api: Node, schema: Node) -> Iterator[tuple[str, tuple[Field, ...]]]:
    found = _resolved(api, schema)
    forms: Sequence[Node] = found.get("oneOf") or found.get("anyOf") or ([schema] if schema else [])
    for form in forms:
        name = str(form.get("$ref", "")).rpartition("/")[2] or str(found.get("title", "Body"))
        yield name, tuple(_fields(api, form, 0))


def _fields(api: Node, schema: Node, depth: int) -> Iterator[Field]:
    found = _resolved(api, schema)
    if found.get("type") == "array":
        items: object = found.get("items")
        yield from _fields(api, cast("Node", items), depth) if isinstance(items, dict) else ()
        return
    required = set(found.get("required", ()))
    for name, inner in cast("Node", found.get("properties", {})).items():
        described = _resolved(api, inner)
        yield Field(name, _type(api, inner), name in required, _about(inner) or _about(described), depth)
        if depth < DEPTH_MAX and _type(api, inner).endswith(("object", "objects")):
            yield from _fields(api, inner, depth + 1)


def _about(described: Node) -> str:
    return str(described.get("description", ""))


def _type(api: Node, schema: Node) -> str:
    found = _resolved(api, schema)
    either: Sequence[Node] = found.get("anyOf") or found.get("oneOf") or ()
    if either and "type" not in found:
        return " or ".join(dict.fromkeys(_type(api, one) for one in either))
    if "enum" in found:
        return " · ".join(json.dumps(value) for value in found["enum"])
    kind = found.get("type", "any")
    if kind == "array":
        items: object = found.get("items")
        return f"list of {_type(api, cast('Node', items))}s" if isinstance(items, dict) else "list of values"
    return " or ".join(map(str, cast("list[object]", kind))) if isinstance(kind, list) else str(kind)


def _resolved(api: Node, schema: Node) -> Node:
    while "$ref" in schema:
        found: Node = api
        for part in str(schema["$ref"]).removeprefix("#/").split("/"):
            found = found[part.replace("~1", "/").replace("~0", "~")]
        schema = found
    return schema
