"""JSON Schema (2020-12) of single fields and of the rules between fields."""

from typing import assert_never

from msgspec import UNSET, Struct

from apiinone.catalog.common_fields import CLEAN_TEXT, HTTPS_URL, URL_CHARACTERS_MAX
from apiinone.catalog.conditions import MODEL_FIELD
from apiinone.catalog.entry import Entry, Route
from apiinone.catalog.fact import Condition
from apiinone.catalog.parameters import (
    Flag,
    Fraction,
    Json,
    Media,
    MediaList,
    OneOf,
    OneOfNumbers,
    Parameter,
    Records,
    Size,
    TaskReference,
    Text,
    Whole,
    default_of,
)
from apiinone.catalog.pricing import word
from apiinone.catalog.sizes import range_pattern

Schema = dict[str, object]

DATA_URL_BYTES_MAX = 10 * 1024 * 1024
TASK_ID_CHARACTERS_MAX = 128


class Constraint(Struct, frozen=True):
    """A rule between fields: its schema, the field that a breach is about, and what to say."""

    schema: Schema
    param: str
    sentence: str


def parameter_schema(parameter: Parameter) -> Schema:
    """What the field's value may be."""
    default = default_of(parameter)
    schema = _kind_schema(parameter)
    if default is not UNSET:
        schema["default"] = default
    return {"description": parameter.about, **schema}


class _Asked(Struct, frozen=True):
    """A model, and which of its further routes (None: the endpoint's own) the body is for."""

    entry: Entry
    route: Route | None


def constraints(entry: Entry, route: Route | None = None) -> tuple[Constraint, ...]:
    """The rules between fields of one model, or of one of its further routes, in the order of the parameters."""
    asked = _Asked(entry, route)
    found: list[Constraint] = []
    for parameter in parameters_of(entry, route):
        found += _constraints_of(asked, parameter)
    for exclusion in entry.exclusions if route is None else ():
        together = [_condition_schema(asked, part) for part in exclusion.when]
        sentence = f"'{exclusion.param}' does not go with the other fields: {exclusion.because}."
        found.append(Constraint({"not": {"allOf": together}}, exclusion.param, sentence))
    return tuple(found)


def _kind_schema(parameter: Parameter) -> Schema:
    match parameter:
        case OneOf() | OneOfNumbers():
            return {"type": "string" if isinstance(parameter, OneOf) else "integer", "enum": list(parameter.values)}
        case Whole():
            return {"type": "integer", "minimum": parameter.min, "maximum": parameter.max}
        case Fraction():
            least = "exclusiveMinimum" if parameter.above_min else "minimum"
            return {"type": "number", least: parameter.min, "maximum": parameter.max}
        case Flag():
            return {"type": "boolean"}
        case MediaList():
            return {"type": "array", "items": _media_schema(parameter), "minItems": 1, "maxItems": parameter.items_max}
        case Records():
            return {**_records_schema(parameter), "minItems": parameter.items_min, "maxItems": parameter.items_max}
        case Json():
            return dict(parameter.schema)
        case _:
            return _text_schema(parameter)


def _text_schema(parameter: Text | Size | Media | TaskReference) -> Schema:
    match parameter:
        case Text():
            limits = {"minLength": parameter.length_min, "maxLength": parameter.length_max, "pattern": CLEAN_TEXT}
            return {"type": "string", **limits, **_examples(parameter.examples)}
        case Size():
            return _size_schema(parameter)
        case Media():
            return _media_schema(parameter)
        case TaskReference():
            return {"type": "string", "pattern": "^[A-Za-z0-9_-]+$", "maxLength": TASK_ID_CHARACTERS_MAX}
        case _:
            assert_never(parameter)


def _size_schema(parameter: Size) -> Schema:
    side = range_pattern(parameter.side_min, parameter.side_max)
    limits = f"Written 1024x1024 or 1024*1024, each side from {parameter.side_min} to {parameter.side_max}."
    return {
        "type": "string",
        "pattern": f"^(?:{side})[x*](?:{side})$",
        "description": f"{parameter.about} {limits}",
        **_examples(parameter.examples),
    }


