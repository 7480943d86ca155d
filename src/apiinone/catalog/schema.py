"""The JSON Schema of a model's request body, and the reading of bodies against it."""

from collections.abc import Mapping
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, cast

from msgspec import UNSET, Struct

from apiinone.catalog.clean import refuse_unclean
from apiinone.catalog.common_fields import COMMON_FIELDS, ONLY_LATER
from apiinone.catalog.conditions import MODEL_FIELD
from apiinone.catalog.entry import Choice, Entry, Route
from apiinone.catalog.explain import explain
from apiinone.catalog.field_schema import Constraint, constraints, names_of, parameter_schema, parameters_of
from apiinone.catalog.parameters import OneOfNumbers, Whole, default_of
from apiinone.catalog.prices import sub_models_text
from apiinone.core.credits import Credits, parse
from apiinone.core.errors import BadRequest

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_IMPLIED_MODEL = "Which version. Left out: that of the task it works on, else {}."
ERRORS_MAX = 100
"""How many breaches of one body are looked at."""


def body_schema(entry: Entry, route: Route | None = None) -> dict[str, object]:
    """The whole body of a create request for this model (JSON Schema 2020-12), common fields included.

    With a route it is the body of that further route, which belongs to this model alone: `model` may be left out.
    """
    parameters = parameters_of(entry, route)
    names = [name for sub in entry.sub_models for name in names_of(entry, sub.id)]
    model: dict[str, object] = {"type": "string", "enum": names, "description": sub_models_text(entry)}
    implied = entry.endpoint.default_model in names
    if implied:
        model["default"] = entry.endpoint.default_model
    if route is not None:
        model["description"] = _IMPLIED_MODEL.format(entry.default_sub_model.id)
    properties: dict[str, object] = {MODEL_FIELD: model}
    properties |= {parameter.name: parameter_schema(parameter) for parameter in parameters}
    at_once = not entry.endpoint.asynchronous if route is None else route.direct
    properties |= {name: field for name, field in COMMON_FIELDS.items() if not (at_once and name in ONLY_LATER)}
    schema: dict[str, object] = {
        "$schema": DIALECT,
        "title": _title(entry, route),
        "type": "object",
        "properties": properties,
        "required": ([] if implied or route is not None else [MODEL_FIELD])
        + [field.name for field in parameters if field.required],
        "additionalProperties": False,
        **({"examples": [entry.example]} if route is None else {}),
    }
    rules = [constraint.schema for constraint in constraints(entry, route)]
    return {**schema, "allOf": rules} if rules else schema


def _title(entry: Entry, route: Route | None) -> str:
    if route is not None:
        return f"{entry.title}: {route.about}"
    return f"Create a task with {entry.title}" if entry.endpoint.asynchronous else f"Ask {entry.title}"


class Parsed(Struct, frozen=True):
    """A body that keeps its model's schema, taken apart."""

    choice: Choice
    fields: dict[str, object]
    """The model's own fields, defaults written in; whole numbers are ints."""
    callback_url: str | None = None
    metadata: dict[str, str] = {}
    deadline_s: int | None = None
    """None: the server's default."""
    result_ttl_s: int | None = None
    """None: the server's default."""
    max_credits: Credits | None = None
    """None: no ceiling."""
    quote_id: str | None = None


class _Form(Struct, frozen=True):
    """What reading a model's bodies needs, made once."""

    schema: dict[str, object]
    validator: "Draft202012Validator"
    constraints: tuple[Constraint, ...]
    defaults: dict[str, object]
    whole: frozenset[str]


class Bodies:
    """Reads request bodies for the models of one catalogue. Validators are made at their first use."""

    def __init__(self) -> None:
        """Start with no validator made."""
        self._forms: dict[tuple[str, str], _Form] = {}

    def parse(self, choice: Choice, body: Mapping[str, object], route: Route | None = None) -> Parsed:
        """Read a decoded JSON object for the model that its `model` was resolved to, or for that further route of it.

        Raises BadRequest whose `param` is the JSON pointer of the field at fault.
        """
        form = self._forms.get((choice.entry.id, "" if route is None else route.path))
        form = form or self._made(choice.entry, route)
        refuse_unclean(body)
        if not form.validator.is_valid(body):
            errors = list(islice(form.validator.iter_errors(body), ERRORS_MAX))
            raise explain(form.schema, form.constraints, errors)
        return _taken_apart(choice, form, body)

    def _made(self, entry: Entry, route: Route | None) -> _Form:
        from jsonschema_rs import Draft202012Validator  # noqa: PLC0415 - a large library, first needed here

        schema, parameters = body_schema(entry, route), parameters_of(entry, route)
        defaults = {field.name: default_of(field) for field in parameters if default_of(field) is not UNSET}
        whole = frozenset(field.name for field in parameters if isinstance(field, Whole | OneOfNumbers))
        form = _Form(schema, Draft202012Validator(schema), constraints(entry, route), defaults, whole)
        self._forms[entry.id, "" if route is None else route.path] = form
        return form


def refuse_callback_without_webhook(parsed: Parsed) -> None:
    """For live keys: raise BadRequest where a callback is asked of a model without webhooks (contract: Create)."""
    if parsed.callback_url is not None and not parsed.choice.entry.webhook:
        sentence = f"{parsed.choice.entry.id} does not take a callback_url; poll the task, or register an endpoint."
        raise BadRequest(sentence, param="/callback_url")


def _taken_apart(choice: Choice, form: _Form, body: Mapping[str, object]) -> Parsed:
    fields: dict[str, object] = {**form.defaults, **body}
    fields.pop(MODEL_FIELD, None)
    for name in form.whole:
        if type(value := fields.get(name)) is float:  # JSON knows no whole numbers: 2.0 keeps the schema and means 2
            fields[name] = int(value)
    if COMMON_FIELDS.keys().isdisjoint(body):
        return Parsed(choice, fields)
    common = {name: fields.pop(name) for name in COMMON_FIELDS.keys() & body.keys()}
    return Parsed(
        choice,
        fields,
        cast("str | None", common.get("callback_url")),
        cast("dict[str, str]", common.get("metadata", {})),
        _int(common.get("deadline_s")),
        _int(common.get("result_ttl_s")),
        _credits(common.get("max_credits")),
        cast("str | None", common.get("quote_id")),
    )


def _int(value: object) -> int | None:
    return None if value is None else int(cast("int | float", value))


def _credits(value: object) -> Credits | None:
    """A JSON number of credits as money; its shortest decimal form is what the client wrote."""
    if value is None:
        return None
    try:
        return parse(f"{Decimal(str(value)):f}")
    except ValueError as error:
        raise BadRequest("'max_credits' has more than six decimals.", param="/max_credits") from error
