"""Values made for a schema keep it, as far as the little reader knows its words."""

from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from apiinone.providers.local.json_example import example_of

SCHEMAS: list[dict[str, Any]] = [
    {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}, "required": ["city"]},
    {"type": "array", "items": {"type": "number", "minimum": 3.0}, "minItems": 2},
    {"enum": ["red", "green"]},
    {"const": 7},
    {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
    {"type": ["null", "integer"], "minimum": 5, "maximum": 9},
    {"type": "integer", "exclusiveMinimum": 9},
    {"type": "integer", "maximum": -2},
    {"type": "string", "minLength": 8, "maxLength": 9},
    {"type": "string", "maxLength": 2},
    {"type": "string", "format": "date-time"},
    {
        "$defs": {"node": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}},
        "type": "object",
        "properties": {"root": {"$ref": "#/$defs/node"}, "on": {"type": "boolean", "default": False}},
        "required": ["root", "on"],
        "additionalProperties": False,
    },
    {},
]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_an_example_keeps_its_schema(schema: dict[str, Any]) -> None:
    assert Draft202012Validator(schema).is_valid(example_of(schema, "test"))


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$ref": "#/nowhere"},
        {"type": "array", "items": {"$ref": "#"}, "minItems": 9_999},
        {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]},
        {"anyOf": [{"$ref": "#"}]},
        {"type": 7, "minimum": "x", "enum": [], "items": 3, "required": "a"},
        {"maxLength": -3},
        None,
        [],
        "x",
    ],
)
def test_whatever_stands_for_a_schema_the_answer_is_small_and_comes_at_once(schema: object) -> None:
    assert len(repr(example_of(schema, "test"))) < 100_000