def _media_schema(parameter: Media | MediaList) -> Schema:
    base64_max = DATA_URL_BYTES_MAX * 4 // 3 + 128
    return {
        "type": "string",
        "anyOf": [
            {"pattern": HTTPS_URL, "maxLength": URL_CHARACTERS_MAX},
            {"pattern": f"^data:{parameter.of}/[a-z0-9.+-]+;base64,[A-Za-z0-9+/]", "maxLength": base64_max},
        ],
        "description": f"An https URL of up to {URL_CHARACTERS_MAX} characters, or a data: URL of up to "
        f"{DATA_URL_BYTES_MAX // 1024 // 1024} MiB holding {parameter.of} data in base64.",
    }


def _records_schema(parameter: Records) -> Schema:
    return {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {field.name: parameter_schema(field) for field in parameter.fields},
            "required": [field.name for field in parameter.fields if field.required],
            "additionalProperties": False,
        },
    }


def _examples(examples: tuple[str, ...]) -> Schema:
    return {"examples": list(examples)} if examples else {}


def _constraints_of(asked: "_Asked", parameter: Parameter) -> list[Constraint]:
    name, needed, given = parameter.name, {"required": [parameter.name]}, {"required": [parameter.name]}
    found: list[Constraint] = []
    if (when := parameter.required_when) is not None:
        schema: Schema = {"if": _condition_schema(asked, when), "then": needed}
        found.append(Constraint(schema, name, f"'{name}' is required when {_spoken(when)}."))
    if (unless := parameter.required_unless) is not None:
        schema = {"if": _condition_schema(asked, unless), "else": needed}
        found.append(Constraint(schema, name, f"'{name}' is required unless {_spoken(unless)}."))
    if (other := parameter.required_without) is not None:
        schema = {"anyOf": [needed, {"required": [other]}]}
        found.append(Constraint(schema, name, f"'{name}' is required where '{other}' is not given."))
    if (only := parameter.only_when) is not None:
        schema = {"if": given, "then": _condition_schema(asked, only)}
        found.append(Constraint(schema, name, f"'{name}' may be given only when {_spoken(only)}."))
    if (beside := parameter.only_with) is not None:
        schema = {"if": given, "then": {"required": [beside]}}
        found.append(Constraint(schema, name, f"'{name}' may be given only together with '{beside}'."))
    return found


def _condition_schema(asked: "_Asked", condition: Condition) -> Schema:
    """The condition as it shows in a body, where a field left out means its default."""
    if condition.field == MODEL_FIELD:
        values = names_of(asked.entry, str(condition.equals))
        implied = asked.entry.endpoint.default_model in values
        schema: Schema = {"properties": {MODEL_FIELD: {"enum": list(values)}}}
    else:
        parameters = parameters_of(asked.entry, asked.route)
        parameter = next(found for found in parameters if found.name == condition.field)
        implied = default_of(parameter) == condition.equals
        schema = {"properties": {condition.field: {"const": condition.equals}}}
    return schema if implied else {**schema, "required": [condition.field]}


def parameters_of(entry: Entry, route: Route | None) -> tuple[Parameter, ...]:
    """The fields beside `model` that a body takes on the endpoint's own route (None) or on a further one."""
    return entry.parameters if route is None else route.parameters


def names_of(entry: Entry, sub_model_id: str) -> tuple[str, ...]:
    """What a body's `model` may say to mean this sub-model."""
    sub = next(found for found in entry.sub_models if found.id == sub_model_id)
    of_entry = (entry.id, entry.slug, *entry.aliases) if sub is entry.default_sub_model else ()
    return tuple(dict.fromkeys((*of_entry, sub.id, *sub.aliases)))


def _spoken(condition: Condition) -> str:
    return f"'{condition.field}' is '{word(condition.equals)}'"
