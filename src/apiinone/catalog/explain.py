"""Turns breaches of a body's schema into one refusal that names the field and says what it must be."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, cast

from apiinone.catalog.clean import pointer_to, shown
from apiinone.catalog.common_fields import CLEAN_TEXT
from apiinone.catalog.field_schema import Constraint, Schema
from apiinone.core.errors import BadRequest

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError

_TOLD_FIRST = ("additionalProperties", "type")
_TYPES = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}
_LIMITS = {
    "minLength": "must have at least {} character(s).",
    "maxLength": "must have at most {} characters.",
    "minItems": "must have at least {} item(s).",
    "maxItems": "must have at most {} item(s).",
    "maxProperties": "must have at most {} entries.",
}


def explain(schema: Schema, rules: tuple[Constraint, ...], errors: "Sequence[ValidationError]") -> BadRequest:
    """The breach most worth telling: unknown fields, then wrong types, then values, missing fields and other rules."""
    error = min(errors, key=_rank)
    where = list(error.schema_path)
    if where[:1] == ["allOf"]:
        rule = rules[int(where[1])]
        return BadRequest(rule.sentence, param=pointer_to("", rule.param))
    pointer = ""
    for part in error.instance_path:
        pointer = pointer_to(pointer, part)
    parent, about = _at(schema, where[:-1])
    match error.kind.name:
        case "additionalProperties":
            return _unknown(error, parent, pointer)
        case "required":
            name = str(error.kind.value)
            return BadRequest(f"'{name}' is required.", param=pointer_to(pointer, name))
        case _:
            named = f"'{_field(error.instance_path)}'" if pointer else "The body"
            return BadRequest(
                f"{named} {_sentence(error.kind.name, error.kind.value, parent) or _form(about)}", param=pointer
            )


def _rank(error: "ValidationError") -> tuple[int, str]:
    """Small for what explains the rest. The pointer makes the choice the same every time."""
    name = error.kind.name
    if name in _TOLD_FIRST:
        rank = _TOLD_FIRST.index(name)
    else:
        rank = 4 if error.schema_path[:1] == ["allOf"] else 3 if name == "required" else 2
    return rank, "/".join(map(str, error.instance_path))


def _field(path: Sequence[str | int]) -> str:
    """The name of the field that a path ends in or, for an item of a list, below."""
    names = [part for part in path if isinstance(part, str)]
    return shown(names[-1] if names else str(path[-1]))


def _at(schema: Schema, path: Sequence[str | int]) -> tuple[Schema, str]:
    """The schema at a path, and the last description on the way to it."""
    here, about = schema, ""
    for part in path:
        inner = cast("dict[str | int, object]", here)[part]
        here = cast("Schema", inner)
        about = str(here.get("description", about))
    return here, about


def _unknown(error: "ValidationError", parent: Schema, pointer: str) -> BadRequest:
    name = str(cast("list[str]", error.kind.value)[0])
    near = get_close_matches(name[:64], cast("dict[str, object]", parent["properties"]), 1, 0.7)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    return BadRequest(f"Unknown field '{shown(name)}'.{hint}", param=pointer_to(pointer, name))


def _sentence(keyword: str, value: object, parent: Schema) -> str:
    """What the keyword demands; empty where only the field's description can say it."""
    match keyword:
        case "type":
            return f"must be {_TYPES.get(str(parent.get('type')), 'of another type')}."
        case "enum":
            return f"must be one of: {', '.join(map(str, cast('list[object]', value)))}."
        case "exclusiveMinimum" | "maximum" if "exclusiveMinimum" in parent:
            return f"must be above {parent['exclusiveMinimum']} and at most {parent['maximum']}."
        case "minimum" | "maximum":
            return f"must be between {parent['minimum']} and {parent['maximum']}."
        case "multipleOf":
            return "must have at most six decimals."
        case "minLength" if value == 1:
            return "must not be empty."
        case "pattern" if value == CLEAN_TEXT:
            return "must not hold the character NUL."
        case _:
            return _LIMITS.get(keyword, "").format(value)


def _form(about: str) -> str:
    return f"does not have the right form. {about}".rstrip()
