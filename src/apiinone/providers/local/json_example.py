"""Makes a value that keeps a JSON Schema, as far as a small reader of schemas can: for tool calls and JSON answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

DEPTH_MAX: Final = 12
ITEMS_MAX: Final = 16
VALUES_MAX: Final = 1_000
Schema = Mapping[str, object]


def example_of(schema: object, word: str) -> object:
    """A value for the schema; texts without another rule are `word`. Reads what OpenAI's strict mode allows."""
    root = _mapping(schema)
    return _Maker(root, word).value(root, DEPTH_MAX)


@dataclass(slots=True)
class _Maker:
    """Makes values; how many altogether has an end, because a schema may multiply itself."""

    root: Schema
    word: str
    left: int = VALUES_MAX

    def value(self, schema: Schema, depth: int) -> object:
        self.left -= 1
        schema = _followed(schema, self.root)
        for given in ("const", "default"):
            if given in schema:
                return schema[given]
        options = schema.get("enum")
        if isinstance(options, list) and options:
            return cast("list[object]", options)[0]
        for several in ("anyOf", "oneOf", "allOf"):
            choices = schema.get(several)
            if isinstance(choices, list) and choices and depth:
                return self.value(_mapping(cast("list[object]", choices)[0]), depth - 1)
        return self._typed(_type_of(schema), schema, depth)

    def _typed(self, kind: str, schema: Schema, depth: int) -> object:
        match kind:
            case "object":
                return self._object(schema, depth)
            case "array":
                count = min(_number(schema, "minItems", 1), ITEMS_MAX)
                item = _mapping(schema.get("items"))
                return [self.value(item, depth - 1) for _ in range(count) if depth and self.left > 0]
            case "integer" | "number":
                least = _number(schema, "minimum", _number(schema, "exclusiveMinimum", 0) + 1)
                return min(least, _number(schema, "maximum", least))
            case "boolean":
                return True
            case "null":
                return None
            case _:
                return _text(schema, self.word)

    def _object(self, schema: Schema, depth: int) -> dict[str, object]:
        properties = _mapping(schema.get("properties"))
        required = schema.get("required")
        names = map(str, cast("list[object]", required)) if isinstance(required, list) else properties
        return {
            name: self.value(_mapping(properties.get(name)), depth - 1) for name in names if depth and self.left > 0
        }


def _text(schema: Schema, word: str) -> str:
    least, most = _number(schema, "minLength", 0), _number(schema, "maxLength", 200)
    formats = {
        "date": "2026-01-01",
        "date-time": "2026-01-01T00:00:00Z",
        "time": "00:00:00Z",
        "email": "test@example.com",
        "uuid": "00000000-0000-4000-8000-000000000000",
        "uri": "https://example.com/",
    }
    text = formats.get(str(schema.get("format")), word)
    return text.ljust(min(least, 200), ".")[: max(most, 0)]


def _type_of(schema: Schema) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kinds = [str(one) for one in cast("list[object]", kind)]
        return next((one for one in kinds if one != "null"), "null")
    if isinstance(kind, str):
        return kind
    return "object" if "properties" in schema else "array" if "items" in schema else "string"


def _followed(schema: Schema, root: Schema) -> Schema:
    """The schema that a local `$ref` leads to."""
    for _ in range(DEPTH_MAX):
        reference = schema.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#"):
            return schema
        found: object = root
        for part in reference.removeprefix("#").strip("/").split("/"):
            found = _mapping(found).get(part.replace("~1", "/").replace("~0", "~")) if part else found
        schema = _mapping(found)
    return {}


def _mapping(value: object) -> Schema:
    return cast("Schema", value) if isinstance(value, Mapping) else {}


def _number(schema: Schema, name: str, otherwise: int) -> int:
    value = schema.get(name)
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else otherwise
